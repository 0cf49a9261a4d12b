/**
 * Percentile bootstrap of medians. Samples are drawn with replacement by simple-statistics from a seeded generator, so the
 * same samples give the same interval. Draws are of positions: what stands at one position in several columns (the same seed,
 * the same trace) is drawn together, and what moves both columns alike leaves their difference and their ratio alone.
 */

import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { medianSorted, quantileSorted, sampleWithReplacement } from 'simple-statistics';

/** Resamples of every interval. */
export const RESAMPLES = 10_000;
/** Seed of the draws; the same for every metric. */
const RESAMPLING_SEED = 1;

/** Low and high end. */
export type Interval = readonly [low: number, high: number];

/** Median; 0 < `values.length`. */
export function medianOf(values: ArrayLike<number>): number {
  return medianSorted(Array.from(values).sort((a, b) => a - b));
}

/**
 * Interval that covers the median of the population behind `values` with about `confidence`: of 0.95, 6 samples of a
 * skewed distribution cover some 0.92, 20 some 0.93. Fewer than 6 fall short (see `leastSamples`).
 */
export function medianInterval(values: readonly number[], confidence: number): Interval {
  return statisticInterval([values], ([median]) => median, confidence) as Interval;
}

/**
 * Interval of what `statistic` makes of the medians of `columns`, which are samples of the same length and order.
 * @returns null if `statistic` is not finite on some resample (a ratio to a median of zero)
 */
export function statisticInterval(
  columns: readonly (readonly number[])[],
  statistic: (medians: readonly number[]) => number,
  confidence: number,
): Interval | null {
  const size = columns[0].length;
  const draws = drawsOf(size);
  const values = new Float64Array(RESAMPLES);
  const drawn = new Float64Array(size);
  const medians = columns.map(() => 0);
  for (let resample = 0; resample < RESAMPLES; resample++) {
    for (let column = 0; column < columns.length; column++) {
      const samples = columns[column];
      for (let at = 0; at < size; at++) drawn[at] = samples[draws[resample * size + at]];
      drawn.sort();
      medians[column] = medianSorted(drawn as unknown as number[]);
    }
    values[resample] = statistic(medians);
    if (!Number.isFinite(values[resample])) return null;
  }
  values.sort();
  const tail = (1 - confidence) / 2;
  const sorted = values as unknown as number[];
  return [quantileSorted(sorted, tail), quantileSorted(sorted, 1 - tail)];
}

let known: { readonly size: number; readonly draws: Uint32Array } | undefined;

/** `RESAMPLES` × `size` positions; the last table is kept, since the metrics of a run have equally many samples. */
function drawsOf(size: number): Uint32Array {
  if (known?.size === size) return known.draws;
  const generator = xoroshiro128plus(RESAMPLING_SEED);
  const random = () => uniformFloat64(generator);
  const positions = Array.from({ length: size }, (_, at) => at);
  const draws = new Uint32Array(RESAMPLES * size);
  for (let resample = 0; resample < RESAMPLES; resample++) {
    draws.set(sampleWithReplacement(positions, size, random), resample * size);
  }
  known = { size, draws };
  return draws;
}
