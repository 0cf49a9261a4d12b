/** The sign test: is a median, or the median of paired differences, above or below zero? Exact at every size. */
import { binomialDistribution } from 'simple-statistics';

/**
 * Two-sided p of as few differences of the rarer sign, if both signs are as likely; zeros say nothing and are left out.
 * Without any other difference it is 1.
 */
export function signTestP(differences: readonly number[]): number {
  const above = differences.filter((one) => one > 0).length;
  const below = differences.filter((one) => one < 0).length;
  const signs = above + below;
  if (signs === 0) return 1;
  // The library stops early at the far end of the distribution; the near end is all that is needed.
  const shares = binomialDistribution(signs, 0.5) ?? [];
  const tail = shares.slice(0, Math.min(above, below) + 1).reduce((sum, share) => sum + share, 0);
  return Math.min(1, 2 * tail);
}

/**
 * Fewest samples with which any statement about a median can reach `alpha`: 2 · ½^n must be below it. With fewer, not even
 * the interval from the smallest to the largest sample has a confidence of 1 − alpha.
 */
export function leastSamples(alpha: number): number {
  let count = 1;
  while (2 * 0.5 ** count >= alpha) count++;
  return count;
}
