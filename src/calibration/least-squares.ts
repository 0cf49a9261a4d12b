/**
 * Bounded non-linear least squares: Levenberg–Marquardt inside, an active set of parameters at their bounds around it.
 *
 * A search that is only clipped at a bound stops where the others still make up for the part that was clipped off. Here a
 * parameter that wants to pass its bound is fixed there and the others are solved again without it; it is let go if, with
 * the others solved, it wants back.
 */
import { levenbergMarquardt } from 'ml-levenberg-marquardt';
import type { ShapeCentre } from './centres.js';
import type { PathModel } from './path-model.js';

/** Iterations at a time, and most rounds of them. */
const ITERATIONS = 2;
const ROUNDS = 24;
/** Found, if the residuals are at right angles to what each parameter could change: largest cosine between them. */
const CONVERGED = 1e-7;
/** The squares shrink noticeably by this part. */
const SHRUNK = 1e-9;
const LEAST_DAMPING = 1e-7;
const MOST_DAMPING = 10;
/** Sum of squared differences of logarithms that is as good as none: about 1e-9 of a latency. */
const TOLERANCE = 1e-18;
/** A parameter this near to its bound, in ns, is at it: values are whole ns. */
const AT_BOUND_NS = 1e-3;

/** Values with the least squares. */
export interface Solution {
  readonly valuesNs: readonly number[];
  /** Indices of parameters that are neither held nor at a bound. */
  readonly free: readonly number[];
}

/**
 * The values of `model` that minimise the sum over measurements of the squared difference between the logarithms of the
 * prediction and of their shape's centre.
 * @param fixed indices of parameters that stay at the model's start
 */
export function solve(model: PathModel, centres: readonly ShapeCentre[], fixed: ReadonlySet<number>): Solution {
  const squares = new WeightedSquares(model, centres);
  let free = model.keys.map((_, at) => at).filter((at) => !fixed.has(at));
  let valuesNs = model.startNs;
  // Each parameter comes to its bound and leaves it at most once: no going round in circles.
  const released = new Set<number>();
  while (free.length > 0) {
    valuesNs = squares.minimise(valuesNs, free);
    const wants = squares.descent(valuesNs);
    const pinned = free.filter((at) => isPinned(model, at, valuesNs[at], wants[at]) && !released.has(at));
    if (pinned.length > 0) {
      valuesNs = valuesNs.map((value, at) => (pinned.includes(at) ? (boundAt(model, at, value) ?? value) : value));
      free = free.filter((at) => !pinned.includes(at));
      continue;
    }
    const back = model.keys.findIndex(
      (_, at) =>
        !free.includes(at) && !fixed.has(at) && !released.has(at) && !isPinned(model, at, valuesNs[at], wants[at]),
    );
    if (back < 0) break;
    released.add(back);
    free = [...free, back].sort((a, b) => a - b);
  }
  return { valuesNs, free: free.filter((at) => boundAt(model, at, valuesNs[at]) === undefined) };
}

/** The bound that `value` is at; undefined inside. */
function boundAt({ smallestNs, largestNs }: PathModel, at: number, value: number): number | undefined {
  if (value - smallestNs[at] <= AT_BOUND_NS) return smallestNs[at];
  return largestNs[at] - value <= AT_BOUND_NS ? largestNs[at] : undefined;
}

/** At a bound, and the squares shrink only beyond it. */
function isPinned(model: PathModel, at: number, value: number, wants: number): boolean {
  const bound = boundAt(model, at, value);
  return bound !== undefined && (bound === model.smallestNs[at] ? wants <= 0 : wants >= 0);
}

/** A path whose every cost is zero has no logarithm; it is given that of next to nothing, ns. */
const LEAST_NS = 1e-3;

/** The squares, with each point's weight in its residual. */
class WeightedSquares {
  private readonly points: readonly ShapeCentre[];
  private readonly weights: readonly number[];

  constructor(
    private readonly model: PathModel,
    centres: readonly ShapeCentre[],
  ) {
    const total = centres.reduce((sum, { count }) => sum + count, 0);
    // The library wants two points; a single one is given as two halves.
    this.points = centres.length > 1 ? centres : [centres[0], centres[0]];
    const halves = this.points.length / centres.length;
    this.weights = this.points.map(({ count }) => Math.sqrt(count / (total * halves)));
  }

  /**
   * Cosines between the residuals and the effect of each parameter at `valuesNs`: above 0 where a larger value shrinks the
   * squares, 0 where nothing is left to gain.
   */
  descent(valuesNs: readonly number[]): number[] {
    const predicted = this.logarithms(valuesNs);
    const residuals = this.points.map(({ ns }, at) => Math.log(ns) * this.weights[at] - predicted[at]);
    return this.weightedSlopes(valuesNs).map((slopes) => {
      const lengths = Math.hypot(...slopes) * Math.hypot(...residuals);
      return lengths === 0 ? 0 : slopes.reduce((sum, slope, at) => sum + slope * residuals[at], 0) / lengths;
    });
  }

  /** No parameter of `free` can be moved so that the squares shrink, or one is to be fixed before the others are found. */
  private isDone(valuesNs: readonly number[], free: readonly number[]): boolean {
    const wants = this.descent(valuesNs);
    return (
      free.some((at) => isPinned(this.model, at, valuesNs[at], wants[at])) ||
      free.every((at) => Math.abs(wants[at]) <= CONVERGED)
    );
  }

  /** Better values of the parameters `free`, from `startNs`: the best ones, unless one of them comes to its bound. */
  minimise(startNs: readonly number[], free: readonly number[]): readonly number[] {
    const { model, points, weights } = this;
    const slopes = this.weightedSlopes(startNs);
    // In units in which each parameter changes the residuals by one.
    const units = free.map((at) => 1 / Math.max(Math.hypot(...slopes[at]), Number.MIN_VALUE * 1e10));
    const toNs = (scaled: readonly number[]) => {
      const valuesNs = [...startNs];
      for (const [position, at] of free.entries()) valuesNs[at] = scaled[position] * units[position];
      return valuesNs;
    };
    const scaledOf = (ns: readonly number[]) => free.map((at, position) => ns[at] / units[position]);
    const data = { x: points.map((_, at) => at), y: points.map(({ ns }, at) => Math.log(ns) * weights[at]) };
    let scaled = scaledOf(startNs);
    let error = Number.POSITIVE_INFINITY;
    let damping = LEAST_DAMPING;
    for (let round = 0; round < ROUNDS && damping <= MOST_DAMPING; round++) {
      const { parameterValues, parameterError } = levenbergMarquardt(
        data,
        (values) => {
          const predicted = this.logarithms(toNs(values));
          return (at) => predicted[at];
        },
        {
          initialValues: scaled,
          minValues: scaledOf(model.smallestNs),
          maxValues: scaledOf(model.largestNs),
          jacobianFunction: (values) => {
            const here = this.weightedSlopes(toNs(values));
            return (point) => free.map((at, position) => here[at][point] * units[position]);
          },
          damping,
          maxIterations: ITERATIONS,
          errorTolerance: TOLERANCE,
        },
      );
      const isBetter = error - parameterError > SHRUNK * parameterError;
      scaled = parameterValues;
      error = parameterError;
      if (error <= TOLERANCE || this.isDone(toNs(scaled), free)) break;
      // The library takes bad steps too: from where they lead nowhere, shorter ones are tried.
      damping = isBetter ? LEAST_DAMPING : damping * 1000;
    }
    return toNs(scaled);
  }

  /** Logarithm of the prediction for each point, weighted. */
  private logarithms(valuesNs: readonly number[]): number[] {
    const predicted = this.model.predict(valuesNs);
    return this.points.map(({ shape }, at) => Math.log(Math.max(predicted[shape], LEAST_NS)) * this.weights[at]);
  }

  /** Their change per ns of each parameter. */
  private weightedSlopes(valuesNs: readonly number[]): number[][] {
    const predicted = this.model.predict(valuesNs);
    return this.model
      .slopes(valuesNs)
      .map((slopes) =>
        this.points.map(({ shape }, at) => (slopes[shape] / Math.max(predicted[shape], LEAST_NS)) * this.weights[at]),
      );
  }
}
