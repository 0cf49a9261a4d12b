/**
 * The stale-use oracle (design §7, O45): was an entry used that a guest command had covered before?
 *
 * An entry that a guest command covers is marked with the command's number when the guest publishes it. A hit on a marked
 * entry is stale: legal as long as the guest has not seen that command's SYNC complete (the window), a violation
 * afterwards. A mark lives and dies with its entry, so the state is bounded by the live entries. An entry that is covered
 * twice keeps its first mark. An entry filled after the command read the new page tables and is not marked; a copy of a
 * marked entry from one TLB into another is. An ATC entry filled through a marked TLB entry is not: only ATC_INV covers
 * it, and the guest sends that after the TLBI's SYNC.
 */

import { formatIova } from '../../trace/units.js';
import type { Access } from '../access.js';
import { STRUCTURE_NAMES, type StructureName } from '../counters.js';

/** Not marked. */
export const UNMARKED = 0;

/** Guest command queues that marks can tell apart. */
const QUEUES = 256;
const FIRST_VIOLATIONS = 10;

/** One use of a stale entry after its SYNC. */
export interface Violation {
  /** Number of the `dma` event. */
  readonly event: number;
  readonly structure: StructureName;
  /** Number of the guest command that covered the entry, and its queue. */
  readonly command: number;
  readonly queue: number;
  readonly sid: number;
  readonly iova: string;
}

export class StaleUse {
  /** The first violations, at most ten. */
  readonly first: Violation[] = [];
  /** Per queue: the highest command number whose SYNC the guest has seen complete. */
  private readonly seen = new Float64Array(QUEUES).fill(-1);

  /** The mark for guest command `number` (from 0) of `queue`; never UNMARKED. */
  mark(number: number, queue: number): number {
    return (number + 1) * QUEUES + (queue % QUEUES);
  }

  /** The guest has seen a SYNC complete that follows command `number` on `queue`. */
  syncSeen(number: number, queue: number): void {
    const at = queue % QUEUES;
    if (number > this.seen[at]) this.seen[at] = number;
  }

  /** Judge a hit on an entry with `mark`: true if it is a violation, which is then kept among the first. */
  isViolation(mark: number, structure: number, access: Access): boolean {
    const queue = mark % QUEUES;
    const command = (mark - queue) / QUEUES - 1;
    if (command > this.seen[queue]) return false;
    if (this.first.length < FIRST_VIOLATIONS) {
      this.first.push({
        event: access.eventNumber,
        structure: STRUCTURE_NAMES[structure],
        command,
        queue,
        sid: access.sid,
        iova: formatIova(access.page),
      });
    }
    return true;
  }
}
