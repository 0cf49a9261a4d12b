/**
 * How far a recording's clock may run back, one rule for all formats.
 *
 * A recorder stamps an event before it waits for its output's lock, so lines of different threads stand out of order by
 * that wait: microseconds as a rule, a turn of the scheduler at worst (facts N26 §F5). A clock that runs back further, or to
 * the very first stamp, is not that of one run: two recordings stand in one file, and replayed as one they would be
 * twice the load on one guest.
 */

/** Longest wait for a lock that is taken for one, ns. */
const LONGEST_WAIT_NS = 1_000_000_000;
/** The same where a clock returns to the recording's first stamp, which is what a repeated file does. */
const LONGEST_WAIT_FOR_FIRST_NS = 1_000_000;

/** What a user most likely has before him. */
export const RESTART_CAUSE = 'two recordings in one file, or a clock that was set back?';

/** What `--lenient` does about it. */
export const CUT_NOTE = 'the clock ran back (two recordings in one file?): not read from here on';

/** True if an event at `timeNs` after one at `lastNs`, in a recording that began at `firstNs`, belongs to another run. */
export function isRestart(timeNs: number, lastNs: number, firstNs: number): boolean {
  const backNs = lastNs - timeNs;
  return backNs > LONGEST_WAIT_NS || (timeNs === firstNs && backNs > LONGEST_WAIT_FOR_FIRST_NS);
}
