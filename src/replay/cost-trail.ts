/**
 * The course of one submission in time: which cost followed which, and how long each took.
 *
 * Intervals follow each other without gap from the PROD write on, so their lengths sum to the latency. At most
 * `MOST_INTERVALS` are kept: when there are more, time is divided into parts of equal length, and intervals that begin and end
 * in one part are put together by cost, in the order in which the costs first appear there. Parts double in length until
 * that leaves room; since the parts of before lie within the new ones, nothing is ever moved out of its part. What a cost
 * took in all is exact always.
 *
 * Layout: two parallel columns, written in place; nothing is allocated after construction.
 */
import { MOST_COSTS } from '../strategies/path/own-times.js';

/** Intervals of one submission at most. */
export const MOST_INTERVALS = 256;

/** Parts into which the time so far is divided when there are too many intervals for the first time. */
const FIRST_PARTS = 64;

/** Intervals by cost id (see strategies/path/costs.ts). */
export class CostTrail {
  /** Intervals so far. */
  count = 0;
  readonly cost = new Uint8Array(MOST_INTERVALS);
  readonly ns = new Float64Array(MOST_INTERVALS);
  /** Length of a part; 0: nothing has been put together. */
  private partNs = 0;
  /** Coarsest resolution of what was appended. */
  private appendedNs = 0;
  /** Index of the interval of each cost within the part that is put together; −1: it has none. */
  private readonly placeOfCost = new Int16Array(MOST_COSTS);

  /** The most by which a begin or end has been moved because intervals were put together; 0: none were. */
  get resolutionNs(): number {
    return this.partNs + this.appendedNs;
  }

  /** Begin again, at the PROD write. */
  clear(): void {
    this.count = 0;
    this.partNs = 0;
    this.appendedNs = 0;
  }

  /** `ns` more were spent on `cost`. */
  add(cost: number, ns: number): void {
    if (ns === 0) return;
    const last = this.count - 1;
    if (last >= 0 && this.cost[last] === cost) {
      this.ns[last] += ns;
      return;
    }
    if (this.count === MOST_INTERVALS) this.coarsen();
    const at = this.count++;
    this.cost[at] = cost;
    this.ns[at] = ns;
  }

  /** What `other` has gone through follows. */
  append(other: CostTrail): void {
    const { count, cost, ns } = other;
    // What is off in there is off within its own length, which is exact.
    if (other.resolutionNs > this.appendedNs) this.appendedNs = other.resolutionNs;
    if (count === 0) return;
    this.add(cost[0], ns[0]);
    if (other.resolutionNs > 0 || this.count + count > MOST_INTERVALS) {
      for (let at = 1; at < count; at++) this.add(cost[at], ns[at]);
      return;
    }
    // Neighbours in there are of different costs, and of those here only the first could join the last one before.
    const { cost: ownCost, ns: ownNs } = this;
    let to = this.count;
    for (let at = 1; at < count; at++, to++) {
      ownCost[to] = cost[at];
      ownNs[to] = ns[at];
    }
    this.count = to;
  }

  /** Add what each cost took to its row of `spentNs`. */
  addTo(spentNs: Float64Array): void {
    const { count, cost, ns } = this;
    for (let at = 0; at < count; at++) spentNs[cost[at]] += ns[at];
  }

  /** What `cost` took in all. */
  spentOn(cost: number): number {
    let sum = 0;
    for (let at = 0; at < this.count; at++) if (this.cost[at] === cost) sum += this.ns[at];
    return sum;
  }

  /** Put intervals together until at most half of the room is taken. */
  private coarsen(): void {
    if (this.partNs === 0) {
      let totalNs = 0;
      for (let at = 0; at < this.count; at++) totalNs += this.ns[at];
      this.partNs = Math.ceil(totalNs / FIRST_PARTS);
    }
    this.putTogether();
    // A single part has at most one interval of each cost, and one that lasts beyond it.
    while (this.count > MOST_INTERVALS / 2) {
      this.partNs *= 2;
      this.putTogether();
    }
  }

  private putTogether(): void {
    const { cost, ns, placeOfCost, partNs, count } = this;
    let kept = 0;
    let atNs = 0;
    let part = -1;
    for (let from = 0; from < count; from++) {
      const oneCost = cost[from];
      const oneNs = ns[from];
      const ownPart = Math.floor(atNs / partNs);
      if (ownPart !== part) {
        placeOfCost.fill(-1);
        part = ownPart;
      }
      atNs += oneNs;
      const isWithin = atNs <= (part + 1) * partNs;
      if (isWithin && placeOfCost[oneCost] >= 0) {
        ns[placeOfCost[oneCost]] += oneNs;
        continue;
      }
      if (isWithin) placeOfCost[oneCost] = kept;
      cost[kept] = oneCost;
      ns[kept++] = oneNs;
    }
    this.count = kept;
  }
}
