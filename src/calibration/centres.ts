/**
 * One value for all measurements of a shape, and how much each measurement moves it.
 *
 * A trimmed mean: the mean of what is left when the same number of measurements is taken off at either end. Unlike a median
 * it does not jump where a recorder's clock is coarse, and unlike a mean a few interrupted submissions do not move it.
 */
import type { Measurement } from './measurement.js';

/** What stands for the measurements of a shape; the first is the default. */
const CENTRES = ['midmean', 'mean'] as const;
export type Centre = (typeof CENTRES)[number];

/** Share of the measurements that is taken off at each end: the midmean is the mean of the middle half. */
const TRIMMED: Readonly<Record<Centre, number>> = { midmean: 0.25, mean: 0 };

/** The value that stands for one shape. */
export interface ShapeCentre {
  readonly shape: number;
  readonly ns: number;
  readonly count: number;
  /**
   * What the trimmed mean makes of a latency: its deviation from the winsorised mean, scaled so that the mean of the
   * squares over the measurements is that of an untrimmed sample of the same precision (Tukey and McLaughlin 1963).
   */
  readonly influenceNs: (latencyNs: number) => number;
}

/** One value per shape, by ascending shape. */
export function centresOf(measurements: readonly Measurement[], centre: Centre): ShapeCentre[] {
  const byShape = new Map<number, Measurement[]>();
  for (const measurement of measurements) {
    const of = byShape.get(measurement.shape);
    if (of === undefined) byShape.set(measurement.shape, [measurement]);
    else of.push(measurement);
  }
  return [...byShape].sort(([a], [b]) => a - b).map(([shape, of]) => trimmedMean(shape, of, TRIMMED[centre]));
}

function trimmedMean(shape: number, measurements: readonly Measurement[], share: number): ShapeCentre {
  const sorted = [...measurements].sort((a, b) => a.latencyNs - b.latencyNs);
  const count = sorted.reduce((sum, measurement) => sum + measurement.count, 0);
  const cut = Math.floor(share * count);
  const kept = count - 2 * cut;
  let lowNs = Number.NaN;
  let highNs = Number.NaN;
  let sum = 0;
  let before = 0;
  for (const measurement of sorted) {
    const after = before + measurement.count;
    const inside = Math.min(after, count - cut) - Math.max(before, cut);
    if (inside > 0) {
      sum += inside * measurement.latencyNs;
      if (Number.isNaN(lowNs)) lowNs = measurement.latencyNs;
      highNs = measurement.latencyNs;
    }
    before = after;
  }
  const winsorisedMean = (sum + cut * (lowNs + highNs)) / count;
  const influenceNs = (latencyNs: number) =>
    ((Math.min(Math.max(latencyNs, lowNs), highNs) - winsorisedMean) * count) / kept;
  return { shape, ns: sum / kept, count, influenceNs };
}
