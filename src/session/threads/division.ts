/**
 * Who replays which strategies of a run: the thread that decodes the trace, or others beside it.
 */
import type { Survey } from '../../replay/survey.js';

/**
 * Events times strategies from which a further thread pays.
 *
 * Measured on two CPUs with ten strategies of a generated workload: at 2 million two threads took longer than one more often
 * than not, at 4 million they were faster twice in three runs, at 20 million by a third. Each compiles the same loops again.
 */
export const THREADS_PAY_FROM = 4_000_000;

/** Time that an event takes a strategy, ms, an estimate: what decoding is measured against. */
const REPLAY_MS = 0.0005;

/**
 * Threads for a trace, as far as `survey` knows it.
 * @param most threads at most
 */
export function threadsFor(
  { isComplete, events }: Survey,
  strategies: number,
  most: number,
  payFrom = THREADS_PAY_FROM,
): number {
  return !isComplete || events * strategies >= payFrom ? most : 1;
}

/**
 * Share `strategies` among threads: the numbers that each replays. The first list is of the thread that also decodes, and
 * never the longest; every other has at least one.
 * @param threads at most so many, at least 1
 * @param decodingMs what decoding goes on to take, per event
 */
export function divide(strategies: number, threads: number, decodingMs: number): number[][] {
  const shares = Array.from({ length: Math.max(1, Math.min(threads, strategies)) }, (): number[] => []);
  const [own, ...others] = shares;
  const decoding = decodingMs / REPLAY_MS;
  const fair = (strategies + decoding) / shares.length - decoding;
  const ownCount =
    others.length === 0 ? strategies : Math.max(0, Math.min(Math.round(fair), Math.floor(strategies / shares.length)));
  // Alternate, because neighbours in a list are often of a kind and cost the same.
  const stride = ownCount === 0 ? 0 : strategies / ownCount;
  const ownNumbers = new Set(Array.from({ length: ownCount }, (_, index) => Math.floor(index * stride)));
  for (let number = 0, next = 0; number < strategies; number++) {
    if (ownNumbers.has(number)) own.push(number);
    else others[next++ % others.length].push(number);
  }
  return shares;
}
