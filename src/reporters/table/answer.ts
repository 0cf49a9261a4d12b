/** The answer above a table, as far as it leaves the table on the screen. */
import type { ResultDocument } from '../../results/document.js';
import { answerTexts, commandsOf } from '../answer.js';
import type { ReportContext } from '../reporter.js';
import { truncate } from './format.js';
import { paint, wrapText } from './layout.js';

/** Lines that sentences may take, but for the first three, which are always there. */
const MOST_LINES = 8;
const FEWEST_SENTENCES = 3;

/** Sentences, the commands that go on from them, and an empty line; nothing without a sentence. */
export function renderAnswer(document: ResultDocument, context: ReportContext): string {
  const all = answerTexts(document, context);
  if (all.length === 0) return '';
  const shown: typeof all = [];
  const lines: string[] = [];
  for (const one of all) {
    const wrapped = wrapText(one.text, context)
      .trimEnd()
      .split('\n')
      .map((line) => truncate(line, context.width, context));
    if (shown.length >= FEWEST_SENTENCES && lines.length + wrapped.length > MOST_LINES) continue;
    // The first says what most look for.
    lines.push(...wrapped.map((line) => (shown.length === 0 ? paint(line, 'bold', context) : line)));
    shown.push(one);
  }
  const more = all.length - shown.length;
  const small = [
    ...(more > 0 ? [`${more} more in --reporter markdown, html and json`] : []),
    ...commandsOf(shown).flatMap((command) => commandLines(`next: ${command}`, context)),
  ];
  return `${[...lines, ...small.map((line) => paint(line, 'dim', context))].join('\n')}\n\n`;
}

/** A command over as many lines as it takes, so that a shell puts them together again; none if a word of it has no room. */
function commandLines(command: string, context: ReportContext): string[] {
  const wrapped = wrapText(command, { ...context, width: context.width - 2 })
    .trimEnd()
    .split('\n');
  const lines = wrapped.map((line, at) => (at < wrapped.length - 1 ? `${line} \\` : line));
  return lines.every((line) => line.length <= context.width) ? lines : [];
}
