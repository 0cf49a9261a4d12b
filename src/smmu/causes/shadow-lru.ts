/**
 * The yardstick that tells conflict from capacity misses: a fully associative LRU of the same number of entries, with the
 * same accesses and invalidations as the structure beside it. Holds record numbers of the Mappings of that structure, not keys.
 *
 * Layout: node n holds record[n]; nodeOf[r] is the node of record r plus one, 0 = not held.
 */
import { SlotLists } from '../cache/slot-lists.js';

export class ShadowLru {
  private readonly entries: number;
  private readonly record: Int32Array;
  private readonly order: SlotLists;
  /** Nodes 0 … used − 1 have been handed out at least once. */
  private used = 0;
  /** Nodes given back by `drop`, last first. */
  private readonly spare: Int32Array;
  private spares = 0;
  private nodeOf = new Int32Array(0);

  constructor(entries: number) {
    this.entries = entries;
    this.record = new Int32Array(entries);
    this.spare = new Int32Array(entries);
    this.order = new SlotLists(1, entries);
  }

  has(record: number): boolean {
    return record < this.nodeOf.length && this.nodeOf[record] !== 0;
  }

  /** The record is used now: it becomes the most recent, and the least recent goes if there is no room. */
  touch(record: number): void {
    if (record >= this.nodeOf.length) this.grow(record + 1);
    const held = this.nodeOf[record] - 1;
    if (held >= 0) {
      this.order.moveToFront(0, held);
      return;
    }
    const node = this.takeNode();
    this.record[node] = record;
    this.nodeOf[record] = node + 1;
    this.order.pushFront(0, node);
  }

  /** The record is invalidated. */
  drop(record: number): void {
    if (!this.has(record)) return;
    const node = this.nodeOf[record] - 1;
    this.nodeOf[record] = 0;
    this.order.remove(0, node);
    this.spare[this.spares++] = node;
  }

  private takeNode(): number {
    if (this.spares > 0) return this.spare[--this.spares];
    if (this.used < this.entries) return this.used++;
    const oldest = this.order.tail[0];
    this.nodeOf[this.record[oldest]] = 0;
    this.order.remove(0, oldest);
    return oldest;
  }

  private grow(records: number): void {
    const wider = new Int32Array(Math.max(records, this.nodeOf.length * 2, 256));
    wider.set(this.nodeOf);
    this.nodeOf = wider;
  }
}
