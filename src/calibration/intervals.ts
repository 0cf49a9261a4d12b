/**
 * 95 % intervals of fitted parameters, from the Jacobian of those that are free.
 *
 * Three variances are known for least squares, and the widest one counts. The classic one takes every measurement as
 * independent and equally precise relative to its size. The second looks at what consecutive measurements pulled the fit by
 * together (a cluster-robust "sandwich" over blocks of them): it is the wider one where the recorder's machine
 * was slow for a while, so that neighbours err alike, or where one shape scatters more than another. The third takes each
 * shape for one observation: it counts where the shapes lie further from the model than their measurements' scatter explains
 * (lack-of-fit.ts), since then a thousand measurements of one shape tell no more of the parameters than ten.
 */
import jstat from 'jstat';
import { inverse, Matrix } from 'ml-matrix';
import { blocksOf } from './blocks.js';
import type { ShapeCentre } from './centres.js';
import type { LackOfFit } from './lack-of-fit.js';
import type { Measurement } from './measurement.js';
import type { PathModel } from './path-model.js';

/** How often an interval is to hold the true value. */
const COVERAGE = 0.95;

/** Lower and upper end, ns. */
export type Interval = readonly [lowNs: number, highNs: number];

/**
 * One interval per parameter in `free`, within legal values; undefined where there are too few measurements to tell.
 * @param measurements what was fitted, in the order in which it was measured
 * @param inOrder the order means something: neighbours were measured one after another
 * @param lack what the shapes say of the model
 */
export function intervalsOf(
  model: PathModel,
  valuesNs: readonly number[],
  free: readonly number[],
  measurements: readonly Measurement[],
  centres: readonly ShapeCentre[],
  inOrder: boolean,
  { verdict, shapes }: LackOfFit,
): (Interval | undefined)[] {
  if (free.length === 0) return [];
  const pulls = pullsOf(model, valuesNs, free, measurements, centres);
  const classic = classicHalfWidths(pulls, free.length);
  const robust = blockHalfWidths(pulls, free.length, inOrder);
  const byShape = verdict === 'lacking' || verdict === 'no-replicates' ? shapes : undefined;
  const wide = byShape && halfWidths(pulls, byShape.variance, byShape.freedom);
  return free.map((at, position) => {
    const half = Math.max(classic?.[position] ?? Number.NaN, robust?.[position] ?? 0, wide?.[position] ?? 0);
    if (Number.isNaN(half)) return undefined;
    const low = Math.max(model.smallestNs[at], Math.floor(valuesNs[at] - half));
    return [low, Math.min(model.largestNs[at], Math.ceil(valuesNs[at] + half))];
  });
}

/** What each measurement does to the fit. */
interface Pulls {
  /** Inverse of the normal matrix: covariance of the parameters for residuals of variance one. */
  readonly bread: Matrix;
  /** Per measurement: its residual (of logarithms), how often it was measured, and its slope, one number per free parameter. */
  readonly residuals: readonly number[];
  readonly counts: readonly number[];
  readonly slopes: readonly (readonly number[])[];
}

function pullsOf(
  model: PathModel,
  valuesNs: readonly number[],
  free: readonly number[],
  measurements: readonly Measurement[],
  centres: readonly ShapeCentre[],
): Pulls {
  const predicted = model.predict(valuesNs);
  const slopes = model.slopes(valuesNs);
  const normal = Matrix.zeros(free.length, free.length);
  const byShape = new Map(
    centres.map((centre) => {
      const row = free.map((at) => slopes[at][centre.shape] / predicted[centre.shape]);
      for (const [i, a] of row.entries()) {
        for (const [j, b] of row.entries()) normal.set(i, j, normal.get(i, j) + centre.count * a * b);
      }
      return [centre.shape, { centre, row }] as const;
    }),
  );
  const of = measurements.map(({ shape, latencyNs }) => {
    const { centre, row } = byShape.get(shape)!;
    return { row, residual: Math.log(centre.ns / predicted[shape]) + centre.influenceNs(latencyNs) / centre.ns };
  });
  return {
    bread: inverse(normal),
    residuals: of.map(({ residual }) => residual),
    counts: measurements.map(({ count }) => count),
    slopes: of.map(({ row }) => row),
  };
}

function classicHalfWidths(pulls: Pulls, parameters: number): number[] | undefined {
  const { residuals, counts } = pulls;
  const freedom = counts.reduce((sum, count) => sum + count, 0) - parameters;
  if (freedom < 1) return undefined;
  const squares = residuals.reduce((sum, residual, at) => sum + counts[at] * residual ** 2, 0);
  return halfWidths(pulls, squares / freedom, freedom);
}

/** Half of each interval, if residuals have `varianceOfOne`, known with so many degrees of freedom. */
function halfWidths({ bread }: Pulls, varianceOfOne: number, freedom: number): number[] {
  const t = studentT(freedom);
  return bread.diagonal().map((variance) => t * Math.sqrt(variance * varianceOfOne));
}

function blockHalfWidths(pulls: Pulls, parameters: number, inOrder: boolean): number[] | undefined {
  const { bread, residuals, counts, slopes } = pulls;
  const runs = inOrder ? blocksOf(residuals) : residuals.map((_, at) => [at, at + 1] as const);
  // Alone in its block, a row that stands for several measurements stands for as many blocks.
  const timesOf = (first: number, end: number) => (end === first + 1 ? counts[first] : 1);
  const blocks = runs.reduce((sum, [first, end]) => sum + timesOf(first, end), 0);
  if (blocks <= parameters + 1) return undefined;
  const meat = Matrix.zeros(parameters, parameters);
  for (const [first, end] of runs) {
    const sum = new Array<number>(parameters).fill(0);
    for (let at = first; at < end; at++) {
      for (let i = 0; i < parameters; i++) sum[i] += slopes[at][i] * residuals[at];
    }
    const times = timesOf(first, end);
    for (let i = 0; i < parameters; i++) {
      for (let j = 0; j < parameters; j++) meat.set(i, j, meat.get(i, j) + times * sum[i] * sum[j]);
    }
  }
  const variances = bread.mmul(meat).mmul(bread).diagonal();
  const t = studentT(blocks - parameters);
  return variances.map((variance) => t * Math.sqrt((variance * blocks) / (blocks - parameters)));
}

const studentT = (freedom: number): number => jstat.jStat.studentt.inv((1 + COVERAGE) / 2, freedom);
