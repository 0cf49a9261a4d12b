/** Declaration of `answer`: what the numbers of a result come to, in sentences (answer/). */
import { z } from 'zod';
import { type Immutable, label } from './metric.js';

const SENTENCE = z.object({
  rule: label('rule that says it (docs/answer.md)'),
  trace: label('trace that it is about; left out: all of them').optional(),
  text: label('the sentence, its numbers rounded as in tables'),
  numbers: z
    .record(z.string(), z.number())
    .meta({ description: 'the numbers that it is made of, not rounded, each with its unit in its name' }),
  next: label('a command that goes on from here, to be run in the folder of the trace').optional(),
});

export const ANSWER = z
  .array(SENTENCE)
  .meta({ description: 'what the numbers come to against the baseline of the run, the most important first' });

export type AnswerSentence = Immutable<z.infer<typeof SENTENCE>>;
