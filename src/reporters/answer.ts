/** The answer as people read it, the same in every report: made anew, since a report may have another baseline than its document. */
import { answerOf } from '../answer/answer.js';
import type { ResultDocument } from '../results/document.js';
import type { ReportContext } from './reporter.js';

/** One sentence with its full stop, and a command to go on with. */
export interface AnswerText {
  readonly text: string;
  readonly next: string | undefined;
}

/** What `document` comes to against the baseline of `context`, the most important first. */
export function answerTexts(document: ResultDocument, { baseline }: Pick<ReportContext, 'baseline'>): AnswerText[] {
  return answerOf(document, baseline).map(({ trace, text, next }) => ({
    text: `${trace === undefined ? '' : `${trace}: `}${text}.`,
    next,
  }));
}

/** The commands of some sentences, each once. */
export function commandsOf(texts: readonly AnswerText[]): string[] {
  return [...new Set(texts.flatMap(({ next }) => next ?? []))];
}
