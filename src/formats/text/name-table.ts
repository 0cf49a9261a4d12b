/**
 * Words of a fixed vocabulary → small numbers, straight from bytes: a hash over the word and one comparison to be sure.
 */
import { ascii } from './line-cursor.js';

const SPACE = 0x20;
const MULTIPLIER = 31;

/** Vocabulary of event or command names. */
export class NameTable {
  /** End of the word that `lookup` read last. */
  wordEnd = 0;
  private readonly mask: number;
  private readonly hashes: Int32Array;
  /** Number of the name in a slot, -1 for an empty slot. */
  private readonly slots: Int16Array;
  private readonly names: Uint8Array[];

  /** `names[i]` is looked up as `i`. */
  constructor(names: readonly string[]) {
    const size = 2 ** Math.ceil(Math.log2(names.length * 4));
    this.mask = size - 1;
    this.hashes = new Int32Array(size);
    this.slots = new Int16Array(size).fill(-1);
    this.names = names.map(ascii);
    this.names.forEach((name, index) => {
      const hash = this.hash(name, 0, name.length);
      let slot = hash & this.mask;
      while (this.slots[slot] >= 0) slot = (slot + 1) & this.mask;
      this.slots[slot] = index;
      this.hashes[slot] = hash;
    });
  }

  /** Number of the word that starts at `from` and ends at a space or at `to`; -1 if it is not in the vocabulary. */
  lookup(bytes: Uint8Array, from: number, to: number): number {
    const hash = this.hash(bytes, from, to);
    let slot = hash & this.mask;
    for (let index = this.slots[slot]; index >= 0; index = this.slots[slot]) {
      if (this.hashes[slot] === hash && this.isWord(this.names[index], bytes, from)) return index;
      slot = (slot + 1) & this.mask;
    }
    return -1;
  }

  private hash(bytes: Uint8Array, from: number, to: number): number {
    let hash = 0;
    let at = from;
    while (at < to) {
      const byte = bytes[at];
      if (byte === SPACE) break;
      hash = (Math.imul(hash, MULTIPLIER) + byte) | 0;
      at++;
    }
    this.wordEnd = at;
    // The low bits alone hardly depend on the first letters.
    return hash ^ (hash >>> 15);
  }

  private isWord(name: Uint8Array, bytes: Uint8Array, from: number): boolean {
    if (name.length !== this.wordEnd - from) return false;
    for (let index = 0; index < name.length; index++) {
      if (bytes[from + index] !== name[index]) return false;
    }
    return true;
  }
}
