/**
 * When commands act on the caches: the axis between ordered and timed DMA (design §6).
 *
 * Ordered: everything a doorbell publishes acts at the doorbell's place in the trace. Timed: a guest command covers
 * entries from the simulated time of its publication, a host command removes them when the SMMU (or the device) has
 * executed it, and the guest has seen it done when its submission ends.
 *
 * Contract: `markStale` before any effect of the same command; a reference is used once and then gone; -1 = nothing to do.
 */

import type { Smmus } from '../smmu/smmus.js';
import type { Submission } from '../strategies/path/submission.js';
import { Opcode } from '../trace/opcodes.js';
import { CommandStore } from './command-store.js';
import { RefillRaces } from './refill-races.js';

/** Acts on the caches at the right moment. */
export interface Effects {
  /** ATC_INVs that may have acted before the TLBI that they follow. */
  readonly refillRaces: RefillRaces;
  /**
   * A guest command was read from the trace; returns the reference of its row. `isEmulated`: the VMM does it itself. It is
   * meant for `smmus` (bit s: SMMU s).
   */
  guestCommand(
    c0Low: number,
    c0High: number,
    c1Low: number,
    c1High: number,
    number: number,
    queue: number,
    isEmulated: boolean,
    smmus: number,
  ): number;
  /** A host command was made for `smmus`; returns the reference of its row. */
  hostCommand(c0Low: number, c0High: number, c1Low: number, c1High: number, sid: number, smmus: number): number;
  /** Simulated time: the guest publishes `submission`. */
  publish(submission: Submission): void;
  /** Simulated time: the command behind `ref` has been executed by SMMU `smmu`; -1: by all that it is meant for. */
  execute(ref: number, smmu: number): void;
  /** Simulated time: the guest sees the SYNCs of `submission` done. */
  seen(submission: Submission): void;
  /** Trace order: the recorded guest saw its SYNC `number` on `queue` done. */
  recordedSeen(number: number, queue: number): void;
}

/** Everything acts where it stands in the trace; no references are needed. */
export class OrderedEffects implements Effects {
  readonly refillRaces: RefillRaces;

  constructor(private readonly smmus: Smmus) {
    this.refillRaces = new RefillRaces(smmus.haveAtcs);
  }

  guestCommand(
    c0Low: number,
    c0High: number,
    c1Low: number,
    c1High: number,
    number: number,
    queue: number,
    isEmulated: boolean,
    smmus: number,
  ): number {
    this.smmus.markStale(c0Low, c0High, c1Low, c1High, number, queue, smmus);
    if (isEmulated) this.smmus.execute(c0Low, c0High, c1Low, c1High, -1, smmus);
    return -1;
  }

  hostCommand(c0Low: number, c0High: number, c1Low: number, c1High: number, sid: number, smmus: number): number {
    this.smmus.execute(c0Low, c0High, c1Low, c1High, sid, smmus);
    return -1;
  }

  publish(): void {}
  execute(): void {}
  seen(): void {}

  recordedSeen(number: number, queue: number): void {
    this.smmus.syncSeen(number, queue);
  }
}

/** Everything acts when the simulated machine gets to it. */
export class TimedEffects implements Effects {
  readonly refillRaces: RefillRaces;
  private readonly store = new CommandStore();
  /** Guest commands published so far. */
  private published = 0;

  constructor(
    private readonly smmus: Smmus,
    /** By path: a SYNC is about its own vCPU's commands only (see Transport.isQueuePerVcpu). */
    private readonly isQueuePerVcpu: readonly boolean[],
    /** VMs of the replay. */
    private readonly vms: number,
  ) {
    this.refillRaces = new RefillRaces(smmus.haveAtcs);
  }

  guestCommand(
    c0Low: number,
    c0High: number,
    c1Low: number,
    c1High: number,
    _number: number,
    _queue: number,
    isEmulated: boolean,
    smmus: number,
  ): number {
    // The SID column tells whether the words are needed again after the publication.
    return this.store.keep(c0Low, c0High, c1Low, c1High, isEmulated ? -1 : DONE_ONCE_PUBLISHED, smmus);
  }

  hostCommand(c0Low: number, c0High: number, c1Low: number, c1High: number, sid: number, smmus: number): number {
    return this.store.keep(c0Low, c0High, c1Low, c1High, sid, smmus);
  }

  publish(submission: Submission): void {
    const { store, smmus } = this;
    for (let row = 0; row < submission.guestCount; row++) {
      // Numbered here, not in the order of the trace: with closed pacing vCPUs may publish in another order.
      const number = ++this.published;
      if (submission.guestOpcode[row] === Opcode.SYNC) submission.lastSyncNumber = number;
      const ref = submission.guestRef[row];
      if (ref < 0) continue;
      smmus.markStale(
        store.c0Low[ref],
        store.c0High[ref],
        store.c1Low[ref],
        store.c1High[ref],
        number,
        this.orderedQueue(submission),
        store.smmus[ref],
      );
      if (store.sid[ref] !== DONE_ONCE_PUBLISHED) continue;
      store.free(ref);
      submission.guestRef[row] = -1;
    }
  }

  execute(ref: number, smmu: number): void {
    if (ref < 0) return;
    const { store } = this;
    const done = smmu < 0 ? store.smmus[ref] : 1 << smmu;
    this.smmus.execute(store.c0Low[ref], store.c0High[ref], store.c1Low[ref], store.c1High[ref], store.sid[ref], done);
    store.smmus[ref] &= ~done;
    if (store.smmus[ref] === 0) store.free(ref);
  }

  seen(submission: Submission): void {
    if (submission.syncCount > 0) this.smmus.syncSeen(submission.lastSyncNumber, this.orderedQueue(submission));
  }

  /** The queue within which `submission` is ordered. */
  private orderedQueue(submission: Submission): number {
    return this.isQueuePerVcpu[submission.path] ? submission.vcpu * this.vms + submission.vm : submission.queue;
  }

  recordedSeen(): void {}
}

const DONE_ONCE_PUBLISHED = -2;
