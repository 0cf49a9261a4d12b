/**
 * One structure of the SMMU or of a device as the walk of a translation sees it: a TaggedCache with the causes of its
 * misses and the marks of the stale-use oracle. What happens is counted in the row of the device that translates.
 *
 * One class for all of them, so that the hot calls stay monomorphic; what differs (contexts, domain, what a leaf-only
 * command does) is data. The files beside this one say what each structure is.
 *
 * Contract (who calls what, in which order), per translation that reaches the structure:
 * - `lookup`; on a miss `explain` with the record of the key in `history` (if causes are on);
 * - unless the translation faults, `fill` once the key is known, with the record that `history.hold` gave;
 * - the owner of `history` calls `history.invalidate` once per host command, this class does the rest.
 */
import type { Access } from '../access.js';
import type { ContextTable } from '../cache/context-table.js';
import { EMPTY } from '../cache/slot-lists.js';
import { type CacheGeometry, TaggedCache } from '../cache/tagged-cache.js';
import { type MissHistory, NEVER, RecordState } from '../causes/miss-history.js';
import { ShadowLru } from '../causes/shadow-lru.js';
import { COUNTERS, Counter } from '../counters.js';
import { type StaleUse, UNMARKED } from '../safety/stale-use.js';
import type { Domain, Scope } from '../scope.js';

/** What a structure is made of. */
export interface StructureParts {
  /** Index in STRUCTURE_NAMES. */
  readonly kind: number;
  readonly domain: Domain;
  /** True for walk caches: leaf-only commands do not reach them. */
  readonly isTable: boolean;
  readonly geometry: CacheGeometry;
  readonly contexts: ContextTable;
  readonly latencyNs: number;
  readonly access: Access;
  /** Null: causes are off. */
  readonly history: MissHistory | null;
  /** Null: the stale-use oracle is off. */
  readonly staleUse: StaleUse | null;
}

export class Structure {
  readonly kind: number;
  readonly latencyNs: number;
  readonly cache: TaggedCache;
  readonly history: MissHistory | null;
  /** Record in `history` of the entry in a slot. */
  readonly record: Int32Array;
  private readonly marks: Float64Array;
  private readonly domain: Domain;
  private readonly isTable: boolean;
  private readonly access: Access;
  private readonly staleUse: StaleUse | null;
  /** Null if no miss can be a conflict: the structure is itself a fully associative LRU, or flushes as a whole. */
  private readonly shadow: ShadowLru | null;

  constructor(parts: StructureParts) {
    this.kind = parts.kind;
    this.latencyNs = parts.latencyNs;
    this.domain = parts.domain;
    this.isTable = parts.isTable;
    this.access = parts.access;
    this.history = parts.history;
    this.staleUse = parts.staleUse;
    this.cache = new TaggedCache(parts.geometry, parts.contexts);
    this.record = new Int32Array(this.cache.entries);
    this.marks = new Float64Array(this.cache.entries);
    const { policy } = parts.geometry;
    const cannotConflict = policy === 'flush-when-full' || (policy === 'lru' && this.cache.sets === 1);
    this.shadow = parts.history === null || cannotConflict ? null : new ShadowLru(this.cache.entries);
    if (this.shadow !== null) parts.history?.attach(this.shadow);
  }

  /**
   * Slot of the entry that holds page `high:low` in `context`, or EMPTY. Counts a lookup, and a hit or a miss.
   * With `sizeLog2` > 0 only an entry of that size will do.
   */
  lookup(low: number, high: number, context: number, sizeLog2 = 0): number {
    const { access } = this;
    const { deviceCounts } = access;
    const row = access.deviceRow + this.kind * COUNTERS;
    deviceCounts[row + Counter.Lookups]++;
    const slot = this.cache.lookup(low, high, context, sizeLog2);
    if (slot === EMPTY) {
      deviceCounts[row + Counter.Misses]++;
      return EMPTY;
    }
    deviceCounts[row + Counter.Hits]++;
    if (this.shadow !== null) this.shadow.touch(this.record[slot]);
    if (this.marks[slot] !== UNMARKED) this.useStale(slot);
    return slot;
  }

  /**
   * Give the miss on page `high:low` that was just counted its cause; `record` is what `history.find` said. A page that
   * an infinite structure would have is a conflict if a fully associative LRU would have it too.
   */
  explain(record: number, low: number, high: number, context: number): void {
    const { shadow } = this;
    let cause: number = Counter.Cold;
    if (record !== NEVER) {
      const history = this.history as MissHistory;
      const state = history.state[record];
      if (state === RecordState.LostToGuest) cause = Counter.Invalidated;
      else if (state === RecordState.LostToHost) cause = Counter.Collateral;
      else if (shadow === null) cause = Counter.Capacity;
      else if (shadow.has(record)) cause = Counter.Conflict;
      else if (this.isTable || !history.hasSeveralSizes) cause = Counter.Capacity;
      else cause = history.isIn(shadow, low, high, context) ? Counter.Conflict : Counter.Capacity;
    }
    this.count(cause);
  }

  /** Fill an entry; `record` is what `history.hold` said (NEVER without causes). Returns its slot. */
  fill(low: number, high: number, sizeLog2: number, context: number, record: number): number {
    const slot = this.cache.fill(low, high, sizeLog2, context);
    this.record[slot] = record;
    this.marks[slot] = UNMARKED;
    if (this.shadow !== null) this.shadow.touch(record);
    return slot;
  }

  /** Fill a copy of the entry in `slot` of `from`, stale if that one is. */
  fillFrom(from: Structure, slot: number, record: number): void {
    const { keys } = from.cache;
    const to = this.fill(keys.baseLow(slot), keys.baseHigh(slot), keys.sizeLog2(slot), keys.context(slot), record);
    this.marks[to] = from.marks[slot];
  }

  /** `explain` for a structure that has its history to itself; a walk cache misses an entry of exactly `sizeLog2`. */
  explainOwn(low: number, high: number, sizeLog2: number, context: number): void {
    const { history } = this;
    if (history === null) return;
    const record = this.isTable ? history.findSized(low, high, sizeLog2, context) : history.find(low, high, context);
    this.explain(record, low, high, context);
  }

  /** `fill` for a structure that has its history to itself. */
  fillOwn(low: number, high: number, sizeLog2: number, context: number): void {
    const record = this.history === null ? NEVER : this.history.hold(low, high, sizeLog2, context);
    this.fill(low, high, sizeLog2, context, record);
  }

  /** Remove every entry that a host command covers; returns how many. A shared history is its owner's business. */
  invalidate(scope: Scope): number {
    return this.isReached(scope) ? this.cache.invalidate(scope) : 0;
  }

  /** `invalidate` for a structure that has its history to itself. */
  invalidateOwn(scope: Scope): number {
    if (!this.isReached(scope)) return 0;
    if (this.history !== null) this.history.invalidate(scope);
    return this.cache.invalidate(scope);
  }

  /** Mark every entry that a guest command covers and that is not marked yet. A shared history is its owner's business. */
  condemn(scope: Scope, mark: number): void {
    if (this.staleUse === null || this.cache.occupancy === 0 || !this.isReached(scope)) return;
    const { keys } = this.cache;
    const count = keys.collect(scope);
    for (let i = 0; i < count; i++) {
      const slot = keys.covered[i];
      if (this.marks[slot] === UNMARKED) this.marks[slot] = mark;
    }
  }

  /** `condemn` for a structure that has its history to itself. */
  condemnOwn(scope: Scope, mark: number): void {
    if (this.history !== null) this.history.condemn(scope);
    this.condemn(scope, mark);
  }

  /** True if commands of this scope act on this structure. */
  isReached(scope: Scope): boolean {
    return scope.domain === this.domain && !(this.isTable && scope.leafOnly);
  }

  /** log2 of the size of the entry in `slot`. */
  sizeLog2(slot: number): number {
    return this.cache.keys.sizeLog2(slot);
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
    const { access } = this;
    access.deviceCounts[access.deviceRow + this.kind * COUNTERS + column]++;
  }
}
