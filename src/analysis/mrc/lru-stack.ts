/**
 * The LRU stack of all sizes at once: which position a page has, when pages leave holes behind.
 *
 * Source: facts M §5.2 O15, O16. A fully associative LRU cache of C entries holds exactly the pages at positions 1 … C of
 * one stack, whatever C is. An invalidated page leaves a hole: a free entry in every cache that is large enough to have
 * held it. The next access from below the topmost hole fills that hole and leaves a hole where it came from (none if it
 * came from nowhere); an access from above the hole leaves all holes alone.
 *
 * Layout: stack order is time order. `#owner[t]` is the page that was last used at time t, or a hole, or nothing; a
 * Fenwick tree counts pages and holes, so the position of a page is the number of marks not older than it. Times are
 * renumbered densely when they run out, which bounds memory by the deepest position in use, not by the number of
 * accesses. Pages are small integers (slots) that the caller gives out. All operations are O(log n), amortised.
 */
import { FenwickTree } from './fenwick-tree.js';

const NOTHING = -1;
const HOLE = -2;
const DEFAULT_TIMES = 1024;
const INITIAL_SLOTS = 1024;

/** Positions of pages in LRU order, with holes. */
export class LruStack {
  readonly #fewestTimes: number;
  #times: number;
  #now = 0;
  /** Pages and holes. */
  #marks = 0;
  #pages = 0;
  #tree: FenwickTree;
  #owner: Int32Array;
  #timeOf = new Int32Array(INITIAL_SLOTS);
  /** Times of the holes as a binary heap with the newest on top. */
  #holes = new Int32Array(INITIAL_SLOTS);
  #holeCount = 0;

  /** @param times fewest times between two renumberings; tests shrink it */
  constructor(times: number = DEFAULT_TIMES) {
    this.#fewestTimes = times;
    this.#times = times;
    this.#tree = new FenwickTree(times);
    this.#owner = new Int32Array(times).fill(NOTHING);
  }

  /** Pages in the stack. */
  get pages(): number {
    return this.#pages;
  }

  /** Access a page that is in the stack: returns its position (1 is the top) and moves it to the top. */
  reuse(page: number): number {
    let time = this.#timeOf[page];
    if (time === this.#now - 1) return 1;
    if (this.#now === this.#times) {
      this.#renumber();
      time = this.#timeOf[page];
    }
    const position = this.#marks - this.#tree.countBelow(time);
    if (this.#holeCount > 0 && this.#holes[0] > time) {
      this.#fillTopHole();
      this.#leaveHole(time);
    } else {
      this.#clearMark(time);
    }
    this.#markNow(page);
    return position;
  }

  /** Access a page that is not in the stack: it goes to the top. */
  insert(page: number): void {
    if (page >= this.#timeOf.length) this.#timeOf = grown(this.#timeOf, page + 1);
    if (this.#now === this.#times) this.#renumber();
    if (this.#holeCount > 0) this.#fillTopHole();
    this.#markNow(page);
    this.#pages++;
  }

  /** Invalidate a page that is in the stack: it leaves a hole. */
  remove(page: number): void {
    this.#pages--;
    if (this.#pages === 0) this.#reset();
    else this.#leaveHole(this.#timeOf[page]);
  }

  #markNow(page: number): void {
    const now = this.#now++;
    this.#owner[now] = page;
    this.#timeOf[page] = now;
    this.#tree.add(now, 1);
    this.#marks++;
  }

  #clearMark(time: number): void {
    this.#owner[time] = NOTHING;
    this.#tree.add(time, -1);
    this.#marks--;
  }

  /** The mark at `time` stays, but no page owns it any more. */
  #leaveHole(time: number): void {
    this.#owner[time] = HOLE;
    if (this.#holeCount === this.#holes.length) this.#holes = grown(this.#holes, this.#holeCount + 1);
    const holes = this.#holes;
    let at = this.#holeCount++;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (holes[parent] >= time) break;
      holes[at] = holes[parent];
      at = parent;
    }
    holes[at] = time;
  }

  #fillTopHole(): void {
    const holes = this.#holes;
    this.#clearMark(holes[0]);
    const count = --this.#holeCount;
    const moved = holes[count];
    let at = 0;
    for (let child = 1; child < count; child = 2 * at + 1) {
      if (child + 1 < count && holes[child + 1] > holes[child]) child++;
      if (holes[child] <= moved) break;
      holes[at] = holes[child];
      at = child;
    }
    holes[at] = moved;
  }

  /** An empty stack: holes below the last page hold nothing up. */
  #reset(): void {
    // Mark by mark, not the whole tree: a stack that is emptied often may once have been deep.
    for (let time = 0; time < this.#now; time++) {
      if (this.#owner[time] !== NOTHING) this.#clearMark(time);
    }
    this.#now = 0;
    this.#holeCount = 0;
  }

  /** Give pages and holes the times 0, 1, 2 … in their order; holes below the last page are forgotten. */
  #renumber(): void {
    const owner = this.#owner;
    let first = 0;
    while (owner[first] < 0) first++;
    let next = 0;
    let holes = 0;
    for (let time = first; time < this.#now; time++) {
      const page = owner[time];
      if (page === NOTHING) continue;
      owner[next] = page;
      if (page === HOLE) this.#holes[holes++] = next;
      else this.#timeOf[page] = next;
      next++;
    }
    // Descending order is a heap with the newest on top.
    this.#holes.subarray(0, holes).reverse();
    this.#holeCount = holes;
    owner.fill(NOTHING, next, this.#now);
    this.#now = next;
    this.#marks = next;
    // Half of the times free after each renumbering keeps its cost constant per access.
    let times = this.#fewestTimes;
    while (times < 2 * next) times *= 2;
    if (times !== this.#times) {
      this.#owner = new Int32Array(times).fill(NOTHING);
      this.#owner.set(owner.subarray(0, next));
      this.#times = times;
    }
    this.#tree.resetDense(times, next);
  }
}

function grown(column: Int32Array, needed: number): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(Math.max(needed, column.length * 2));
  larger.set(column);
  return larger;
}
