/**
 * The Mann-Whitney U test of two independent samples. The rank sum is simple-statistics'; the p-value, which that library
 * has not, is exact for small samples, with or without ties, and the normal approximation beyond.
 */
import { errorFunction, wilcoxonRankSum } from 'simple-statistics';

/** What the test says of two samples x and y. */
export interface MannWhitney {
  /** U of x: pairs (x, y) with x above y, ties counted as one half. */
  readonly u: number;
  /** Two-sided: how likely a U at least as far out is if both samples come from one distribution. */
  readonly p: number;
  readonly method: 'exact' | 'normal';
}

/** Samples of both together up to which p is exact: the numbers of their arrangements are still exact in a double. */
export const EXACT_LIMIT = 50;

/**
 * Test whether `x` tends to be above or below `y`.
 * @param exactLimit samples of both together up to which p is exact
 * @throws RangeError for an empty sample
 */
export function mannWhitney(x: readonly number[], y: readonly number[], exactLimit = EXACT_LIMIT): MannWhitney {
  if (x.length === 0 || y.length === 0) throw new RangeError('Mann-Whitney: expected two samples, found an empty one');
  const u = wilcoxonRankSum([...x], [...y]) - (x.length * (x.length + 1)) / 2;
  const ties = tieSizes(x, y);
  if (x.length + y.length <= exactLimit) return { u, p: exactP(u, x.length, y.length, ties), method: 'exact' };
  return { u, p: normalP(u, x.length, y.length, ties), method: 'normal' };
}

/** How often each value occurs in both samples together, in ascending order of the values. */
function tieSizes(x: readonly number[], y: readonly number[]): number[] {
  const pooled = [...x, ...y].sort((a, b) => a - b);
  const sizes: number[] = [];
  for (let at = 0; at < pooled.length; at++) {
    if (at > 0 && pooled[at] === pooled[at - 1]) sizes[sizes.length - 1]++;
    else sizes.push(1);
  }
  return sizes;
}

/**
 * Twice the smaller tail over all ways to choose which of the pooled ranks are x's, at most 1. Ties share the mean of their
 * ranks, which doubled is a whole number: the ways are counted by (ranks chosen, sum of the doubled ranks).
 */
function exactP(u: number, sizeX: number, sizeY: number, ties: readonly number[]): number {
  const total = sizeX + sizeY;
  const largest = 2 * total * sizeX;
  const width = largest + 1;
  const ways = new Float64Array((sizeX + 1) * width);
  ways[0] = 1;
  let before = 0;
  for (const size of ties) {
    // Ranks before+1 … before+size, mean before + (size+1)/2.
    const doubled = 2 * before + size + 1;
    before += size;
    for (let time = 0; time < size; time++) {
      for (let chosen = Math.min(sizeX, before); chosen > 0; chosen--) {
        const to = chosen * width;
        const from = to - width;
        for (let sum = largest; sum >= doubled; sum--) ways[to + sum] += ways[from + sum - doubled];
      }
    }
  }
  const observed = Math.round(2 * u) + sizeX * (sizeX + 1);
  let below = 0;
  let above = 0;
  let all = 0;
  for (let sum = 0; sum <= largest; sum++) {
    const count = ways[sizeX * width + sum];
    all += count;
    if (sum <= observed) below += count;
    if (sum >= observed) above += count;
  }
  return Math.min(1, (2 * Math.min(below, above)) / all);
}

/** With the correction of the variance for ties, and of one half for continuity. */
function normalP(u: number, sizeX: number, sizeY: number, ties: readonly number[]): number {
  const total = sizeX + sizeY;
  const tied = ties.reduce((sum, size) => sum + (size ** 3 - size), 0);
  const variance = ((sizeX * sizeY) / 12) * (total + 1 - tied / (total * (total - 1)));
  if (variance <= 0) return 1;
  const distance = Math.max(0, Math.abs(u - (sizeX * sizeY) / 2) - 0.5);
  return 1 - errorFunction(distance / Math.sqrt(2 * variance));
}
