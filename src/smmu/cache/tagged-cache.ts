/**
 * One set-associative structure: which mappings it holds, and which go when it is full.
 *
 * Layout: slot s·ways + w is way w of set s. `recordOf` says which mapping is in a slot, `slotOf` where a mapping is; the
 * mappings and the search for them are those of `Mappings`, which several structures may share. So a lookup is O(1) for
 * any number of ways; sets matter only to who is replaced by whom. The set of an entry comes from the address at the
 * entry's own size, so that the entries of a large page spread like those of a small one (gem5 always uses the 4 KiB
 * bits, M §1.8; that defect is not copied), mixed with a salt of the context (ASID ^ VMID, SID ^ SSID; M §1.3) and of the
 * size (else the first descriptors of all levels of a walk would meet in one set).
 *
 * Invariants: lookups = hits + misses (O41); fills − evictions − invalidated = occupancy ≤ entries (O42).
 */
import { UsageError } from '../../trace/errors.js';
import { blockNumber, LARGEST_LOG2 } from '../page.js';
import { EVERYTHING, type ReplacementPolicy } from '../policy/policy.js';
import { createPolicy } from '../policy/registry.js';
import { FreeWays } from './free-ways.js';
import type { MappingHolder, Mappings } from './mappings.js';
import { exactLog2 } from './set-of-slot.js';
import { EMPTY } from './slot-lists.js';

/** Size, shape and policy of a structure. */
export interface CacheGeometry {
  readonly entries: number;
  /** 0 = fully associative. */
  readonly ways: number;
  readonly policy: string;
  readonly seed: number;
}

/** Zero for 4 KiB; any constants that differ will do. */
const SIZE_SALT = Int32Array.from({ length: LARGEST_LOG2 + 1 }, (_, size) => Math.imul(size - 12, 0x9e3779b1) >>> 7);

export class TaggedCache implements MappingHolder {
  readonly entries: number;
  readonly ways: number;
  readonly sets: number;
  readonly mappings: Mappings;
  /** Record of the mapping in each slot; EMPTY: none. */
  readonly recordOf: Int32Array;
  occupancy = 0;
  fills = 0;
  evictions = 0;
  invalidated = 0;
  /** By record: its slot plus one; 0: not here. */
  private slotOf: Int32Array;
  private readonly policy: ReplacementPolicy;
  private readonly notesHits: boolean;
  private readonly free: FreeWays;
  /** For 2^k sets 2^k − 1, which spares a division; −1 for any other number. */
  private readonly setMask: number;

  /** @throws UsageError if the ways do not divide the entries */
  constructor(geometry: CacheGeometry, mappings: Mappings) {
    const { entries } = geometry;
    this.entries = entries;
    this.ways = geometry.ways === 0 ? entries : geometry.ways;
    this.sets = entries / this.ways;
    if (!Number.isInteger(this.sets)) {
      throw new UsageError(`a structure of ${entries} entries cannot have ${geometry.ways} ways: expected a divisor`);
    }
    this.policy = createPolicy(geometry.policy, this.sets, this.ways, geometry.seed);
    this.notesHits = this.policy.notesHits;
    this.free = new FreeWays(this.sets, this.ways);
    this.setMask = exactLog2(this.sets) < 0 ? -1 : this.sets - 1;
    this.recordOf = new Int32Array(entries).fill(EMPTY);
    this.slotOf = new Int32Array(mappings.capacity);
    this.mappings = mappings;
    mappings.attach(this);
  }

  /** Slot of the largest located mapping (Mappings.locate) that is here, or EMPTY; a hit counts as a use. */
  lookup(): number {
    const { slotOf } = this;
    const { candidates, located } = this.mappings;
    for (let i = 0; i < located; i++) {
      const slot = slotOf[candidates[i]] - 1;
      if (slot < 0) continue;
      if (this.notesHits) this.policy.hit(slot);
      return slot;
    }
    return EMPTY;
  }

  /** Put mapping `record`, which is not here, into its set, evicting if every way is taken. Returns its slot. */
  fill(record: number): number {
    const set = this.sets === 1 ? 0 : this.setOf(record);
    const slot = this.free.isFull(set) ? this.evictFrom(set) : this.free.take(set);
    this.slotOf[record] = slot + 1;
    this.recordOf[slot] = record;
    this.policy.fill(slot);
    this.occupancy++;
    this.fills++;
    return slot;
  }

  holds(record: number): boolean {
    return this.slotOf[record] !== 0;
  }

  /** Slot of mapping `record`, or EMPTY. */
  slotOfRecord(record: number): number {
    return this.slotOf[record] - 1;
  }

  invalidate(record: number): boolean {
    const slot = this.slotOf[record] - 1;
    if (slot < 0) return false;
    this.remove(slot, record);
    this.free.give(slot);
    this.invalidated++;
    return true;
  }

  /** Mappings have records `0 … records − 1` from here on. */
  growRecords(records: number): void {
    const wider = new Int32Array(records);
    wider.set(this.slotOf);
    this.slotOf = wider;
  }

  /** The set that the entry of mapping `record` belongs to. */
  private setOf(record: number): number {
    const { keys } = this.mappings;
    const sizeLog2 = keys.sizeLog2(record);
    const block = blockNumber(keys.baseLow(record), keys.baseHigh(record), sizeLog2);
    const mixed = block ^ keys.contexts.salt[keys.context(record)] ^ SIZE_SALT[sizeLog2];
    return this.setMask >= 0 ? mixed & this.setMask : (mixed >>> 0) % this.sets;
  }

  /** Make room in a full set; returns the slot that is now empty and taken. */
  private evictFrom(set: number): number {
    const victim = this.policy.victim(set);
    if (victim !== EVERYTHING) {
      this.evict(victim);
      return victim;
    }
    for (let slot = 0; slot < this.entries; slot++) {
      if (this.recordOf[slot] === EMPTY) continue;
      this.evict(slot);
      this.free.give(slot);
    }
    return this.free.take(set);
  }

  private evict(slot: number): void {
    const record = this.recordOf[slot];
    this.remove(slot, record);
    this.evictions++;
    this.mappings.evicted(record);
  }

  private remove(slot: number, record: number): void {
    this.policy.drop(slot);
    this.slotOf[record] = 0;
    this.recordOf[slot] = EMPTY;
    this.occupancy--;
  }
}
