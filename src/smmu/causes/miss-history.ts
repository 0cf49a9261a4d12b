/**
 * Why a key is not there: an infinite structure, fed with the same fills and invalidations as the real one.
 *
 * A record is Held (filled and not invalidated since: an infinite structure would hit), LostToGuest (the guest's own
 * command covered it) or LostToHost (only a wider host command did). A key without a record was never filled. So the
 * cause of a miss follows from its record alone: none → cold, Lost… → invalidated or collateral, Held → capacity or
 * conflict (ShadowLru decides). An evicted key that is invalidated while it is out counts as invalidated: an infinite
 * structure would have missed too. A key that the guest covers after the host took it counts as invalidated: collateral
 * misses are those that exact forwarding would not have had (O23).
 *
 * Memory: one record per live mapping, and at most LOST_RECORDS lost ones; the oldest loss is forgotten first, and a key
 * whose loss is forgotten counts as cold when it comes back (`forgotten` says how many there were).
 */

import { ContextLists } from '../cache/context-lists.js';
import type { ContextTable } from '../cache/context-table.js';
import { highSizeOf, KeyTable } from '../cache/key-table.js';
import { EMPTY, SlotLists } from '../cache/slot-lists.js';
import { HIGH_MASK, LOW_MASK, PAGES } from '../page.js';
import type { Domain, Scope } from '../scope.js';
import type { PendingCommands } from './pending-commands.js';
import type { ShadowLru } from './shadow-lru.js';

/** States of a record. */
export const RecordState = { Free: 0, Held: 1, LostToGuest: 2, LostToHost: 3 } as const;

/** No record: the key was never filled. */
export const NEVER = -1;

const FIRST_RECORDS = 1024;
const LOST_RECORDS = 2 ** 17;

export class MissHistory {
  /** RecordState by record. */
  state = new Uint8Array(FIRST_RECORDS);
  /** Losses forgotten to bound the memory. */
  forgotten = 0;
  private readonly keys: KeyTable;
  private readonly domain: Domain;
  private readonly isTable: boolean;
  private readonly pending: PendingCommands;
  private readonly shadows: ShadowLru[] = [];
  /** List 0: free records. List 1: lost ones, most recent loss first. */
  private readonly lists = new SlotLists(2, FIRST_RECORDS);
  private lost = 0;
  /** The records lost to the host alone, by context: a guest command that comes later may still explain them. */
  private readonly robbed = new ContextLists();
  /** When a record was lost: the number of the command, counted from the first. */
  private lossNumber = new Uint32Array(FIRST_RECORDS);
  private losses = 0;

  constructor(contexts: ContextTable, domain: Domain, isTable: boolean, pending: PendingCommands) {
    this.keys = new KeyTable(FIRST_RECORDS, contexts);
    this.domain = domain;
    this.isTable = isTable;
    this.pending = pending;
    this.freeRecords(0, FIRST_RECORDS);
  }

  /** `shadow` follows the invalidations from here on. */
  attach(shadow: ShadowLru): void {
    this.shadows.push(shadow);
  }

  /**
   * The record that explains a miss on a page: the largest held one that translates it, else the one of its most recent
   * loss (of any size; of several lost to one command the largest), else NEVER.
   */
  find(low: number, high: number, context: number): number {
    const { keys, state, lossNumber } = this;
    const { sizes, sizesPresent } = keys;
    let latest = NEVER;
    for (let i = 0; i < sizesPresent; i++) {
      const size = sizes[i];
      const record = keys.findExact(low & LOW_MASK[size], highSizeOf(high & HIGH_MASK[size], size), context);
      if (record === EMPTY) continue;
      if (state[record] === RecordState.Held) return record;
      if (latest === NEVER || lossNumber[record] > lossNumber[latest]) latest = record;
    }
    return latest;
  }

  /** True if `shadow` has a held record of any size that translates the page. */
  isIn(shadow: ShadowLru, low: number, high: number, context: number): boolean {
    const { keys } = this;
    const { sizes, sizesPresent } = keys;
    for (let i = 0; i < sizesPresent; i++) {
      const size = sizes[i];
      const record = keys.findExact(low & LOW_MASK[size], highSizeOf(high & HIGH_MASK[size], size), context);
      if (record !== EMPTY && shadow.has(record)) return true;
    }
    return false;
  }

  /** True if records of more than one size are kept. */
  get hasSeveralSizes(): boolean {
    return this.keys.sizesPresent > 1;
  }

  /** The record of exactly the mapping of 2^sizeLog2 bytes that holds the page, or NEVER. */
  findSized(low: number, high: number, sizeLog2: number, context: number): number {
    return this.keys.findExact(low & LOW_MASK[sizeLog2], highSizeOf(high & HIGH_MASK[sizeLog2], sizeLog2), context);
  }

  /** The mapping of 2^sizeLog2 bytes that holds the page is filled now; returns its record. */
  hold(low: number, high: number, sizeLog2: number, context: number): number {
    return this.holdFound(this.findSized(low, high, sizeLog2, context), low, high, sizeLog2, context);
  }

  /** `hold` for whoever has just asked `find`, and was told `found`. */
  holdAfterFind(found: number, low: number, high: number, sizeLog2: number, context: number): number {
    const isExact = found === NEVER || this.keys.sizeLog2(found) === sizeLog2;
    return isExact ? this.holdFound(found, low, high, sizeLog2, context) : this.hold(low, high, sizeLog2, context);
  }

  private holdFound(found: number, low: number, high: number, sizeLog2: number, context: number): number {
    let record = found;
    if (record === NEVER) {
      if (this.lists.head[0] === EMPTY) this.grow();
      record = this.lists.head[0];
      this.lists.remove(0, record);
      this.keys.insert(record, low & LOW_MASK[sizeLog2], highSizeOf(high & HIGH_MASK[sizeLog2], sizeLog2), context);
    } else if (this.state[record] !== RecordState.Held) {
      this.forgetLoss(record);
      this.keys.list(record);
    }
    this.state[record] = RecordState.Held;
    return record;
  }

  /** Every held key that `scope` covers is lost, to the guest if one of its outstanding commands covers it. */
  invalidate(scope: Scope): void {
    const { keys, state } = this;
    const count = keys.collect(scope);
    this.losses++;
    for (let i = 0; i < count; i++) {
      const record = keys.covered[i];
      if (state[record] !== RecordState.Held) continue;
      const isWish = this.isGuestsWish(record);
      state[record] = isWish ? RecordState.LostToGuest : RecordState.LostToHost;
      if (!isWish) this.robbed.add(record, keys.context(record), this.groupOf(record));
      keys.unlist(record);
      for (const shadow of this.shadows) shadow.drop(record);
      this.lossNumber[record] = this.losses;
      this.lists.pushFront(1, record);
      if (++this.lost > LOST_RECORDS) this.forgetOldest();
    }
  }

  /** The guest publishes a command: what the host took before without being asked, it would now lose anyway. */
  condemn(scope: Scope): void {
    const { keys, state } = this;
    if (this.robbed.isEmpty || scope.domain !== this.domain || (this.isTable && scope.leafOnly)) return;
    const count = keys.collect(scope, this.robbed);
    for (let i = 0; i < count; i++) {
      const record = keys.covered[i];
      if (state[record] !== RecordState.LostToHost) continue;
      state[record] = RecordState.LostToGuest;
      this.robbed.remove(record, keys.context(record), this.groupOf(record));
    }
  }

  private groupOf(record: number): number {
    return this.keys.contexts.groupOf[this.keys.context(record)];
  }

  private isGuestsWish(record: number): boolean {
    const { keys } = this;
    const first = keys.basePage(record);
    const last = first + PAGES[keys.sizeLog2(record)] - 1;
    const { contexts } = keys;
    const group = contexts.group[this.groupOf(record)];
    const member = contexts.member[keys.context(record)];
    return this.pending.covers(this.domain, this.isTable, group, member, first, last);
  }

  private forgetOldest(): void {
    const record = this.lists.tail[1];
    this.forgetLoss(record);
    this.keys.forget(record);
    this.state[record] = RecordState.Free;
    this.lists.pushFront(0, record);
    this.forgotten++;
  }

  /** Take a lost record out of the lists of lost ones. */
  private forgetLoss(record: number): void {
    this.lists.remove(1, record);
    this.lost--;
    if (this.state[record] !== RecordState.LostToHost) return;
    this.robbed.remove(record, this.keys.context(record), this.groupOf(record));
  }

  private grow(): void {
    const from = this.state.length;
    const state = new Uint8Array(from * 2);
    state.set(this.state);
    this.state = state;
    const lossNumber = new Uint32Array(from * 2);
    lossNumber.set(this.lossNumber);
    this.lossNumber = lossNumber;
    this.keys.grow(from * 2);
    this.lists.growSlots(from * 2);
    this.freeRecords(from, from * 2);
  }

  private freeRecords(from: number, to: number): void {
    for (let record = to - 1; record >= from; record--) this.lists.pushFront(0, record);
  }
}
