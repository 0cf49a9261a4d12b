/**
 * One translation buffer unit: micro TLB, main TLB and the history of what was filled into them.
 *
 * Both TLBs see every fill that the TBU gets, so one history serves both, and it is the infinite TLB of the counts
 * `misses` and `inducedMisses`: what would still miss if nothing was ever evicted (O23, O46).
 */
import type { Access } from '../access.js';
import type { MissHistory } from '../causes/miss-history.js';
import { NEVER, RecordState } from '../causes/miss-history.js';
import { Domain, type Scope } from '../scope.js';
import { createMainTlb } from './main-tlb.js';
import { createMicroTlb } from './micro-tlb.js';
import { type CommonParts, createHistory } from './parts.js';
import type { Structure } from './structure.js';

export class Tbu {
  readonly history: MissHistory | null;
  readonly utlb: Structure | null;
  readonly main: Structure | null;
  /** Misses of the infinite TLB, and those of them on a mapping that it held before an invalidation. */
  infiniteMisses = 0;
  inducedMisses = 0;
  private readonly access: Access;

  constructor(common: CommonParts) {
    this.access = common.access;
    this.history = createHistory(common, Domain.Translation);
    this.utlb = createMicroTlb(common, this.history);
    this.main = createMainTlb(common, this.history);
  }

  /** Both TLBs missed: count the causes. */
  explainMisses(context: number): number {
    const { history, access } = this;
    if (history === null) return NEVER;
    const record = history.find(access.low, access.high, context);
    if (record === NEVER) this.infiniteMisses++;
    else if (history.state[record] !== RecordState.Held) {
      this.infiniteMisses++;
      this.inducedMisses++;
    }
    if (this.utlb !== null) this.utlb.explain(record, access.low, access.high, context);
    if (this.main !== null) this.main.explain(record, access.low, access.high, context);
    return record;
  }

  /**
   * Fill both TLBs with the translation of 2^sizeLog2 bytes around the access, after `explainMisses` has said `found`;
   * returns its record.
   */
  fill(sizeLog2: number, context: number, found: number): number {
    const { low, high } = this.access;
    const { history } = this;
    const record = history === null ? NEVER : history.holdAfterFind(found, low, high, sizeLog2, context);
    if (this.main !== null) this.main.fill(low, high, sizeLog2, context, record);
    if (this.utlb !== null) this.utlb.fill(low, high, sizeLog2, context, record);
    return record;
  }

  /** Fill both TLBs with a copy of an entry of the shared TLB, stale if that one is. */
  fillFrom(shared: Structure, slot: number, context: number): void {
    const { low, high } = this.access;
    const record = this.history === null ? NEVER : this.history.hold(low, high, shared.sizeLog2(slot), context);
    if (this.main !== null) this.main.fillFrom(shared, slot, record);
    if (this.utlb !== null) this.utlb.fillFrom(shared, slot, record);
  }

  /** Remove every entry that a host command covers; returns how many. */
  invalidate(scope: Scope): number {
    if (scope.domain !== Domain.Translation) return 0;
    if (this.history !== null) this.history.invalidate(scope);
    let removed = 0;
    if (this.utlb !== null) removed += this.utlb.invalidate(scope);
    if (this.main !== null) removed += this.main.invalidate(scope);
    return removed;
  }

  /** Mark every entry that a guest command covers. */
  condemn(scope: Scope, mark: number): void {
    if (this.history !== null) this.history.condemn(scope);
    if (this.utlb !== null) this.utlb.condemn(scope, mark);
    if (this.main !== null) this.main.condemn(scope, mark);
  }
}
