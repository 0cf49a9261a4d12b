/** The answer above a table, as far as it leaves the table on the screen. */
import type { ResultDocument } from '../../results/document.js';
import { answerTexts } from '../answer.js';
import type { ReportContext } from '../reporter.js';
import { paint, wrapText } from './layout.js';

/** Lines that sentences may take, but for the first three, which are always there; and commands below them. */
const MOST_LINES = 7;
const FEWEST_SENTENCES = 3;
const MOST_COMMANDS = 2;

/** Sentences, commands and an empty line; nothing without a sentence. */
export function renderAnswer(document: ResultDocument, context: ReportContext): string {
  const { sentences, next } = answerTexts(document, context);
  if (sentences.length === 0) return '';
  const wrapped = sentences.map((text) => wrapText(text, context).trimEnd());
  const isShown = (at: number) => at < FEWEST_SENTENCES || lineCount(wrapped.slice(0, at + 1)) <= MOST_LINES;
  const [first, ...others] = wrapped.filter((_, at) => isShown(at));
  const more = sentences.length - 1 - others.length;
  const rest = more > 0 ? [`${more} more in --reporter markdown, html and json`] : [];
  // A command is not wrapped: it is there to be copied.
  const commands = next.slice(0, MOST_COMMANDS).map((command) => `next: ${command}`);
  const small = [...rest, ...commands].map((line) => paint(line, 'dim', context));
  return `${[paint(first, 'bold', context), ...others, ...small].join('\n')}\n\n`;
}

const lineCount = (texts: readonly string[]): number => texts.join('\n').split('\n').length;
