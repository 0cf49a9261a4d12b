import { exactLog2, setOfSlot } from '../cache/set-of-slot.js';
import { SlotLists } from '../cache/slot-lists.js';
import type { ReplacementPolicy } from './policy.js';

/**
 * Least recently used: one list per set, most recent first. O(1) for any number of ways.
 * Textbook LRU: a fill counts as a use (gem5's `lru` does not do that, facts M §1.3).
 */
export class LruPolicy implements ReplacementPolicy {
  readonly notesHits = true;
  private readonly ways: number;
  private readonly shift: number;
  private readonly order: SlotLists;

  constructor(sets: number, ways: number) {
    this.ways = ways;
    this.shift = exactLog2(ways);
    this.order = new SlotLists(sets, sets * ways);
  }

  hit(slot: number): void {
    this.order.moveToFront(this.setOf(slot), slot);
  }

  fill(slot: number): void {
    this.order.pushFront(this.setOf(slot), slot);
  }

  drop(slot: number): void {
    this.order.remove(this.setOf(slot), slot);
  }

  victim(set: number): number {
    return this.order.tail[set];
  }

  private setOf(slot: number): number {
    return setOfSlot(slot, this.ways, this.shift);
  }
}
