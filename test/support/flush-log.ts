/** A whole list of unmaps through the driver's flush queue, and the rules of other queues than the one that guests here have. */
import {
  type DomainFlush,
  FlushQueue,
  type FlushQueueRules,
  LINUX_PER_CPU,
} from '../../src/guest/driver/flush-queue.js';

/** Linux, devices that ask for a single queue (on v7.1 only s390 does): 32768 slots. */
export const LINUX_SINGLE: FlushQueueRules = {
  entries: 32_767,
  timeoutNs: 1_000_000_000,
  isPerCpu: false,
  isTimerStoppedByFlush: false,
  source: 'L §2.7',
};

/** VT-d before the common code: 250 unmaps or 10 ms, and every flush restarts the clock (the closed form of M §5.2 O38). */
export const VTD_2008: FlushQueueRules = {
  entries: 250,
  timeoutNs: 10_000_000,
  isPerCpu: false,
  isTimerStoppedByFlush: true,
  source: 'M §3.3, M §5.2 O38; L §7.4 N14',
};

/** One unmap of a domain. */
export interface LazyUnmap {
  readonly timeNs: number;
  readonly cpu: number;
}

/** What became of a domain's unmaps. */
interface FlushLog {
  readonly flushes: readonly DomainFlush[];
  /** Per unmap: index of the flush that retires it. */
  readonly flushOf: Int32Array;
}

/** The flushes that `unmaps` of one domain, in order of time, cause; the last timer runs out after them. */
export function flushLazily(unmaps: readonly LazyUnmap[], rules: FlushQueueRules = LINUX_PER_CPU): FlushLog {
  const queue = new FlushQueue(rules);
  const flushes: DomainFlush[] = [];
  const flushOf = new Int32Array(unmaps.length).fill(-1);
  let firstUnretired = 0;
  const log = (flush: DomainFlush): void => {
    flushOf.fill(flushes.length, firstUnretired, firstUnretired + flush.retired);
    firstUnretired += flush.retired;
    flushes.push(flush);
  };
  for (const [index, { timeNs, cpu }] of unmaps.entries()) {
    if (index > 0 && timeNs < unmaps[index - 1].timeNs) throw new RangeError(`unmap ${index} is out of order`);
    if (queue.expiryNs <= timeNs) log(queue.expire());
    const flush = queue.unmap(timeNs, cpu);
    if (flush !== undefined) log(flush);
  }
  if (queue.expiryNs !== Number.POSITIVE_INFINITY) log(queue.expire());
  return { flushes, flushOf };
}
