import { exactLog2, setOfSlot } from '../cache/set-of-slot.js';
import { SlotLists } from '../cache/slot-lists.js';
import type { ReplacementPolicy } from './policy.js';

const VALUES = 4;
const DISTANT = VALUES - 1;
const LONG = VALUES - 2;

/**
 * Static re-reference interval prediction with two bits (the policy that the MMU-700 TRM names for its walk cache, facts
 * M §3.1): a fill is predicted `long` (2), a hit `near` (0), the victim is one predicted `distant` (3); if there is none,
 * all predictions of the set age together. Among equals the one that has had its prediction longest goes.
 *
 * Layout: set s has four lists, one per prediction. Ageing rotates which list stands for which prediction (`base`), so
 * that every operation is O(1) for any number of ways.
 */
export class RripPolicy implements ReplacementPolicy {
  readonly notesHits = true;
  private readonly ways: number;
  private readonly shift: number;
  private readonly lists: SlotLists;
  /** Which of a set's four lists holds a slot. */
  private readonly bucket: Uint8Array;
  /** Prediction v of set s is list (v + base[s]) mod 4. */
  private readonly base: Uint8Array;

  constructor(sets: number, ways: number) {
    this.ways = ways;
    this.shift = exactLog2(ways);
    this.lists = new SlotLists(sets * VALUES, sets * ways);
    this.bucket = new Uint8Array(sets * ways);
    this.base = new Uint8Array(sets);
  }

  hit(slot: number): void {
    const set = setOfSlot(slot, this.ways, this.shift);
    const near = this.base[set];
    const bucket = this.bucket[slot];
    const list = set * VALUES + near;
    if (bucket === near) {
      this.lists.moveToFront(list, slot);
      return;
    }
    this.lists.remove(set * VALUES + bucket, slot);
    this.bucket[slot] = near;
    this.lists.pushFront(list, slot);
  }

  fill(slot: number): void {
    this.put(slot, LONG);
  }

  drop(slot: number): void {
    const set = setOfSlot(slot, this.ways, this.shift);
    this.lists.remove(set * VALUES + this.bucket[slot], slot);
  }

  victim(set: number): number {
    let value = DISTANT;
    while (this.oldest(set, value) < 0) value--;
    const slot = this.oldest(set, value);
    this.base[set] = (this.base[set] - (DISTANT - value)) & DISTANT;
    return slot;
  }

  private oldest(set: number, value: number): number {
    return this.lists.tail[set * VALUES + ((value + this.base[set]) & DISTANT)];
  }

  private put(slot: number, value: number): void {
    const set = setOfSlot(slot, this.ways, this.shift);
    const bucket = (value + this.base[set]) & DISTANT;
    this.bucket[slot] = bucket;
    this.lists.pushFront(set * VALUES + bucket, slot);
  }
}
