/**
 * Which ways of each set are empty; the lowest is used first, so that the order in which ways became empty never matters
 * (O49).
 *
 * Layout: level 0 has one bit per way, each level above one bit per non-zero word of the level below, until one word per
 * set is left. Up to 32 ways are a single word; a fully associative structure of 2^20 entries has four levels.
 */
import { exactLog2, setOfSlot } from './set-of-slot.js';

const WORD_BITS = 32;

export class FreeWays {
  private readonly ways: number;
  private readonly shift: number;
  /** Words by level; the words of set s at level l start at s · wordsPerSet[l]. */
  private readonly levels: Int32Array[] = [];
  private readonly wordsPerSet: number[] = [];
  /** The last level: one word per set; and whether it is the only one. */
  private readonly top: Int32Array;
  private readonly isFlat: boolean;

  /** All ways of `sets` sets are empty. */
  constructor(sets: number, ways: number) {
    this.ways = ways;
    this.shift = exactLog2(ways);
    for (let bits = ways; this.levels.length === 0 || bits > 1; bits = Math.ceil(bits / WORD_BITS)) {
      const words = Math.ceil(bits / WORD_BITS);
      const level = new Int32Array(sets * words).fill(-1);
      const rest = bits % WORD_BITS;
      if (rest > 0) for (let set = 0; set < sets; set++) level[(set + 1) * words - 1] = (1 << rest) - 1;
      this.levels.push(level);
      this.wordsPerSet.push(words);
    }
    this.top = this.levels[this.levels.length - 1];
    this.isFlat = this.levels.length === 1;
  }

  /** True if every way of `set` is occupied. */
  isFull(set: number): boolean {
    return this.top[set] === 0;
  }

  /** Take the lowest empty way of a set that is not full; returns its slot, set · ways + way. */
  take(set: number): number {
    if (this.isFlat) {
      const word = this.top[set];
      this.top[set] = word & (word - 1);
      return set * this.ways + 31 - Math.clz32(word & -word);
    }
    let way = 0;
    for (let level = this.levels.length - 1; level >= 0; level--) {
      const word = this.levels[level][set * this.wordsPerSet[level] + way];
      way = way * WORD_BITS + 31 - Math.clz32(word & -word);
    }
    for (let level = 0, bit = way; level < this.levels.length; level++, bit = bit >>> 5) {
      const at = set * this.wordsPerSet[level] + (bit >>> 5);
      this.levels[level][at] &= ~(1 << (bit & 31));
      if (this.levels[level][at] !== 0) break;
    }
    return set * this.ways + way;
  }

  /** The occupied `slot` becomes empty. */
  give(slot: number): void {
    const set = setOfSlot(slot, this.ways, this.shift);
    let bit = slot - set * this.ways;
    if (this.isFlat) {
      this.top[set] |= 1 << bit;
      return;
    }
    for (let level = 0; level < this.levels.length; level++) {
      const at = set * this.wordsPerSet[level] + (bit >>> 5);
      const before = this.levels[level][at];
      this.levels[level][at] = before | (1 << (bit & 31));
      if (before !== 0) break;
      bit >>>= 5;
    }
  }
}
