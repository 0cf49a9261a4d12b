/**
 * One translation buffer unit: micro TLB, main TLB and the mappings that were filled into them.
 *
 * Both TLBs see every fill that the TBU gets, so one set of mappings serves both, and it is the infinite TLB of the counts
 * `misses` and `inducedMisses`: what would still miss if nothing was ever evicted (O23, O46).
 */
import type { Access } from '../access.js';
import { type Mappings, NEVER, RecordState } from '../cache/mappings.js';
import { UNMARKED } from '../safety/stale-use.js';
import { Domain, type Scope } from '../scope.js';
import { createMainTlb } from './main-tlb.js';
import { createMicroTlb } from './micro-tlb.js';
import { type CommonParts, createMappings } from './parts.js';
import type { Structure } from './structure.js';

export class Tbu {
  readonly mappings: Mappings;
  readonly utlb: Structure | null;
  readonly main: Structure | null;
  /** The shared TLB, if it sees the fills of this TBU and no others: it has the mappings in common. */
  shared: Structure | null = null;
  /** Misses of the infinite TLB, and those of them on a mapping that it held before an invalidation. */
  infiniteMisses = 0;
  inducedMisses = 0;
  private readonly access: Access;

  constructor(common: CommonParts) {
    this.access = common.access;
    this.mappings = createMappings(common, Domain.Translation);
    this.utlb = createMicroTlb(common, this.mappings);
    this.main = createMainTlb(common, this.mappings);
  }

  /** Both TLBs missed: count the causes. Returns the record that explains them. */
  explainMisses(): number {
    const { mappings } = this;
    if (!mappings.hasCauses) return NEVER;
    const record = mappings.explaining();
    if (record === NEVER) this.infiniteMisses++;
    else if (mappings.state[record] !== RecordState.Held) {
      this.infiniteMisses++;
      this.inducedMisses++;
    }
    if (this.utlb !== null) this.utlb.explain(record);
    if (this.main !== null) this.main.explain(record);
    return record;
  }

  /** Fill both TLBs with the translation of 2^sizeLog2 bytes around the access; returns its record. */
  fill(sizeLog2: number, context: number): number {
    const { low, high, leafLog2 } = this.access;
    const record = this.mappings.hold(low, high, sizeLog2, context, leafLog2);
    if (this.main !== null) this.main.fill(record);
    if (this.utlb !== null) this.utlb.fill(record);
    return record;
  }

  /** Fill both TLBs with a copy of an entry of the shared TLB, stale if that one is. */
  fillFrom(shared: Structure, slot: number, context: number): void {
    const { low, high } = this.access;
    const leafLog2 = shared.mappings.leafLog2[shared.cache.recordOf[slot]];
    const record = this.mappings.hold(low, high, shared.sizeLog2(slot), context, leafLog2);
    if (this.main !== null) this.main.fillFrom(shared, slot, record);
    if (this.utlb !== null) this.utlb.fillFrom(shared, slot, record);
  }

  /** Mark every entry that a guest command covers. */
  markStale(scope: Scope, mark: number): void {
    const count = this.mappings.markStale(scope, mark !== UNMARKED);
    if (this.utlb !== null) this.utlb.markStale(count, mark);
    if (this.main !== null) this.main.markStale(count, mark);
    if (this.shared !== null) this.shared.markStale(count, mark);
  }
}
