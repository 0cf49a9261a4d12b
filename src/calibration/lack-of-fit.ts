/**
 * Does the model lack something? Measurements of one shape scatter about their own centre, which no model of shapes can help;
 * if the centres lie further from their predictions than that scatter and the counts explain, the model is wrong for some.
 *
 * The classic F test of lack of fit: mean square of the centres' residuals against that of pure error. Neighbours that err
 * alike tell less than their count says: pure error is that of blocks of consecutive measurements where it is larger.
 */
import jstat from 'jstat';
import { blocksOf } from './blocks.js';
import type { ShapeCentre } from './centres.js';
import type { Measurement } from './measurement.js';

/** Chance of calling a model wrong that is right. */
const SIGNIFICANCE = 0.05;
/** A shape is called one that the model lacks something for from so many standard errors on. */
const FAR = 3;
/** Shapes that are named, at most. */
const MOST_NAMED = 3;
/** Scatter that is no more than the rounding of sums tells nothing: all measurements of each shape were equal. */
const NO_SCATTER = 1e-12;

/** A shape and how far its centre is from the prediction. */
interface Misfit {
  /** Index into `Shapes.all`. */
  readonly shape: number;
  /** (centre − predicted) ÷ predicted, as a difference of logarithms, in standard errors of the centre. */
  readonly standardErrors: number;
}

/** What the test says. */
export interface LackOfFit {
  /**
   * `lacking`: the model is wrong for some shapes; `adequate`: what is left may be chance; `untested`: no more shapes than
   * parameters; `no-replicates`: equal submissions were not measured more than once, or always with the same outcome.
   */
  readonly verdict: 'lacking' | 'adequate' | 'untested' | 'no-replicates';
  /** Residuals scatter so many times what the counts promise; undefined if not tested. */
  readonly scatter: number | undefined;
  /** Chance of at least that much scatter if nothing is lacking; undefined if not tested. */
  readonly p: number | undefined;
  /** Shapes that the model lacks something for, the worst first; none unless `lacking`. */
  readonly misfits: readonly Misfit[];
  /** Variance of one measurement's logarithm as the residuals of the shapes show it, with its degrees of freedom. */
  readonly shapes: { readonly variance: number; readonly freedom: number } | undefined;
}

/**
 * Test what is left of a fit.
 * @param predictedNs prediction of every shape
 * @param parameters how many were free
 * @param inOrder measurements come in the order in which they were made
 */
export function lackOfFit(
  centres: readonly ShapeCentre[],
  measurements: readonly Measurement[],
  predictedNs: readonly number[],
  parameters: number,
  inOrder: boolean,
): LackOfFit {
  const freedom = centres.length - parameters;
  const nothing = { scatter: undefined, p: undefined, misfits: [] };
  if (parameters === 0 || freedom < 1) return { verdict: 'untested', ...nothing, shapes: undefined };
  const residuals = centres.map(({ shape, ns }) => Math.log(ns / predictedNs[shape]));
  const squares = centres.reduce((sum, { count }, at) => sum + count * residuals[at] ** 2, 0);
  const shapes = { variance: squares / freedom, freedom };
  const pure = pureError(centres, measurements, inOrder);
  if (pure === undefined) return { verdict: 'no-replicates', ...nothing, shapes };
  const far = centres.map(({ shape, count }, at): Misfit => {
    const variance = Math.max(pure.variance, pure.ofShape.get(shape) ?? 0) * pure.alike;
    return { shape, standardErrors: residuals[at] * Math.sqrt(count / variance) };
  });
  const ratio = far.reduce((sum, { standardErrors }) => sum + standardErrors ** 2, 0) / freedom;
  const p = 1 - jstat.jStat.centralF.cdf(ratio, freedom, pure.freedom);
  const tested = { scatter: Math.sqrt(ratio), p, shapes };
  if (p >= SIGNIFICANCE) return { verdict: 'adequate', ...tested, misfits: [] };
  const worst = far.sort((a, b) => Math.abs(b.standardErrors) - Math.abs(a.standardErrors) || a.shape - b.shape);
  const named = worst.filter(({ standardErrors }) => Math.abs(standardErrors) >= FAR).slice(0, MOST_NAMED);
  return { verdict: 'lacking', ...tested, misfits: named.length > 0 ? named : worst.slice(0, 1) };
}

/** How far measurements are from the centre of their own shape. */
interface PureError {
  /** Variance of the logarithm of a measurement, over all shapes, and of each shape that has several. */
  readonly variance: number;
  readonly ofShape: ReadonlyMap<number, number>;
  /** By how much the variance of centres is larger than that of independent measurements, at least 1. */
  readonly alike: number;
  readonly freedom: number;
}

/** Pure error of `measurements`; undefined where nothing scatters. */
function pureError(
  centres: readonly ShapeCentre[],
  measurements: readonly Measurement[],
  inOrder: boolean,
): PureError | undefined {
  const byShape = new Map(centres.map((centre) => [centre.shape, { centre, squares: 0 }]));
  const deviations = measurements.map(({ shape, latencyNs, count }) => {
    const of = byShape.get(shape)!;
    const deviation = of.centre.influenceNs(latencyNs) / of.centre.ns;
    of.squares += count * deviation ** 2;
    return deviation;
  });
  const total = measurements.reduce((sum, { count }) => sum + count, 0);
  const squares = [...byShape.values()].reduce((sum, shape) => sum + shape.squares, 0);
  const freedom = total - centres.length;
  if (freedom < 1 || squares / total < NO_SCATTER) return undefined;
  const ofShape = new Map(
    [...byShape]
      .filter(([, { centre }]) => centre.count > 1)
      .map(([shape, one]) => [shape, one.squares / (one.centre.count - 1)]),
  );
  const alone = { variance: squares / freedom, ofShape, alike: 1, freedom };
  const blocks = inOrder ? blocksOf(measurements) : [];
  if (blocks.length <= centres.length) return alone;
  // What the deviations of a block come to for each shape, against what independent ones would come to.
  const together = blocks.reduce((sum, [first, end]) => {
    const sums = new Map<number, number>();
    for (let at = first; at < end; at++) {
      const { shape } = measurements[at];
      sums.set(shape, (sums.get(shape) ?? 0) + deviations[at]);
    }
    return [...sums.values()].reduce((inner, one) => inner + one ** 2, sum);
  }, 0);
  return { ...alone, alike: Math.max(1, together / squares), freedom: Math.min(freedom, blocks.length - 1) };
}
