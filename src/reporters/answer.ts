/** The answer as people read it, the same in every report: made anew, since a report may have another baseline than its document. */
import { answerOf } from '../answer/answer.js';
import type { ResultDocument } from '../results/document.js';
import type { ReportContext } from './reporter.js';

/** Sentences with a full stop, and commands to go on with. */
export interface AnswerTexts {
  readonly sentences: readonly string[];
  readonly next: readonly string[];
}

/** What `document` comes to against the baseline of `context`. */
export function answerTexts(document: ResultDocument, { baseline }: Pick<ReportContext, 'baseline'>): AnswerTexts {
  const answer = answerOf(document, baseline);
  return {
    sentences: answer.map(({ trace, text }) => `${trace === undefined ? '' : `${trace}: `}${text}.`),
    next: [...new Set(answer.flatMap(({ next }) => next ?? []))],
  };
}
