/**
 * QEMU's configuration cache: the decoded STE and CD of each stream, unbounded, driven by lookups and CFGI commands.
 *
 * Source: facts M §2.2 (CFGI rows, "Config cache"), traces/DETAILS.md "QEMU's IOTLB, exactly" item 7. A configuration
 * that says bypass or abort is cached like any other; one that cannot be decoded (a bad STE or CD) is not, so the next
 * lookup misses again.
 *
 * Layout: StreamIDs are numbered in order of appearance by an open-addressing table; `#cached[number]` is the cache.
 */
import { cfgiRangeOf, opcodeOf, sidOf } from '../../trace/command.js';
import { Opcode } from '../../trace/opcodes.js';

const EMPTY = -1;
const INITIAL_SLOTS = 64;

/** Predicts whether each translation finds its stream's configuration. */
export class ConfigCacheOracle {
  #sids = new Uint32Array(INITIAL_SLOTS / 2);
  #cached = new Uint8Array(INITIAL_SLOTS / 2);
  #numberOfSlot = new Int32Array(INITIAL_SLOTS).fill(EMPTY);
  #count = 0;

  /** Is the configuration of stream `sid` cached? */
  lookup(sid: number): boolean {
    return this.#cached[this.#numberOf(sid)] === 1;
  }

  /** The configuration of stream `sid` was decoded. */
  fill(sid: number): void {
    this.#cached[this.#numberOf(sid)] = 1;
  }

  /** Execute one guest command. A CFGI with SSEC set is illegal in QEMU and drops nothing. */
  execute(c0Low: number, c0High: number, c1Low: number): void {
    const opcode = opcodeOf(c0Low);
    if (opcode < Opcode.CFGI_STE || opcode > Opcode.CFGI_CD_ALL || (c0Low & 0x400) !== 0) return;
    const sid = sidOf(c0High);
    if (opcode === Opcode.CFGI_STE_RANGE) this.#drop(sid, 2 ** (cfgiRangeOf(c1Low) + 1));
    else this.#cached[this.#numberOf(sid)] = 0;
  }

  /** Drop the streams of the naturally aligned block of `length` that holds `sid`. */
  #drop(sid: number, length: number): void {
    const start = Math.floor(sid / length) * length;
    for (let number = 0; number < this.#count; number++) {
      const candidate = this.#sids[number];
      if (candidate >= start && candidate < start + length) this.#cached[number] = 0;
    }
  }

  #numberOf(sid: number): number {
    const mask = this.#numberOfSlot.length - 1;
    let slot = hashOf(sid) & mask;
    let number = this.#numberOfSlot[slot];
    while (number !== EMPTY) {
      if (this.#sids[number] === sid) return number;
      slot = (slot + 1) & mask;
      number = this.#numberOfSlot[slot];
    }
    if (this.#count === this.#sids.length) {
      this.#grow();
      return this.#numberOf(sid);
    }
    this.#sids[this.#count] = sid;
    this.#numberOfSlot[slot] = this.#count;
    return this.#count++;
  }

  #grow(): void {
    const sids = new Uint32Array(this.#sids.length * 2);
    const cached = new Uint8Array(sids.length);
    sids.set(this.#sids);
    cached.set(this.#cached);
    this.#sids = sids;
    this.#cached = cached;
    this.#numberOfSlot = new Int32Array(sids.length * 2).fill(EMPTY);
    const mask = this.#numberOfSlot.length - 1;
    for (let number = 0; number < this.#count; number++) {
      let slot = hashOf(sids[number]) & mask;
      while (this.#numberOfSlot[slot] !== EMPTY) slot = (slot + 1) & mask;
      this.#numberOfSlot[slot] = number;
    }
  }
}

function hashOf(sid: number): number {
  const hash = Math.imul(sid, 0x9e3779b1);
  return hash ^ (hash >>> 15);
}
