/**
 * What goes wrong in one of several threads, and which failure a run ends with: the one that a single thread would have met.
 */
import { TraceFormatError, UsageError } from '../../trace/errors.js';
import type { Place } from '../strategy-replays.js';

/** An exception and where in the run it came up. */
export interface Failure {
  readonly place: Place;
  readonly error: unknown;
}

/** The same as plain data, by what somebody at a terminal is told of it. */
export interface PostedFailure {
  readonly place: Place;
  readonly error:
    | { readonly kind: 'usage'; readonly message: string }
    | {
        readonly kind: 'trace';
        readonly file: string;
        readonly line: number;
        readonly expected: string;
        readonly found: string;
      }
    | { readonly kind: 'other'; readonly message: string; readonly stack: string | undefined };
}

/** A thread that ended without having been told to: its exception comes before anything that is known of the trace. */
export function lostThread(error: unknown): Failure {
  return { place: { step: -1, strategy: -1 }, error };
}

/** The failure that comes first in the order of a single thread; there must be one. */
export function firstOf(failures: readonly Failure[]): Failure {
  return failures.reduce((first, other) => (isBefore(other.place, first.place) ? other : first));
}

function isBefore(a: Place, b: Place): boolean {
  return a.step < b.step || (a.step === b.step && a.strategy < b.strategy);
}

/** `failure` for another thread. */
export function toPosted({ place, error }: Failure): PostedFailure {
  if (error instanceof UsageError) return { place, error: { kind: 'usage', message: error.message } };
  if (error instanceof TraceFormatError) {
    const { file, line, expected, found } = error;
    return { place, error: { kind: 'trace', file, line, expected, found } };
  }
  if (!(error instanceof Error)) return { place, error: { kind: 'other', message: String(error), stack: undefined } };
  return { place, error: { kind: 'other', message: error.message, stack: error.stack } };
}

/** What another thread has posted. */
export function fromPosted({ place, error }: PostedFailure): Failure {
  if (error.kind === 'usage') return { place, error: new UsageError(error.message) };
  if (error.kind === 'trace') {
    return { place, error: new TraceFormatError(error.file, error.line, error.expected, error.found) };
  }
  const { message, stack } = error;
  return { place, error: Object.assign(new Error(message), stack === undefined ? {} : { stack }) };
}
