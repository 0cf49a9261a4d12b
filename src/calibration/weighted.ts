/** Quantiles of values that stand for several measurements each. */

/** A value and how many measurements have it. */
export interface Weighted {
  readonly value: number;
  readonly count: number;
}

/** Smallest value that at least the share `p` of the measurements do not exceed; NaN of none. */
export function weightedQuantile(values: readonly Weighted[], p: number): number {
  const sorted = [...values].sort((a, b) => a.value - b.value);
  const total = sorted.reduce((sum, { count }) => sum + count, 0);
  let seen = 0;
  for (const { value, count } of sorted) {
    seen += count;
    if (seen >= p * total) return value;
  }
  return Number.NaN;
}
