/**
 * One structure of the SMMU or of a device as the walk of a translation sees it: a TaggedCache with the causes of its
 * misses and the marks of the stale-use oracle. What happens is counted in the row of the device that translates.
 *
 * One class for all of them, so that the hot calls stay monomorphic; what differs (contexts, domain, what a leaf-only
 * command does) is data. The files beside this one say what each structure is.
 *
 * Contract (who calls what, in which order), per translation that reaches the structure:
 * - `mappings.locate`, once for all structures that share the mappings, then `lookup` of each;
 * - on a miss `explain` with the record that explains it (if causes are on);
 * - unless the translation faults, `fill` once the key is known, with the record that `mappings.hold` gave;
 * - the owner of the mappings calls `mappings.invalidate` once per host command, and `markStale` of the structures that
 *   share them.
 */
import type { Access } from '../access.js';
import { type Mappings, NEVER, RecordState } from '../cache/mappings.js';
import { EMPTY } from '../cache/slot-lists.js';
import { type CacheGeometry, TaggedCache } from '../cache/tagged-cache.js';
import { ShadowLru } from '../causes/shadow-lru.js';
import { COUNTERS, Counter } from '../counters.js';
import { type StaleUse, UNMARKED } from '../safety/stale-use.js';
import type { Scope } from '../scope.js';

/** What a structure is made of. */
export interface StructureParts {
  /** Index in STRUCTURE_NAMES. */
  readonly kind: number;
  /** True for walk caches: entries are looked up by size. */
  readonly isTable: boolean;
  readonly geometry: CacheGeometry;
  readonly mappings: Mappings;
  readonly latencyNs: number;
  readonly access: Access;
  /** Null: the stale-use oracle is off. */
  readonly staleUse: StaleUse | null;
}

export class Structure {
  readonly kind: number;
  readonly latencyNs: number;
  readonly cache: TaggedCache;
  readonly mappings: Mappings;
  private readonly marks: Float64Array;
  private readonly isTable: boolean;
  private readonly access: Access;
  private readonly staleUse: StaleUse | null;
  /** First counter of the structure in a device's rows. */
  private readonly firstCounter: number;
  /** Null if no miss can be a conflict: the structure is itself a fully associative LRU, or flushes as a whole. */
  private readonly shadow: ShadowLru | null;

  constructor(parts: StructureParts) {
    const { mappings, geometry } = parts;
    this.kind = parts.kind;
    this.firstCounter = parts.kind * COUNTERS;
    this.latencyNs = parts.latencyNs;
    this.isTable = parts.isTable;
    this.access = parts.access;
    this.mappings = mappings;
    this.staleUse = parts.staleUse;
    this.cache = new TaggedCache(geometry, mappings);
    this.marks = new Float64Array(this.cache.entries);
    const { policy } = geometry;
    const cannotConflict = policy === 'flush-when-full' || (policy === 'lru' && this.cache.sets === 1);
    this.shadow = !mappings.hasCauses || cannotConflict ? null : new ShadowLru(this.cache.entries);
    if (this.shadow !== null) mappings.attachShadow(this.shadow);
  }

  /** Slot of the entry that holds the located page, or EMPTY. Counts a lookup, and a hit or a miss. */
  lookup(): number {
    const { cache } = this;
    const { deviceCounts, deviceRow } = this.access;
    const row = deviceRow + this.firstCounter;
    deviceCounts[row + Counter.Lookups]++;
    const slot = cache.lookup();
    if (slot === EMPTY) {
      deviceCounts[row + Counter.Misses]++;
      return EMPTY;
    }
    if (this.shadow !== null) this.shadow.touch(cache.recordOf[slot]);
    if (this.marks[slot] !== UNMARKED) this.useStale(slot);
    return slot;
  }

  /**
   * Give the miss on the located page that was just counted its cause; `record` is what `mappings.explaining` said. A page
   * that an infinite structure would have is a conflict if a fully associative LRU would have it too.
   */
  explain(record: number): void {
    const { shadow, mappings } = this;
    let cause: number = Counter.Cold;
    if (record !== NEVER) {
      const state = mappings.state[record];
      if (state === RecordState.LostToGuest) cause = Counter.Invalidated;
      else if (state === RecordState.LostToHost) cause = Counter.Collateral;
      else if (shadow === null) cause = Counter.Capacity;
      else cause = mappings.isIn(shadow) ? Counter.Conflict : Counter.Capacity;
    }
    this.count(cause);
  }

  /** Fill the entry of mapping `record`, which `mappings.hold` gave. Returns its slot. */
  fill(record: number): number {
    const slot = this.cache.fill(record);
    this.marks[slot] = UNMARKED;
    if (this.shadow !== null) this.shadow.touch(record);
    return slot;
  }

  /** Fill mapping `record` as a copy of the entry in `slot` of `from`, stale if that one is. */
  fillFrom(from: Structure, slot: number, record: number): void {
    this.marks[this.fill(record)] = from.marks[slot];
  }

  /**
   * `locate` and `lookup` for a structure that has its mappings to itself; a miss gets its cause. With `sizeLog2` > 0 only an
   * entry of that size will do.
   */
  lookupOwn(low: number, high: number, context: number, sizeLog2 = 0): boolean {
    const { mappings } = this;
    if (sizeLog2 === 0) mappings.locate(low, high, context);
    else mappings.locateSized(low, high, context, sizeLog2);
    if (this.lookup() !== EMPTY) return true;
    if (mappings.hasCauses) this.explain(mappings.explaining());
    return false;
  }

  /**
   * `fill` for a structure that has its mappings to itself, after it has missed the page; `leafLog2` as in Mappings.leafLog2.
   */
  fillOwn(low: number, high: number, sizeLog2: number, context: number, leafLog2 = 0): void {
    // A walk has looked for descriptors of other levels since.
    if (this.isTable) this.mappings.locateSized(low, high, context, sizeLog2);
    this.fill(this.mappings.hold(low, high, sizeLog2, context, leafLog2));
  }

  /** Mark every entry among the `count` mappings that a guest command was found to cover and that is not marked yet. */
  markStale(count: number, mark: number): void {
    if (mark === UNMARKED) return;
    const { cache, marks } = this;
    const { covered } = this.mappings.keys;
    for (let i = 0; i < count; i++) {
      const slot = cache.slotOfRecord(covered[i]);
      if (slot >= 0 && marks[slot] === UNMARKED) marks[slot] = mark;
    }
  }

  /** `mappings.markStale` and `markStale` for a structure that has its mappings to itself. */
  markOwnStale(scope: Scope, mark: number): void {
    const count = this.mappings.markStale(scope, mark !== UNMARKED && this.cache.occupancy > 0);
    this.markStale(count, mark);
  }

  /** log2 of the size of the entry in `slot`. */
  sizeLog2(slot: number): number {
    return this.mappings.keys.sizeLog2(this.cache.recordOf[slot]);
  }

  private useStale(slot: number): void {
    const { access, staleUse } = this;
    if (staleUse === null) return;
    const column = staleUse.isViolation(this.marks[slot], this.kind, access)
      ? Counter.StaleAfterSync
      : Counter.StaleInWindow;
    this.count(column);
  }

  /** Count in a column of the current device's row. */
  private count(column: number): void {
    const { deviceCounts, deviceRow } = this.access;
    deviceCounts[deviceRow + this.firstCounter + column]++;
  }
}
