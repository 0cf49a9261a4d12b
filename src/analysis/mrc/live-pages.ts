/**
 * Every translation that has been used and not invalidated since: what an infinite TLB would hold.
 *
 * A translation is (context, page or block at its own size). It has a slot, a small integer that is reused after removal.
 *
 * Layout: columns indexed by slot. `#heads[bucket]` starts a chain through `#nextInBucket`. The slots of one context form
 * a doubly linked list (`#newest[context]`, `#older`, `#newer`); free slots are chained through `#nextInBucket`. Columns
 * double when full, so memory follows the largest number of live translations.
 */
import { PAGE_SHIFT } from '../../trace/units.js';

const NONE = -1;
const INITIAL_SLOTS = 1024;
const TWO_32 = 2 ** 32;
/** Sizes are log2 bytes, 12 … 63; counts per context and size sit at `context * SIZES + size`. */
const SIZES = 64;

/** Live translations by context, page and size. */
export class LivePages {
  /** Called with the slot of each translation that an invalidation removes. */
  readonly #onRemove: (slot: number) => void;
  #context = new Int32Array(INITIAL_SLOTS);
  #page = new Float64Array(INITIAL_SLOTS);
  #sizeLog2 = new Uint8Array(INITIAL_SLOTS);
  #nextInBucket = new Int32Array(INITIAL_SLOTS);
  #older = new Int32Array(INITIAL_SLOTS);
  #newer = new Int32Array(INITIAL_SLOTS);
  #heads = new Int32Array(INITIAL_SLOTS * 2).fill(NONE);
  #used = 0;
  #free = NONE;
  #newest = new Int32Array(16).fill(NONE);
  #liveOfContext = new Int32Array(16);
  #liveOfSize = new Int32Array(16 * SIZES);

  /** @param onRemove told of every slot that an invalidation frees, before the slot is reused */
  constructor(onRemove: (slot: number) => void) {
    this.#onRemove = onRemove;
  }

  /** Slot of exactly this page of `2^sizeLog2` bytes, or −1. `page` is its first 4 KiB page. */
  find(context: number, page: number, sizeLog2: number): number {
    let slot = this.#heads[this.#bucket(context, page, sizeLog2)];
    while (slot !== NONE) {
      if (this.#page[slot] === page && this.#context[slot] === context && this.#sizeLog2[slot] === sizeLog2)
        return slot;
      slot = this.#nextInBucket[slot];
    }
    return NONE;
  }

  /** Slot of the largest live page or block that covers 4 KiB page `page`, or −1. */
  findCovering(context: number, page: number): number {
    if (context >= this.#newest.length || this.#liveOfContext[context] === 0) return NONE;
    for (let sizeLog2 = SIZES - 1; sizeLog2 >= PAGE_SHIFT; sizeLog2--) {
      if (this.#liveOfSize[context * SIZES + sizeLog2] === 0) continue;
      const slot = this.find(context, firstPageOf(page, sizeLog2), sizeLog2);
      if (slot !== NONE) return slot;
    }
    return NONE;
  }

  /** Add a translation that `find` does not know; returns its slot. */
  add(context: number, page: number, sizeLog2: number): number {
    if (this.#free === NONE && this.#used === this.#page.length) this.#growSlots();
    while (context >= this.#newest.length) this.#growContexts();
    const slot = this.#free === NONE ? this.#used++ : this.#free;
    if (slot === this.#free) this.#free = this.#nextInBucket[slot];
    this.#context[slot] = context;
    this.#page[slot] = page;
    this.#sizeLog2[slot] = sizeLog2;
    this.#chain(slot);
    const previous = this.#newest[context];
    this.#older[slot] = previous;
    this.#newer[slot] = NONE;
    if (previous !== NONE) this.#newer[previous] = slot;
    this.#newest[context] = slot;
    this.#liveOfContext[context]++;
    this.#liveOfSize[context * SIZES + sizeLog2]++;
    return slot;
  }

  /** Remove all translations of `context`. */
  removeContext(context: number): void {
    if (context >= this.#newest.length) return;
    while (this.#newest[context] !== NONE) this.#remove(this.#newest[context]);
  }

  /** Remove every translation of `context` that overlaps the `pages` 4 KiB pages from `first`. */
  removeRange(context: number, first: number, pages: number): void {
    if (context >= this.#newest.length || this.#liveOfContext[context] === 0) return;
    if (this.#probesOf(context, pages) > this.#liveOfContext[context]) this.#sweep(context, first, pages);
    else this.#probe(context, first, pages);
  }

  /** Keys that `#probe` would look up, at most. */
  #probesOf(context: number, pages: number): number {
    let probes = 0;
    for (let sizeLog2 = PAGE_SHIFT; sizeLog2 < SIZES; sizeLog2++) {
      if (this.#liveOfSize[context * SIZES + sizeLog2] > 0) probes += pages / 2 ** (sizeLog2 - PAGE_SHIFT) + 1;
    }
    return probes;
  }

  #probe(context: number, first: number, pages: number): void {
    for (let sizeLog2 = PAGE_SHIFT; sizeLog2 < SIZES; sizeLog2++) {
      if (this.#liveOfSize[context * SIZES + sizeLog2] === 0) continue;
      const step = 2 ** (sizeLog2 - PAGE_SHIFT);
      for (let page = firstPageOf(first, sizeLog2); page < first + pages; page += step) {
        const slot = this.find(context, page, sizeLog2);
        if (slot !== NONE) this.#remove(slot);
      }
    }
  }

  #sweep(context: number, first: number, pages: number): void {
    let slot = this.#newest[context];
    while (slot !== NONE) {
      const older = this.#older[slot];
      const start = this.#page[slot];
      if (start < first + pages && first < start + 2 ** (this.#sizeLog2[slot] - PAGE_SHIFT)) this.#remove(slot);
      slot = older;
    }
  }

  #remove(slot: number): void {
    const context = this.#context[slot];
    const older = this.#older[slot];
    const newer = this.#newer[slot];
    if (older !== NONE) this.#newer[older] = newer;
    if (newer === NONE) this.#newest[context] = older;
    else this.#older[newer] = older;
    this.#liveOfContext[context]--;
    this.#liveOfSize[context * SIZES + this.#sizeLog2[slot]]--;
    this.#unchain(slot);
    this.#nextInBucket[slot] = this.#free;
    this.#free = slot;
    this.#onRemove(slot);
  }

  #chain(slot: number): void {
    const bucket = this.#bucket(this.#context[slot], this.#page[slot], this.#sizeLog2[slot]);
    this.#nextInBucket[slot] = this.#heads[bucket];
    this.#heads[bucket] = slot;
  }

  #unchain(slot: number): void {
    const bucket = this.#bucket(this.#context[slot], this.#page[slot], this.#sizeLog2[slot]);
    let at = this.#heads[bucket];
    if (at === slot) {
      this.#heads[bucket] = this.#nextInBucket[slot];
      return;
    }
    while (this.#nextInBucket[at] !== slot) at = this.#nextInBucket[at];
    this.#nextInBucket[at] = this.#nextInBucket[slot];
  }

  #bucket(context: number, page: number, sizeLog2: number): number {
    // `| 0` takes the low 32 bits of a page number exactly; the division moves the high 20 bits down.
    let hash = Math.imul(page | 0, 0x9e3779b1) ^ Math.imul((page / TWO_32) | 0, 0x85ebca6b);
    hash ^= Math.imul((context << 6) ^ sizeLog2, 0xc2b2ae35);
    return (hash ^ (hash >>> 15)) & (this.#heads.length - 1);
  }

  /** Double the slots. Called only when no slot is free, so every one is in a chain. */
  #growSlots(): void {
    const slots = this.#page.length * 2;
    this.#context = grown(this.#context, slots);
    this.#nextInBucket = grown(this.#nextInBucket, slots);
    this.#older = grown(this.#older, slots);
    this.#newer = grown(this.#newer, slots);
    const page = new Float64Array(slots);
    const sizeLog2 = new Uint8Array(slots);
    page.set(this.#page);
    sizeLog2.set(this.#sizeLog2);
    this.#page = page;
    this.#sizeLog2 = sizeLog2;
    this.#heads = new Int32Array(slots * 2).fill(NONE);
    for (let slot = 0; slot < this.#used; slot++) this.#chain(slot);
  }

  #growContexts(): void {
    const { length } = this.#newest;
    this.#newest = grown(this.#newest, length * 2).fill(NONE, length);
    this.#liveOfContext = grown(this.#liveOfContext, length * 2);
    this.#liveOfSize = grown(this.#liveOfSize, length * 2 * SIZES);
  }
}

/** First 4 KiB page of the naturally aligned block of `2^sizeLog2` bytes that holds `page`. */
export function firstPageOf(page: number, sizeLog2: number): number {
  const pages = 2 ** (sizeLog2 - PAGE_SHIFT);
  return Math.floor(page / pages) * pages;
}

function grown(column: Int32Array, length: number): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(length);
  larger.set(column);
  return larger;
}
