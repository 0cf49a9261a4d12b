/**
 * Errors that a user can cause, each with the exit code of design §9. Every message is one sentence that names the file
 * (and line, where there is one), what was expected and what was found. Anything else that is thrown is a defect (exit 1).
 */
import { visible } from './visible.js';

export { nearestName, suggestion } from './nearest-name.js';

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
