/** Distribution of small counts: every value is kept with how often it came, so that all of it is exact. */

/** Summary of one; percentiles are nearest ranks. */
export interface CountSummary {
  readonly count: number;
  readonly mean: number;
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
  /** `[value, how often]`, the least first. */
  readonly histogram: readonly (readonly [number, number])[];
}

/** Collects integers that are not negative; memory grows with the different ones. */
export class CountHistogram {
  private readonly times = new Map<number, number>();

  record(value: number): void {
    this.times.set(value, (this.times.get(value) ?? 0) + 1);
  }

  /** The distribution so far; all zero without values. */
  summary(): CountSummary {
    const histogram = [...this.times].sort(([a], [b]) => a - b);
    const count = histogram.reduce((sum, [, times]) => sum + times, 0);
    const sum = histogram.reduce((total, [value, times]) => total + value * times, 0);
    const ofPercent = (percent: number) => {
      let left = Math.ceil((percent * count) / 100);
      for (const [value, times] of histogram) {
        left -= times;
        if (left <= 0) return value;
      }
      return 0;
    };
    const max = histogram.at(-1)?.[0] ?? 0;
    return { count, mean: count === 0 ? 0 : sum / count, p50: ofPercent(50), p99: ofPercent(99), max, histogram };
  }
}
