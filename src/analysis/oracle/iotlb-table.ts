/**
 * A hash table of translations under QEMU's key: ASID, VMID, first page, granule and level.
 *
 * Layout: entries 0 … size-1 are dense, one value per column, so that a scan is a plain loop. `heads[bucket]` starts a
 * chain through `next`; −1 ends it. Removal moves the last entry into the gap: scan downwards while removing.
 * Source: facts M §2.1 (key, levels). `level` is the table level, 0 … 3, that holds the descriptor; the class of an
 * entry is `tg * 4 + level`.
 */
import { PAGE_SHIFT } from '../../trace/units.js';

const NONE = -1;
const TWO_32 = 2 ** 32;
/** Number of classes: TG 0 (never stored) to 3, four levels each. */
const CLASSES = 16;

/** log2 of the bytes that an entry of class `tg * 4 + level` covers (4K granule: 12, 21, 30, 39 from level 3 up). */
export function sizeLog2OfClass(entryClass: number): number {
  const granuleLog2 = 10 + 2 * (entryClass >> 2);
  return granuleLog2 + (3 - (entryClass & 3)) * (granuleLog2 - 3);
}

/** 4 KiB pages per entry of each class. */
export const PAGES_OF_CLASS: Float64Array = Float64Array.from({ length: CLASSES }, (_, entryClass) =>
  entryClass < 4 ? 1 : 2 ** (sizeLog2OfClass(entryClass) - PAGE_SHIFT),
);

/** Translations by key. Knows nothing of capacity or commands. */
export class IotlbTable {
  size = 0;
  /** −1 in `asid` is a stage-2 entry, −1 in `vmid` an entry without VMID. */
  readonly asid: Int32Array;
  readonly vmid: Int32Array;
  /** First 4 KiB page that the entry covers. */
  readonly page: Float64Array;
  readonly entryClass: Uint8Array;
  /** Number of entries of each class; a lookup skips the classes that have none. */
  readonly countOfClass = new Int32Array(CLASSES);
  readonly #next: Int32Array;
  readonly #heads: Int32Array;
  readonly #bucketMask: number;

  /** @param capacity most entries that the table can hold */
  constructor(capacity: number) {
    this.asid = new Int32Array(capacity);
    this.vmid = new Int32Array(capacity);
    this.page = new Float64Array(capacity);
    this.entryClass = new Uint8Array(capacity);
    this.#next = new Int32Array(capacity);
    const buckets = 2 ** Math.ceil(Math.log2(capacity * 2));
    this.#heads = new Int32Array(buckets).fill(NONE);
    this.#bucketMask = buckets - 1;
  }

  /** Index of the entry with exactly this key, or −1. Valid until the next change. */
  find(asid: number, vmid: number, page: number, entryClass: number): number {
    let entry = this.#heads[this.#bucket(asid, vmid, page, entryClass)];
    while (entry !== NONE) {
      if (
        this.page[entry] === page &&
        this.asid[entry] === asid &&
        this.vmid[entry] === vmid &&
        this.entryClass[entry] === entryClass
      ) {
        return entry;
      }
      entry = this.#next[entry];
    }
    return NONE;
  }

  /** Insert a key that is not present. The caller keeps `size` below the capacity. */
  insert(asid: number, vmid: number, page: number, entryClass: number): void {
    const entry = this.size++;
    this.asid[entry] = asid;
    this.vmid[entry] = vmid;
    this.page[entry] = page;
    this.entryClass[entry] = entryClass;
    this.countOfClass[entryClass]++;
    const bucket = this.#bucket(asid, vmid, page, entryClass);
    this.#next[entry] = this.#heads[bucket];
    this.#heads[bucket] = entry;
  }

  /** Remove the entry at `index`; the last entry takes its place. */
  removeAt(index: number): void {
    this.countOfClass[this.entryClass[index]]--;
    this.#relink(index, this.#next[index]);
    const last = --this.size;
    if (index === last) return;
    this.#relink(last, index);
    this.asid[index] = this.asid[last];
    this.vmid[index] = this.vmid[last];
    this.page[index] = this.page[last];
    this.entryClass[index] = this.entryClass[last];
    this.#next[index] = this.#next[last];
  }

  /** Remove all entries. */
  clear(): void {
    this.size = 0;
    this.#heads.fill(NONE);
    this.countOfClass.fill(0);
  }

  /** Make whatever points to `entry` in its chain point to `target`. */
  #relink(entry: number, target: number): void {
    const bucket = this.#bucket(this.asid[entry], this.vmid[entry], this.page[entry], this.entryClass[entry]);
    let at = this.#heads[bucket];
    if (at === entry) {
      this.#heads[bucket] = target;
      return;
    }
    while (this.#next[at] !== entry) at = this.#next[at];
    this.#next[at] = target;
  }

  #bucket(asid: number, vmid: number, page: number, entryClass: number): number {
    // `| 0` takes the low 32 bits of a page number exactly; the division moves the high 20 bits down.
    let hash = Math.imul(page | 0, 0x9e3779b1) ^ Math.imul((page / TWO_32) | 0, 0x85ebca6b);
    hash ^= Math.imul(asid ^ (vmid << 16) ^ (entryClass << 8), 0xc2b2ae35);
    return (hash ^ (hash >>> 15)) & this.#bucketMask;
  }
}
