/**
 * How one thread puts commands into a queue: room, the reservation word, the gather set, its slots, the PROD write (facts L
 * §3.1). It has at most one reservation at a time, and everything that has to wait can be called again after the wake-up.
 */

import { type EngineTimeline, HALTING, type SyncWaiter } from '../machine/engine/contracts.js';
import type { GatherSet } from '../machine/engine/gather.js';
import type { ServedQueue } from '../machine/engine/served-queue.js';
import { OwnCommand } from '../strategies/path/attachments.js';
import type { Submission } from '../strategies/path/submission.js';
import { Opcode } from '../trace/opcodes.js';
import type { RefillRaces } from './refill-races.js';

/** How far a reservation has come. */
export const enum Reserving {
  Done = 0,
  AwaitsRoom = 1,
  AwaitsWord = 2,
}

/** Opcode of each OwnCommand. */
const OPCODE_OF_OWN = [Opcode.CFGI_STE, Opcode.CFGI_STE, Opcode.PREFETCH_CONFIG, Opcode.ATC_INV] as const;

/** The producer side of one thread. */
export class Producer {
  /** The queue has promised room since the thread was told to wait for it. */
  isRoomGranted = false;
  /** The reserved slots are filled; the owner has yet to publish them. */
  isFilled = false;
  /** The reservation word has been asked for. */
  private hasWord = false;
  /** The gather set of the slots that are reserved and not yet published, and the first of those slots. */
  private gatherSet: GatherSet | undefined;
  private firstSequence = 0;

  constructor(
    /** All queues of the host. */
    private readonly queues: readonly ServedQueue[],
    private readonly thread: SyncWaiter,
    /** The thread as the engines know it. */
    private readonly owner: number,
    private readonly races: RefillRaces,
    private readonly timeline?: EngineTimeline,
  ) {}

  /** Reserve `slots` of `queue`. Unless `competes`, nobody else wants slots of it now. */
  reserve(queue: number, slots: number, competes: boolean): number {
    const served = this.queues[queue];
    if (!this.isRoomGranted && !served.reserve(slots, this.thread)) return Reserving.AwaitsRoom;
    this.isRoomGranted = true;
    if (competes && !this.hasWord) {
      this.hasWord = true;
      if (!served.reservation.acquire(this.thread.actor)) return Reserving.AwaitsWord;
    }
    this.hasWord = false;
    this.isRoomGranted = false;
    this.gatherSet = served.join(slots, this.thread);
    this.firstSequence = this.gatherSet.joinedSequence;
    return Reserving.Done;
  }

  /** Other producers that try to win the reservation word of `queue`. */
  competitors(queue: number): number {
    return this.queues[queue].reservation.waiting;
  }

  /** The fixed part of the insertion is over: the next producer may have the word. */
  leaveWord(queue: number): void {
    this.queues[queue].reservation.release();
  }

  /** This thread writes PROD for its gather set. */
  get isOwner(): boolean {
    return this.gatherSet?.owner === this.thread.actor;
  }

  /**
   * Write host commands `first … first+count-1` of `rows`, as far as they go to this queue's SMMU, into the reserved slots,
   * and `closedBy` (-1: nothing) behind them. `isAwaited`: the thread waits for the SYNCs among them.
   */
  fill(rows: Submission, first: number, count: number, queue: number, closedBy: number, isAwaited: boolean): void {
    const { thread, timeline } = this;
    const served = this.queues[queue];
    const { ring, smmu } = served;
    const owner = isAwaited ? this.owner : -1;
    const { hostOpcode, hostSid, hostRef, hostSmmus, hostGuestRow, hostFirst, hostCount } = rows;
    const { rowPublishedNs, rowMeasured } = rows;
    let sequence = this.firstSequence;
    let syncs = 0;
    for (let h = first; h < first + count; h++) {
      const smmus = hostSmmus[h] >> smmu;
      if ((smmus & 1) === 0) continue;
      const row = hostGuestRow[h];
      const opcode = hostOpcode[h];
      if (opcode === Opcode.SYNC) syncs++;
      // The guest's command is in effect with the last of its host commands, on the last of its SMMUs.
      const isLastOfRow = h === hostFirst[row] + hostCount[row] - 1;
      const publishedNs = isLastOfRow && smmus === 1 && opcode !== Opcode.SYNC ? rowPublishedNs[row] : -1;
      if (timeline !== undefined) timeline.onFilled(smmu, served.number, sequence, rows.rowTag[row]);
      ring.fill(sequence++, opcode, owner, hostSid[h], publishedNs, rowMeasured[row], hostRef[h]);
    }
    if (closedBy === Opcode.SYNC || closedBy === HALTING) {
      syncs++;
      ring.fill(sequence, closedBy, owner, -1, -1, 0, -1);
    }
    if (isAwaited) thread.syncsOutstanding += syncs;
    this.races.onList(rows, first, count, smmu, queue, closedBy >= 0);
    this.filled(served);
  }

  /** Write command `own` of attachment `at`, and its SYNC if it has one, into the reserved slots. */
  fillOwn({ attachments, rowMeasured, rowTag }: Submission, at: number, own: number, queue: number): void {
    const served = this.queues[queue];
    const sid = own === OwnCommand.AtcInv ? attachments.sid[at] : -1;
    let ref = -1;
    if (own === OwnCommand.FinalSte) ref = attachments.steRef[at];
    else if (own === OwnCommand.AtcInv) ref = attachments.atcRef[at];
    const measured = rowMeasured[attachments.row[at]];
    this.timeline?.onFilled(served.smmu, served.number, this.firstSequence, rowTag[attachments.row[at]]);
    const isSynced = own !== OwnCommand.PrefetchConfig;
    const owner = isSynced ? this.owner : -1;
    served.ring.fill(this.firstSequence, OPCODE_OF_OWN[own], owner, sid, -1, measured, ref);
    if (isSynced) {
      served.ring.fill(this.firstSequence + 1, Opcode.SYNC, owner, -1, -1, 0, -1);
      this.thread.syncsOutstanding++;
    }
    this.filled(served);
  }

  /** See that the filled slots become visible. False: the owner of the set has to wait for others and is woken. */
  publish(queue: number): boolean {
    const served = this.queues[queue];
    const set = this.setOf();
    if (this.isOwner) {
      if (!served.gather.close(set)) return false;
      served.publish(set);
    }
    this.isFilled = false;
    this.gatherSet = undefined;
    return true;
  }

  private filled({ gather }: ServedQueue): void {
    this.isFilled = true;
    gather.filled(this.setOf());
  }

  private setOf(): GatherSet {
    if (this.gatherSet === undefined) throw new Error('commands without reserved slots');
    return this.gatherSet;
  }
}
