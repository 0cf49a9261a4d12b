/**
 * Keys of numbered mappings, with a hash index for lookups and lists for invalidations.
 *
 * A key is (page number of the base, size, context). Layout: the key of slot s is cells 4s … 4s + 3, one cache line: low
 * half of the page number; high half (bits 19:0) and log2 of the size (bits 26:20); context; hash. `index` is an
 * open-addressing table of slot numbers (+1, 0 = free), at most half full, with backward-shift deletion. Slots are
 * numbered by the owner.
 *
 * Two ways lead to the entries of a range: through the index page by page, or along the list of the context; the shorter
 * one is taken, so that an invalidation costs O(entries removed + sizes present), not O(capacity).
 */

import { joinPage, LARGEST_LOG2, PAGES, pageHigh, pageLow } from '../page.js';
import { coversMember, Member, type Scope } from '../scope.js';
import { ContextLists } from './context-lists.js';
import type { ContextTable } from './context-table.js';
import { EMPTY } from './slot-lists.js';

const SIZE_SHIFT = 20;
const HIGH_BITS = 2 ** SIZE_SHIFT - 1;

/** Room for the slots of one `collect` at first. */
const FIRST_COVERED = 256;
const CELLS = 4;
const HIGH_SIZE = 1;
const CONTEXT = 2;
const HASH = 3;

/** High half and size of a key in one number. */
export const highSizeOf = (high: number, sizeLog2: number): number => (high & HIGH_BITS) | (sizeLog2 << SIZE_SHIFT);
export class KeyTable {
  /** Slots found by the last `collect`: rows 0 … its return value − 1. */
  covered: Int32Array;
  readonly contexts: ContextTable;
  /** Sizes (log2) of the indexed keys, largest first: the order in which a lookup tries them (QEMU, M §2.1). */
  readonly sizes = new Uint8Array(LARGEST_LOG2 + 1);
  /** How many rows of `sizes` are valid. */
  sizesPresent = 0;
  private readonly lists: ContextLists;
  private cells: Int32Array;
  private index: Int32Array;
  private readonly countBySize = new Int32Array(LARGEST_LOG2 + 1);
  private found = 0;
  /** Keys put into the index and taken out so far. */
  private indexChanges = 0;
  /** The last `findAgain`: its key, its result, and what `indexChanges` was. */
  private againLow = 0;
  private againHighSize = 0;
  private againContext = 0;
  private again = EMPTY;
  private againChanges = -1;

  constructor(slots: number, contexts: ContextTable) {
    this.contexts = contexts;
    this.cells = new Int32Array(slots * CELLS);
    this.covered = new Int32Array(Math.min(slots, FIRST_COVERED));
    this.index = new Int32Array(indexLength(slots));
    this.lists = new ContextLists();
  }

  /** log2 of the size of the key in `slot`. */
  sizeLog2(slot: number): number {
    return this.cells[slot * CELLS + HIGH_SIZE] >>> SIZE_SHIFT;
  }

  /** Page number of the base of the key in `slot`, and its halves. */
  basePage(slot: number): number {
    return joinPage(this.baseLow(slot), this.baseHigh(slot));
  }

  baseLow(slot: number): number {
    return this.cells[slot * CELLS];
  }

  baseHigh(slot: number): number {
    return this.cells[slot * CELLS + HIGH_SIZE] & HIGH_BITS;
  }

  /** Context of the key in `slot`. */
  context(slot: number): number {
    return this.cells[slot * CELLS + CONTEXT];
  }

  /** Slot of exactly this key, or EMPTY. */
  findExact(low: number, highSize: number, context: number): number {
    const { index, cells } = this;
    const mask = index.length - 1;
    let at = hashOf(low, highSize, context) & mask;
    for (;;) {
      const slot = index[at] - 1;
      if (slot < 0) return EMPTY;
      const cell = slot * CELLS;
      if (cells[cell] === low && cells[cell + HIGH_SIZE] === highSize && cells[cell + CONTEXT] === context) return slot;
      at = (at + 1) & mask;
    }
  }

  /** `findExact` for keys that are mostly those of the call before. */
  findAgain(low: number, highSize: number, context: number): number {
    const isSame = low === this.againLow && highSize === this.againHighSize && context === this.againContext;
    if (isSame && this.indexChanges === this.againChanges) return this.again;
    this.againLow = low;
    this.againHighSize = highSize;
    this.againContext = context;
    this.againChanges = this.indexChanges;
    this.again = this.findExact(low, highSize, context);
    return this.again;
  }

  /** Put a key that is not in the table into an unused `slot`, and list it. */
  insert(slot: number, low: number, highSize: number, context: number): void {
    const cell = slot * CELLS;
    this.cells[cell] = low;
    this.cells[cell + HIGH_SIZE] = highSize;
    this.cells[cell + CONTEXT] = context;
    this.cells[cell + HASH] = hashOf(low, highSize, context);
    const size = highSize >>> SIZE_SHIFT;
    this.indexChanges++;
    if (this.countBySize[size]++ === 0) this.addSize(size);
    this.place(slot);
    this.list(slot);
  }

  /** Take the key of `slot` out of index and lists. */
  remove(slot: number): void {
    this.unlist(slot);
    this.forget(slot);
  }

  /** Make an indexed key visible to `collect`. */
  list(slot: number): void {
    const context = this.context(slot);
    this.lists.add(slot, context, this.contexts.groupOf[context]);
  }

  /** Undo `list`; the key stays in the index. */
  unlist(slot: number): void {
    const context = this.context(slot);
    this.lists.remove(slot, context, this.contexts.groupOf[context]);
  }

  /** Take an unlisted key out of the index. */
  forget(slot: number): void {
    const { index, cells } = this;
    const size = this.sizeLog2(slot);
    this.indexChanges++;
    if (--this.countBySize[size] === 0) this.removeSize(size);
    const mask = index.length - 1;
    let hole = cells[slot * CELLS + HASH] & mask;
    while (index[hole] !== slot + 1) hole = (hole + 1) & mask;
    let at = hole;
    for (;;) {
      at = (at + 1) & mask;
      const other = index[at];
      if (other === 0) break;
      const home = cells[(other - 1) * CELLS + HASH] & mask;
      if (((at - home) & mask) >= ((at - hole) & mask)) {
        index[hole] = other;
        hole = at;
      }
    }
    index[hole] = 0;
  }

  /**
   * Put the slots of all listed keys that `scope` covers into `covered`; returns how many. With `lists` given, those of
   * another set of lists over the same slots; slots that are in neither may be among them.
   */
  collect(scope: Scope, lists: ContextLists = this.lists): number {
    this.found = 0;
    const { contexts } = this;
    if (scope.firstGroup !== scope.lastGroup) {
      for (let group = lists.firstGroup(); group !== EMPTY; group = lists.nextGroup(group)) {
        const value = contexts.group[group];
        if (value >= scope.firstGroup && value <= scope.lastGroup) this.collectGroup(lists, group, scope);
      }
    } else if (scope.member > Member.Present) {
      const context = scope.contextIn(contexts);
      if (context !== EMPTY) this.collectContext(lists, context, scope);
    } else {
      const group = contexts.findGroup(scope.firstGroup);
      if (group !== EMPTY) this.collectGroup(lists, group, scope);
    }
    return this.found;
  }

  private collectGroup(lists: ContextLists, group: number, scope: Scope): void {
    for (let context = lists.firstContext(group); context !== EMPTY; context = lists.nextContext(context)) {
      if (coversMember(scope.member, this.contexts.member[context])) this.collectContext(lists, context, scope);
    }
  }

  private collectContext(lists: ContextLists, context: number, scope: Scope): void {
    const entries = lists.size(context);
    if (entries === 0) return;
    const first = scope.firstPage;
    const last = scope.lastPage;
    if (this.probesOf(first, last) < entries) {
      this.probeRange(context, first, last);
      return;
    }
    for (let slot = lists.first(context); slot !== EMPTY; slot = lists.next(slot)) {
      const base = this.basePage(slot);
      if (base > last || base + PAGES[this.sizeLog2(slot)] <= first) continue;
      this.cover(slot);
    }
  }

  private cover(slot: number): void {
    if (this.found === this.covered.length) this.covered = wider(this.covered, this.found * 2);
    this.covered[this.found++] = slot;
  }

  /** Index probes that `probeRange` would make. */
  private probesOf(first: number, last: number): number {
    if (first === last) return this.sizesPresent;
    let probes = 0;
    for (let i = 0; i < this.sizesPresent; i++) {
      const pages = PAGES[this.sizes[i]];
      probes += Math.floor(last / pages) - Math.floor(first / pages) + 1;
    }
    return probes;
  }

  private probeRange(context: number, first: number, last: number): void {
    for (let i = 0; i < this.sizesPresent; i++) {
      const size = this.sizes[i];
      const pages = PAGES[size];
      for (let base = Math.floor(first / pages) * pages; base <= last; base += pages) {
        const slot = this.findExact(pageLow(base), highSizeOf(pageHigh(base), size), context);
        if (slot !== EMPTY) this.cover(slot);
      }
    }
  }

  /** Make room for slots `0 … slots − 1`. */
  grow(slots: number): void {
    this.cells = wider(this.cells, slots * CELLS);
    const old = this.index;
    this.index = new Int32Array(indexLength(slots));
    for (let at = 0; at < old.length; at++) if (old[at] !== 0) this.place(old[at] - 1);
  }

  private place(slot: number): void {
    const { index } = this;
    const mask = index.length - 1;
    let at = this.cells[slot * CELLS + HASH] & mask;
    while (index[at] !== 0) at = (at + 1) & mask;
    index[at] = slot + 1;
  }

  private addSize(size: number): void {
    let at = this.sizesPresent++;
    for (; at > 0 && this.sizes[at - 1] < size; at--) this.sizes[at] = this.sizes[at - 1];
    this.sizes[at] = size;
  }

  private removeSize(size: number): void {
    const at = this.sizes.indexOf(size);
    this.sizes.copyWithin(at, at + 1, this.sizesPresent--);
  }
}

/** A power of two that keeps the index at most half full. */
function indexLength(slots: number): number {
  return 2 ** Math.ceil(Math.log2(Math.max(8, slots * 2)));
}

function wider(column: Int32Array, length: number): Int32Array {
  const copy = new Int32Array(length);
  copy.set(column);
  return copy;
}

function hashOf(low: number, highSize: number, context: number): number {
  const mixed = Math.imul(low ^ Math.imul(highSize, 0x85ebca6b) ^ Math.imul(context, 0xc2b2ae35), 0x9e3779b1);
  return mixed ^ (mixed >>> 15);
}
