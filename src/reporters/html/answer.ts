/** The answer at the top of a page. */
import type { ResultDocument } from '../../results/document.js';
import { answerTexts } from '../answer.js';
import type { ReportContext } from '../reporter.js';
import type { PageShell } from './shell.js';

/** Add what `report` comes to, and the commands that go on from there; nothing without a sentence. */
export function addAnswer(shell: PageShell, report: ResultDocument, context: ReportContext): void {
  const { sentences, next } = answerTexts(report, context);
  if (sentences.length === 0) return;
  shell.heading('What it comes to');
  for (const sentence of sentences) shell.paragraph(sentence);
  for (const command of next) shell.paragraph(`Next: ${command}`);
}
