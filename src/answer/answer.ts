/** The answer above the tables: what the rules say of a document, in the order of the rules. */
import type { BaselineRow } from '../results/baseline-row.js';
import type { AnswerSentence } from '../results/declaration/answer.js';
import type { ResultDocument } from '../results/document.js';
import { RULES } from './registry.js';
import { viewsOf } from './view.js';

/**
 * What the numbers of `document` come to. What holds for every trace in the same words is said once.
 * @param baseline the row that the others are compared with; undefined: each strategy stands by itself
 */
export function answerOf(document: ResultDocument, baseline: BaselineRow | undefined): AnswerSentence[] {
  const views = viewsOf(document, baseline);
  return RULES.flatMap((rule): AnswerSentence[] => {
    const said = views.flatMap((view) => {
      const sentence = rule.say(view);
      return sentence === undefined ? [] : [{ sentence, trace: view.trace.file }];
    });
    const isSame =
      said.length === views.length && said.every(({ sentence }) => sentence.text === said[0].sentence.text);
    return (isSame ? said.slice(0, 1) : said).map(({ sentence: { text, numbers, next }, trace }) => ({
      rule: rule.name,
      ...(isSame ? {} : { trace }),
      text,
      numbers,
      ...(next === undefined ? {} : { next }),
    }));
  });
}

/** `document` with its answer, if there is one. */
export function withAnswer<Result extends ResultDocument>(document: Result, baseline: BaselineRow | undefined): Result {
  const { schema, provenance, ...rest } = document;
  const answer = answerOf(document, baseline);
  return (answer.length === 0 ? document : { schema, provenance, answer, ...rest }) as Result;
}
