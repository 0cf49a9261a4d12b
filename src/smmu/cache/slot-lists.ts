/**
 * Doubly linked lists over numbered slots, all in typed arrays: every slot is in at most one list at a time.
 *
 * Layout: list l runs from head[l] along next[slot] to tail[l]; EMPTY (−1) ends it in both directions.
 * Contract: a slot is removed from the list it was pushed to before it is pushed again; the caller keeps track of which
 * list that is. Every operation but `grow…` is O(1) and allocates nothing.
 */
export const EMPTY = -1;

export class SlotLists {
  head: Int32Array;
  tail: Int32Array;
  next: Int32Array;
  prev: Int32Array;

  constructor(lists: number, slots: number) {
    this.head = new Int32Array(lists).fill(EMPTY);
    this.tail = new Int32Array(lists).fill(EMPTY);
    this.next = new Int32Array(slots).fill(EMPTY);
    this.prev = new Int32Array(slots).fill(EMPTY);
  }

  pushFront(list: number, slot: number): void {
    const first = this.head[list];
    this.next[slot] = first;
    this.prev[slot] = EMPTY;
    this.head[list] = slot;
    if (first === EMPTY) this.tail[list] = slot;
    else this.prev[first] = slot;
  }

  remove(list: number, slot: number): void {
    const before = this.prev[slot];
    const after = this.next[slot];
    if (before === EMPTY) this.head[list] = after;
    else this.next[before] = after;
    if (after === EMPTY) this.tail[list] = before;
    else this.prev[after] = before;
  }

  moveToFront(list: number, slot: number): void {
    const { head, next, prev } = this;
    const first = head[list];
    if (first === slot) return;
    const before = prev[slot];
    const after = next[slot];
    next[before] = after;
    if (after === EMPTY) this.tail[list] = before;
    else prev[after] = before;
    next[slot] = first;
    prev[slot] = EMPTY;
    prev[first] = slot;
    head[list] = slot;
  }

  /** Make room for lists `0 … lists − 1`. */
  growLists(lists: number): void {
    this.head = grown(this.head, lists);
    this.tail = grown(this.tail, lists);
  }

  /** Make room for slots `0 … slots − 1`. */
  growSlots(slots: number): void {
    this.next = grown(this.next, slots);
    this.prev = grown(this.prev, slots);
  }
}

/** A copy of `column` with at least `length` rows, new ones EMPTY; `column` itself if it is long enough. */
function grown(column: Int32Array, length: number): Int32Array {
  if (length <= column.length) return column;
  const wider = new Int32Array(Math.max(length, column.length * 2)).fill(EMPTY);
  wider.set(column);
  return wider;
}
