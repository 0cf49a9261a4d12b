/**
 * The course of one submission in time: which stage followed which, and for how long each lasted.
 *
 * Intervals follow each other without gap from the PROD write on, so their lengths sum to the latency. At most
 * `MOST_INTERVALS` are kept: when there are more, time is divided into parts of equal length, and intervals that begin and end
 * in one part are put together by stage, in the order in which the stages first appear there. Parts double in length until
 * that leaves room; since the parts of before lie within the new ones, nothing is ever moved out of its part.
 *
 * Layout: two parallel columns, written in place; nothing is allocated after construction.
 */
import { STAGES } from '../path/costs.js';

/** Intervals of one submission at most. */
export const MOST_INTERVALS = 256;

/** Parts into which the time so far is divided when there are too many intervals for the first time. */
const FIRST_PARTS = 64;

/** Intervals by stage, as indices into STAGES. */
export class StageCourse {
  /** Intervals so far. */
  count = 0;
  readonly stage = new Uint8Array(MOST_INTERVALS);
  readonly ns = new Float64Array(MOST_INTERVALS);
  /** Length of a part; 0: nothing has been put together. */
  private partNs = 0;
  /** Resolution of what was appended. */
  private appendedNs = 0;
  /** Index of the interval of each stage within the part that is put together; −1: it has none. */
  private readonly placeOfStage = new Int16Array(STAGES.length);

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

  /** `ns` more were spent on `stage`. */
  add(stage: number, ns: number): void {
    const { count } = this;
    if (ns === 0) return;
    if (count > 0 && this.stage[count - 1] === stage) {
      this.ns[count - 1] += ns;
      return;
    }
    if (count === MOST_INTERVALS) {
      this.coarsen();
      this.add(stage, ns);
      return;
    }
    this.stage[count] = stage;
    this.ns[count] = ns;
    this.count = count + 1;
  }

  /** What `other` has gone through follows. */
  append(other: StageCourse): void {
    for (let at = 0; at < other.count; at++) this.add(other.stage[at], other.ns[at]);
    this.appendedNs += other.resolutionNs;
  }

  /** Put intervals together until at most half of the room is taken. */
  private coarsen(): void {
    if (this.partNs === 0) {
      let totalNs = 0;
      for (let at = 0; at < this.count; at++) totalNs += this.ns[at];
      this.partNs = Math.ceil(totalNs / FIRST_PARTS);
    }
    this.putTogether();
    // A single part has at most one interval of each stage, and one that lasts beyond it.
    while (this.count > MOST_INTERVALS / 2) {
      this.partNs *= 2;
      this.putTogether();
    }
  }

  private putTogether(): void {
    const { stage, ns, placeOfStage, partNs, count } = this;
    let kept = 0;
    let atNs = 0;
    let part = -1;
    for (let from = 0; from < count; from++) {
      const oneStage = stage[from];
      const oneNs = ns[from];
      const ownPart = Math.floor(atNs / partNs);
      if (ownPart !== part) {
        placeOfStage.fill(-1);
        part = ownPart;
      }
      atNs += oneNs;
      const isWithin = atNs <= (part + 1) * partNs;
      if (isWithin && placeOfStage[oneStage] >= 0) {
        ns[placeOfStage[oneStage]] += oneNs;
        continue;
      }
      if (isWithin) placeOfStage[oneStage] = kept;
      stage[kept] = oneStage;
      ns[kept++] = oneNs;
    }
    this.count = kept;
  }
}
