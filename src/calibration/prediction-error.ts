/** How far predictions are from measurements, and how far any prediction by shape would be. */
import type { PredictionError, ResidualSlice, ShapeResidual } from './document.js';
import type { Measurement, Shape } from './measurement.js';
import { type Weighted, weightedQuantile } from './weighted.js';

/** Errors per strategy, in order of first measurement. */
export function predictionErrors(
  measurements: readonly Measurement[],
  shapes: readonly Shape[],
  predictedNs: readonly number[],
): PredictionError[] {
  const ownNs = new Map(mediansOf(measurements).map(({ shape, ns }) => [shape, ns]));
  const nameOf = ({ shape }: Measurement) => shapes[shape].choice.canonicalName;
  return [...new Set(measurements.map(nameOf))].map((strategy) => {
    const of = measurements.filter((measurement) => nameOf(measurement) === strategy);
    const quantile = (p: number, amount: (measurement: Measurement) => number) =>
      weightedQuantile(
        of.map((measurement) => ({ value: amount(measurement), count: measurement.count })),
        p,
      );
    const error = ({ shape, latencyNs }: Measurement) => (predictedNs[shape] - latencyNs) / latencyNs;
    const absolute = (measurement: Measurement) => Math.abs(error(measurement));
    const spread = ({ shape, latencyNs }: Measurement) =>
      Math.abs((ownNs.get(shape) ?? Number.NaN) - latencyNs) / latencyNs;
    return {
      strategy,
      measurements: of.reduce((sum, { count }) => sum + count, 0),
      median_absolute_error: quantile(0.5, absolute),
      p90_absolute_error: quantile(0.9, absolute),
      median_error: quantile(0.5, error),
      median_spread: quantile(0.5, spread),
      p90_spread: quantile(0.9, spread),
    };
  });
}

/** Residuals per shape, by strategy in order of first measurement and then by size. */
export function shapeResiduals(
  measurements: readonly Measurement[],
  shapes: readonly Shape[],
  predictedNs: readonly number[],
): ShapeResidual[] {
  return mediansOf(measurements)
    .map(({ shape, ns, count }) => {
      const { choice, commands, label } = shapes[shape];
      const residuals = measurements
        .filter((measurement) => measurement.shape === shape)
        .map((measurement) => residualOf(measurement, predictedNs));
      return {
        strategy: choice.canonicalName,
        commands,
        shape: label,
        measurements: count,
        predicted_ns: predictedNs[shape],
        median_ns: ns,
        p10_residual_ns: weightedQuantile(residuals, 0.1),
        median_residual_ns: weightedQuantile(residuals, 0.5),
        p90_residual_ns: weightedQuantile(residuals, 0.9),
      };
    })
    .sort((a, b) => (a.strategy === b.strategy ? a.commands - b.commands : 0));
}

/** Slices that residuals in order are cut into. */
const SLICES = 16;

/** Residuals of at most 16 runs of consecutive measurements. */
export function residualsInOrder(
  measurements: readonly Measurement[],
  predictedNs: readonly number[],
): ResidualSlice[] {
  const sorted = [...measurements].sort((a, b) => a.position - b.position);
  const size = Math.ceil(sorted.length / SLICES);
  return Array.from({ length: Math.ceil(sorted.length / size) }, (_, slice) => {
    const of = sorted.slice(slice * size, (slice + 1) * size);
    const residuals = of.map(({ shape, latencyNs, count }) => ({ value: latencyNs / predictedNs[shape] - 1, count }));
    return {
      first: of[0].position + 1,
      last: of[of.length - 1].position + 1,
      p10_residual: weightedQuantile(residuals, 0.1),
      median_residual: weightedQuantile(residuals, 0.5),
      p90_residual: weightedQuantile(residuals, 0.9),
    };
  });
}

const residualOf = ({ shape, latencyNs, count }: Measurement, predictedNs: readonly number[]): Weighted => ({
  value: latencyNs - predictedNs[shape],
  count,
});

/** The median latency of each shape and how often it was measured, by ascending shape. */
function mediansOf(measurements: readonly Measurement[]): { shape: number; ns: number; count: number }[] {
  return [...new Set(measurements.map(({ shape }) => shape))]
    .sort((a, b) => a - b)
    .map((shape) => {
      const of = measurements.filter((measurement) => measurement.shape === shape);
      const values = of.map(({ latencyNs, count }) => ({ value: latencyNs, count }));
      return { shape, ns: weightedQuantile(values, 0.5), count: of.reduce((sum, { count }) => sum + count, 0) };
    });
}
