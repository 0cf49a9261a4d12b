/**
 * How one thread puts commands into a queue: room, the reservation word, the gather set, its slots, the PROD write (facts L
 * §3.1). It has at most one reservation at a time, and everything that has to wait can be called again after the wake-up.
 */

import type { CommandEngines } from '../engine/command-engines.js';
import { type EngineTimeline, HALTING, type SyncWaiter } from '../engine/contracts.js';
import type { GatherSet } from '../engine/gather.js';
import { OwnCommand } from '../path/attachments.js';
import type { Submission } from '../path/submission.js';
import { Opcode } from '../trace/opcodes.js';

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
    private readonly engines: CommandEngines,
    private readonly thread: SyncWaiter,
    /** The thread as the engines know it. */
    private readonly owner: number,
    private readonly timeline?: EngineTimeline,
  ) {}

  /** Reserve `slots` of `queue`. Unless `competes`, nobody else wants slots of it now. */
  reserve(queue: number, slots: number, competes: boolean): number {
    const engine = this.engines.of(queue);
    const local = this.engines.local(queue);
    if (!this.isRoomGranted && !engine.reserve(local, slots, this.thread)) return Reserving.AwaitsRoom;
    this.isRoomGranted = true;
    if (competes && !this.hasWord) {
      this.hasWord = true;
      if (!engine.reservations[local].acquire(this.thread.actor)) return Reserving.AwaitsWord;
    }
    this.hasWord = false;
    this.isRoomGranted = false;
    this.gatherSet = engine.join(local, slots, this.thread);
    this.firstSequence = this.gatherSet.joinedSequence;
    return Reserving.Done;
  }

  /** Other producers that try to win the reservation word of `queue`. */
  competitors(queue: number): number {
    return this.engines.of(queue).reservations[this.engines.local(queue)].waiting;
  }

  /** The fixed part of the insertion is over: the next producer may have the word. */
  leaveWord(queue: number): void {
    this.engines.of(queue).reservations[this.engines.local(queue)].release();
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
    const { engines } = this;
    const engine = engines.of(queue);
    const local = engines.local(queue);
    const smmu = engines.smmuOf(queue);
    const owner = isAwaited ? this.owner : -1;
    const { hostOpcode, hostSid, hostRef, hostSmmus, rowMeasured } = rows;
    let sequence = this.firstSequence;
    for (let h = first; h < first + count; h++) {
      const smmus = hostSmmus[h] >> smmu;
      if ((smmus & 1) === 0) continue;
      const row = rows.hostGuestRow[h];
      // The guest's command is in effect with the last of its host commands, on the last of its SMMUs.
      const isLastOfRow = h === rows.hostFirst[row] + rows.hostCount[row] - 1;
      const isLast = isLastOfRow && smmus === 1 && hostOpcode[h] !== Opcode.SYNC;
      const publishedNs = isLast ? rows.rowPublishedNs[row] : -1;
      if (this.timeline !== undefined) this.timeline.onFilled(smmu, local, sequence, rows.rowTag[row]);
      engine.fill(local, sequence++, hostOpcode[h], owner, hostSid[h], publishedNs, rowMeasured[row], hostRef[h]);
    }
    if (closedBy === Opcode.SYNC || closedBy === HALTING) {
      engine.fill(local, sequence, closedBy, owner, -1, -1, 0, -1);
    }
    this.filled(queue);
  }

  /** Write command `own` of attachment `at`, and its SYNC if it has one, into the reserved slots. */
  fillOwn({ attachments, rowMeasured, rowTag }: Submission, at: number, own: number, queue: number): void {
    const engine = this.engines.of(queue);
    const local = this.engines.local(queue);
    const sid = own === OwnCommand.AtcInv ? attachments.sid[at] : -1;
    let ref = -1;
    if (own === OwnCommand.FinalSte) ref = attachments.steRef[at];
    else if (own === OwnCommand.AtcInv) ref = attachments.atcRef[at];
    const measured = rowMeasured[attachments.row[at]];
    this.timeline?.onFilled(this.engines.smmuOf(queue), local, this.firstSequence, rowTag[attachments.row[at]]);
    const isSynced = own !== OwnCommand.PrefetchConfig;
    const owner = isSynced ? this.owner : -1;
    engine.fill(local, this.firstSequence, OPCODE_OF_OWN[own], owner, sid, -1, measured, ref);
    if (isSynced) engine.fill(local, this.firstSequence + 1, Opcode.SYNC, owner, -1, -1, 0, -1);
    this.filled(queue);
  }

  /** See that the filled slots become visible. False: the owner of the set has to wait for others and is woken. */
  publish(queue: number): boolean {
    const engine = this.engines.of(queue);
    const local = this.engines.local(queue);
    const set = this.setOf();
    if (this.isOwner) {
      if (!engine.gathers[local].close(set)) return false;
      engine.publish(local, set);
    }
    this.isFilled = false;
    this.gatherSet = undefined;
    return true;
  }

  private filled(queue: number): void {
    this.isFilled = true;
    this.engines.of(queue).gathers[this.engines.local(queue)].filled(this.setOf());
  }

  private setOf(): GatherSet {
    if (this.gatherSet === undefined) throw new Error('commands without reserved slots');
    return this.gatherSet;
  }
}
