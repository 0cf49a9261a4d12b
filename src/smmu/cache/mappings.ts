/**
 * The mappings that some structures have been filled with, each known by one record: the one index behind all structures
 * that see the same fills. A translation looks its page up here once (`locate`); whether a structure holds the mapping is
 * then one array read in that structure (TaggedCache), and an invalidation searches once for all of them.
 *
 * A record is Held (filled and not invalidated since: an infinite structure would hit), LostToGuest (the guest's own
 * command covered it) or LostToHost (only a wider host command did). What a structure holds is Held; what it has evicted
 * stays Held too. So the record alone says why a key misses: none → cold, Lost… → invalidated or collateral, Held →
 * capacity or conflict (ShadowLru decides). An evicted key that is invalidated while it is out counts as invalidated: an
 * infinite structure would have missed too. A key that the guest covers after the host took it counts as invalidated:
 * collateral misses are those that exact forwarding would not have had (O23).
 *
 * Without causes a record lives as long as some structure holds it.
 *
 * Memory: one record per live mapping, and at most LOST_RECORDS lost ones; the oldest loss is forgotten first, and a key
 * whose loss is forgotten counts as cold when it comes back (`forgotten` says how many there were).
 */

import type { PendingCommands } from '../causes/pending-commands.js';
import type { ShadowLru } from '../causes/shadow-lru.js';
import { HIGH_MASK, LARGEST_LOG2, LOW_MASK, PAGES } from '../page.js';
import type { Domain, Scope } from '../scope.js';
import { ContextLists } from './context-lists.js';
import type { ContextTable } from './context-table.js';
import { highSizeOf, KeyTable } from './key-table.js';
import { EMPTY, SlotLists } from './slot-lists.js';

/** States of a record. */
export const enum RecordState {
  Free = 0,
  Held = 1,
  LostToGuest = 2,
  LostToHost = 3,
}

/** No record: the key was never filled. */
export const NEVER = -1;

const FIRST_RECORDS = 1024;
const LOST_RECORDS = 2 ** 17;
/** Of the two lists of records: unused ones, and lost ones with the most recent loss first. */
const FREE = 0;
const LOST = 1;

/** A structure that holds mappings, each by its record. */
export interface MappingHolder {
  /** True if mapping `record` is here. */
  holds(record: number): boolean;
  /** Mapping `record` is invalidated; false if it was not here. */
  invalidate(record: number): boolean;
  /** There are `records` records from here on. */
  growRecords(records: number): void;
}

export class Mappings {
  readonly keys: KeyTable;
  /** RecordState by record. */
  state = new Uint8Array(FIRST_RECORDS);
  /** By record: log2 of the page or block in the translation tables behind it, of which the entry may be a part; 0 = not known. */
  leafLog2 = new Uint8Array(FIRST_RECORDS);
  /** What the last `locate` found: records of the page, largest mapping first, in rows 0 … located − 1. */
  readonly candidates = new Int32Array(LARGEST_LOG2 + 1);
  located = 0;
  /** Losses forgotten to bound the memory. */
  forgotten = 0;
  private readonly domain: Domain;
  private readonly isTable: boolean;
  /** Null: causes are off. */
  private readonly pending: PendingCommands | null;
  private readonly holders: MappingHolder[] = [];
  private readonly shadows: ShadowLru[] = [];
  private readonly lists = new SlotLists(2, FIRST_RECORDS);
  private lost = 0;
  /** The records lost to the host alone, by context: a guest command that comes later may still explain them. */
  private readonly robbed = new ContextLists();
  /** When a record was lost: the number of the command, counted from the first. */
  private lossNumber = new Uint32Array(FIRST_RECORDS);
  private losses = 0;

  constructor(contexts: ContextTable, domain: Domain, isTable: boolean, pending: PendingCommands | null) {
    this.keys = new KeyTable(FIRST_RECORDS, contexts);
    this.domain = domain;
    this.isTable = isTable;
    this.pending = pending;
    this.freeRecords(0, FIRST_RECORDS);
  }

  /** False: only what is held is known, and no miss can be explained. */
  get hasCauses(): boolean {
    return this.pending !== null;
  }

  /** Records that can be numbered without growing. */
  get capacity(): number {
    return this.state.length;
  }

  /** `holder` holds mappings of these from here on. */
  attach(holder: MappingHolder): void {
    this.holders.push(holder);
  }

  /** `shadow` follows the invalidations from here on. */
  attachShadow(shadow: ShadowLru): void {
    this.shadows.push(shadow);
  }

  /** Find the records of all sizes that translate page `high:low` in `context`: the `candidates` of what follows. */
  locate(low: number, high: number, context: number): void {
    const { keys, candidates } = this;
    const { sizes, sizesPresent } = keys;
    let located = 0;
    for (let i = 0; i < sizesPresent; i++) {
      const size = sizes[i];
      const record = keys.findExact(low & LOW_MASK[size], highSizeOf(high & HIGH_MASK[size], size), context);
      if (record !== EMPTY) candidates[located++] = record;
    }
    this.located = located;
  }

  /** Find the record of exactly the mapping of 2^sizeLog2 bytes around the page: the only candidate of what follows. */
  locateSized(low: number, high: number, context: number, sizeLog2: number): void {
    const key = highSizeOf(high & HIGH_MASK[sizeLog2], sizeLog2);
    const record = this.keys.findAgain(low & LOW_MASK[sizeLog2], key, context);
    this.candidates[0] = record;
    this.located = record === EMPTY ? 0 : 1;
  }

  /**
   * The record that explains a miss on the located page: the largest held one, else the one of its most recent loss (of
   * several lost to one command the largest), else NEVER.
   */
  explaining(): number {
    const { candidates, located, state, lossNumber } = this;
    let latest = NEVER;
    for (let i = 0; i < located; i++) {
      const record = candidates[i];
      if (state[record] === RecordState.Held) return record;
      if (latest === NEVER || lossNumber[record] > lossNumber[latest]) latest = record;
    }
    return latest;
  }

  /** True if `shadow` has a record of the located page, of any size. */
  isIn(shadow: ShadowLru): boolean {
    for (let i = 0; i < this.located; i++) if (shadow.has(this.candidates[i])) return true;
    return false;
  }

  /**
   * The located page is filled by a mapping of 2^sizeLog2 bytes, part of a page or block of 2^leafLog2; returns its record,
   * which the caller fills in at once.
   */
  hold(low: number, high: number, sizeLog2: number, context: number, leafLog2: number): number {
    const { keys, candidates } = this;
    for (let i = 0; i < this.located; i++) {
      const record = candidates[i];
      if (keys.sizeLog2(record) === sizeLog2) {
        if (this.state[record] !== RecordState.Held) this.regain(record);
        this.leafLog2[record] = leafLog2;
        return record;
      }
    }
    if (this.pending === null && this.holders.length === 0) return NEVER; // nobody would ever let go of it
    if (this.lists.head[FREE] === EMPTY) this.grow();
    const record = this.lists.head[FREE];
    this.lists.remove(FREE, record);
    keys.insert(record, low & LOW_MASK[sizeLog2], highSizeOf(high & HIGH_MASK[sizeLog2], sizeLog2), context);
    this.state[record] = RecordState.Held;
    this.leafLog2[record] = leafLog2;
    return record;
  }

  /** A structure has evicted `record`: without causes it is forgotten when no other holds it. */
  evicted(record: number): void {
    if (this.pending !== null) return;
    for (let i = 0; i < this.holders.length; i++) if (this.holders[i].holds(record)) return;
    this.keys.unlist(record);
    this.forget(record);
  }

  /**
   * Every held mapping that a host command covers is lost, to the guest if one of its outstanding commands covers it, and
   * leaves the structures. Returns the number of their entries that went.
   */
  invalidate(scope: Scope): number {
    if (!this.isReached(scope)) return 0;
    const { keys, holders, shadows } = this;
    const count = keys.collect(scope);
    const isNarrow = scope.narrowsToLevel;
    this.losses++;
    let removed = 0;
    for (let i = 0; i < count; i++) {
      const record = keys.covered[i];
      if (this.state[record] !== RecordState.Held || (isNarrow && !this.isAtLevel(record, scope))) continue;
      for (let h = 0; h < holders.length; h++) if (holders[h].invalidate(record)) removed++;
      for (let s = 0; s < shadows.length; s++) shadows[s].drop(record);
      keys.unlist(record);
      if (this.pending === null) this.forget(record);
      else this.lose(record, this.pending);
    }
    return removed;
  }

  /**
   * The guest publishes a command: what the host took before without being asked, it would now lose anyway. Returns how
   * many held mappings it covers: rows 0 … of `keys.covered`, searched for only if `isCollecting`.
   */
  markStale(scope: Scope, isCollecting: boolean): number {
    if (!this.isReached(scope)) return 0;
    if (!this.robbed.isEmpty) this.explainRobbed(scope);
    return isCollecting ? this.keys.collect(scope) : 0;
  }

  private isAtLevel(record: number, scope: Scope): boolean {
    if (this.isTable) return scope.reachesTable(this.keys.sizeLog2(record));
    return scope.reachesLeaf(this.leafLog2[record]);
  }

  /** True if commands of this scope act on these mappings. */
  private isReached(scope: Scope): boolean {
    return scope.domain === this.domain && !(this.isTable && scope.leafOnly);
  }

  private explainRobbed(scope: Scope): void {
    const { keys, state } = this;
    const count = keys.collect(scope, this.robbed);
    for (let i = 0; i < count; i++) {
      const record = keys.covered[i];
      if (state[record] !== RecordState.LostToHost) continue;
      state[record] = RecordState.LostToGuest;
      this.robbed.remove(record, keys.context(record), this.groupOf(record));
    }
  }

  private lose(record: number, pending: PendingCommands): void {
    const isWish = this.isGuestsWish(record, pending);
    this.state[record] = isWish ? RecordState.LostToGuest : RecordState.LostToHost;
    if (!isWish) this.robbed.add(record, this.keys.context(record), this.groupOf(record));
    this.lossNumber[record] = this.losses;
    this.lists.pushFront(LOST, record);
    if (++this.lost > LOST_RECORDS) this.forgetOldest();
  }

  /** A lost mapping is filled again. */
  private regain(record: number): void {
    this.forgetLoss(record);
    this.keys.list(record);
    this.state[record] = RecordState.Held;
  }

  private isGuestsWish(record: number, pending: PendingCommands): boolean {
    const { keys } = this;
    const first = keys.basePage(record);
    const last = first + PAGES[keys.sizeLog2(record)] - 1;
    const { contexts } = keys;
    const group = contexts.group[this.groupOf(record)];
    const member = contexts.member[keys.context(record)];
    return pending.covers(this.domain, this.isTable, group, member, first, last);
  }

  private groupOf(record: number): number {
    return this.keys.contexts.groupOf[this.keys.context(record)];
  }

  private forgetOldest(): void {
    const record = this.lists.tail[LOST];
    this.forgetLoss(record);
    this.forget(record);
    this.forgotten++;
  }

  /** Take a lost record out of the lists of lost ones. */
  private forgetLoss(record: number): void {
    this.lists.remove(LOST, record);
    this.lost--;
    if (this.state[record] !== RecordState.LostToHost) return;
    this.robbed.remove(record, this.keys.context(record), this.groupOf(record));
  }

  /** An unlisted record is free for another key. */
  private forget(record: number): void {
    this.keys.forget(record);
    this.state[record] = RecordState.Free;
    this.lists.pushFront(FREE, record);
  }

  private grow(): void {
    const from = this.state.length;
    const state = new Uint8Array(from * 2);
    state.set(this.state);
    this.state = state;
    const leafLog2 = new Uint8Array(from * 2);
    leafLog2.set(this.leafLog2);
    this.leafLog2 = leafLog2;
    const lossNumber = new Uint32Array(from * 2);
    lossNumber.set(this.lossNumber);
    this.lossNumber = lossNumber;
    this.keys.grow(from * 2);
    this.lists.growSlots(from * 2);
    for (const holder of this.holders) holder.growRecords(from * 2);
    this.freeRecords(from, from * 2);
  }

  private freeRecords(from: number, to: number): void {
    for (let record = to - 1; record >= from; record--) this.lists.pushFront(FREE, record);
  }
}
