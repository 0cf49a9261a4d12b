/**
 * The translation sides of all physical SMMUs of the host, by number. Every stream has one SMMU.
 */
import type { Smmu } from './smmu.js';
import { merged, type SmmuSnapshot, takeSnapshot } from './snapshot.js';

/** SMMUs of one host. */
export class Smmus {
  constructor(
    readonly list: readonly Smmu[],
    /** SMMU of a stream. */
    private readonly smmuOf: (sid: number) => number,
  ) {}

  /** Devices have ATCs in this model, as far as they have ATS. */
  get haveAtcs(): boolean {
    return this.list.some(({ devices }) => devices.haveAtcs);
  }

  /** The SMMU in front of which stream `sid` sits. */
  of(sid: number): Smmu {
    return this.list.length === 1 ? this.list[0] : this.list[this.smmuOf(sid)];
  }

  /** A host command takes effect on every SMMU of `smmus` (bit s: SMMU s). */
  execute(c0Low: number, c0High: number, c1Low: number, c1High: number, targetSid: number, smmus: number): void {
    const { list } = this;
    for (let s = 0; s < list.length; s++) {
      if ((smmus >> s) & 1) list[s].execute(c0Low, c0High, c1Low, c1High, targetSid);
    }
  }

  /** The guest has published command `number` of `queue`, meant for `smmus`. */
  markStale(
    c0Low: number,
    c0High: number,
    c1Low: number,
    c1High: number,
    number: number,
    queue: number,
    smmus: number,
  ): void {
    const { list } = this;
    for (let s = 0; s < list.length; s++) {
      if ((smmus >> s) & 1) list[s].markStale(c0Low, c0High, c1Low, c1High, number, queue);
    }
  }

  /** The guest has seen a SYNC complete on `queue` that follows its command `number`. */
  syncSeen(number: number, queue: number): void {
    for (const smmu of this.list) smmu.syncSeen(number, queue);
  }

  /** Counters of all SMMUs together. */
  snapshot(): SmmuSnapshot {
    return this.list.map(takeSnapshot).reduce(merged);
  }
}
