/**
 * The contract of a rule: it looks at the finished results of one trace and says what they come to, in a sentence or none.
 *
 * - A sentence is made of numbers of the document, and names them; what it says holds for the rows of the table as they are.
 * - A rule is silent where it has nothing certain to say: no baseline, no operation, errors or a change of paths in the times.
 * - A sentence has no full stop, and fits two or three lines of a terminal.
 * - A rule is pure: the same results and baseline give the same bytes.
 */
import type { View } from './view.js';

/** What a rule says. */
interface Sentence {
  readonly text: string;
  /** The numbers that it is made of, not rounded; units are in the names. */
  readonly numbers: Readonly<Record<string, number>>;
  /** A command that goes on from here. */
  readonly next?: string | undefined;
}

/** One rule. */
export interface Rule {
  /** Name in the document and in docs/answer.md. */
  readonly name: string;
  /** What it has to say; undefined: nothing. */
  say(view: View): Sentence | undefined;
}
