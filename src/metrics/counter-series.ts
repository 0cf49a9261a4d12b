/**
 * Counters over trace time in at most 256 bins: when they are full, pairs become one and the bins are twice as wide.
 *
 * Cumulative values at the bins' ends are kept, so that nothing is lost by merging and the bins sum to the total exactly.
 */
import type { CounterSampler } from '../replay/probe.js';

/** Bins at most. */
export const MOST_BINS = 256;

/** Width of the first bins, ns. */
const FIRST_BIN_NS = 1024;

/** Samples counters at the ends of bins. */
export class CounterSeries implements CounterSampler {
  dueNs = Number.POSITIVE_INFINITY;
  startNs = 0;
  binNs = FIRST_BIN_NS;
  /** Bins that are complete. */
  private bins = 0;
  /** Cumulative counters at the start, and at the end of each bin. */
  private rows: number[][] = [];

  start(atNs: number, counters: readonly number[]): void {
    this.startNs = atNs;
    this.rows = [[...counters]];
    this.dueNs = atNs + this.binNs;
  }

  sample(atNs: number, counters: readonly number[]): void {
    while (atNs >= this.dueNs) {
      this.rows.push([...counters]);
      this.bins++;
      // What comes after the complete bins is one more.
      if (this.bins === MOST_BINS) this.widen();
      this.dueNs = this.startNs + (this.bins + 1) * this.binNs;
    }
  }

  /** What counter `index` rose by in each bin, the last one perhaps not full; `finals` are the counters at the end. */
  rises(index: number, finals: readonly number[]): number[] {
    const ends = [...this.rows.map((row) => row[index]), finals[index]];
    return ends.slice(1).map((end, bin) => end - ends[bin]);
  }

  private widen(): void {
    this.rows = this.rows.filter((_, end) => end % 2 === 0);
    this.bins = MOST_BINS / 2;
    this.binNs *= 2;
  }
}
