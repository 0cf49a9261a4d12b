/**
 * Errors that a user can cause, each with the exit code of design §9. Every message is one sentence that names the file
 * (and line, where there is one), what was expected and what was found. Anything else that is thrown is a defect (exit 1).
 */
import { visible } from './visible.js';

/** Base of all errors that are the input's or the command line's fault. */
export abstract class UserError extends Error {
  /** Process exit code (design §9). */
  abstract readonly exitCode: number;
}

/** A wrong flag, name, key or file path: exit 2. */
export class UsageError extends UserError {
  override readonly name = 'UsageError';
  readonly exitCode = 2;
}

/** A malformed, empty or unrecognised trace: exit 4. */
export class TraceFormatError extends UserError {
  override readonly name = 'TraceFormatError';
  readonly exitCode = 4;

  /**
   * @param file path or `<stdin>`
   * @param line line or record number from 1; 0 when the file as a whole is meant
   * @param expected what a correct trace has here
   * @param found what is there
   */
  constructor(
    readonly file: string,
    readonly line: number,
    readonly expected: string,
    found: string,
  ) {
    const shown = shortened(found);
    super(`${file}${line > 0 ? `:${line}` : ''}: expected ${expected}, found ${shown}`);
    this.found = shown;
  }

  readonly found: string;
}

/** Characters that a message shows of what is there, at most. */
const SHOWN_CHARACTERS = 500;

/** Text of a file as part of a sentence: a damaged name may be as long as the file, and of controls alone. */
function shortened(text: string): string {
  const shown = visible(text.slice(0, SHOWN_CHARACTERS));
  if (text.length <= SHOWN_CHARACTERS && shown.length <= SHOWN_CHARACTERS) return shown;
  return `${shown.slice(0, SHOWN_CHARACTERS)}…`;
}

/** The candidate closest to `name` by edit distance, if any is close enough to be a likely slip of the pen. */
export function nearestName(name: string, candidates: readonly string[]): string | undefined {
  let best: string | undefined;
  let bestDistance = Math.max(2, Math.floor(name.length / 2)) + 1;
  for (const candidate of candidates) {
    // No name is nearer than the lengths differ: what is as long as a line of noise is not compared.
    if (Math.abs(name.length - candidate.length) >= bestDistance) continue;
    const distance = editDistance(name.toLowerCase(), candidate.toLowerCase());
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

/** Sentence tail for an unknown name: the nearest candidate, then all of them. */
export function suggestion(name: string, candidates: readonly string[]): string {
  const nearest = nearestName(name, candidates);
  const hint = nearest === undefined ? '' : `; did you mean ${nearest}?`;
  return `${hint || ';'} known: ${candidates.join(', ')}`;
}

function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const current = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitution = previous[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1);
      current[j] = Math.min(substitution, previous[j] + 1, current[j - 1] + 1);
    }
    previous = current;
  }
  return previous[b.length];
}
