/** The answer at the top of a page. */
import type { ResultDocument } from '../../results/document.js';
import { answerTexts, commandsOf } from '../answer.js';
import type { ReportContext } from '../reporter.js';
import type { PageShell } from './shell.js';

/** Add what `report` comes to, and the commands that go on from there; nothing without a sentence. */
export function addAnswer(shell: PageShell, report: ResultDocument, context: ReportContext): void {
  const answer = answerTexts(report, context);
  if (answer.length === 0) return;
  shell.heading('What it comes to');
  for (const { text } of answer) shell.paragraph(text);
  for (const command of commandsOf(answer)) shell.paragraph(`Next: ${command}`);
}
