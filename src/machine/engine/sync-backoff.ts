/**
 * When a driver that polls CMDQ_CONS sees its CMD_SYNC done: nine reads, a delay of 1 µs, nine reads, 2 µs, and so on with
 * doubled delays (facts L §3.2: queue_poll). With reads that take no time, completion is seen 0, 1, 3, 7, 15, 31 … µs after the
 * wait began.
 *
 * The driver's limit of one second is not modelled: it waits on.
 */
import type { LoadedProfile } from '../../profiles/load.js';

const READS_PER_ROUND = 9;
const FIRST_DELAY_NS = 1000;

/** The grid of one driver's reads. */
export class SyncBackoff {
  constructor(
    /** One read of CONS, ns. */
    private readonly readNs: number,
  ) {}

  /** Time of the first read that ends at or after `readyNs` by a driver that began to wait at `fromNs`. */
  seenNs(fromNs: number, readyNs: number): number {
    const { readNs } = this;
    let roundNs = fromNs;
    let delayNs = FIRST_DELAY_NS;
    while (roundNs + READS_PER_ROUND * readNs < readyNs) {
      roundNs += READS_PER_ROUND * readNs + delayNs;
      delayNs *= 2;
    }
    if (readNs === 0) return roundNs;
    return roundNs + Math.max(1, Math.ceil((readyNs - roundNs) / readNs)) * readNs;
  }
}

/** How drivers wait under `profile`; undefined: they see a SYNC done as soon as the SMMU says so. */
export function syncBackoff(profile: LoadedProfile): SyncBackoff | undefined {
  const isPolling = profile.text('software.sync_wait') === 'poll-backoff';
  return isPolling ? new SyncBackoff(profile.number('software.cons_read_ns')) : undefined;
}
