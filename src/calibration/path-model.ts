/**
 * The model that is fitted: latencies of shapes as a function of some profile parameters, everything else as the profile
 * says. The function is the walk of the path itself, no formula of its own. Between its kinks (a wait that another hides) it
 * is affine, so that a handful of walks per shape is a whole fit.
 */
import type { LoadedProfile } from '../profiles/load.js';
import { predictNs, type Shape } from './measurement.js';

/** Parameters are moved by this much to see what they do, ns: even, as some are charged in halves. */
const STEP_NS = 2;
/** The step of a large parameter is this part of it, so that what is rounded (back-off) does not hide its effect. */
const STEP_SHARE = 1 / 64;

/** Predictions that are kept. */
const MOST_KNOWN = 64;

/** Predictions for shapes as a function of `keys`. */
export class PathModel {
  /** Values of the profile, where a fit begins, ns. */
  readonly startNs: readonly number[];
  /** Smallest and largest legal values, ns. */
  readonly smallestNs: readonly number[];
  readonly largestNs: readonly number[];
  /** The library, the bounds and the intervals ask for the same predictions one after another. */
  private readonly known = new Map<string, readonly number[]>();

  constructor(
    private readonly shapes: readonly Shape[],
    private readonly profile: LoadedProfile,
    readonly keys: readonly string[],
  ) {
    this.startNs = keys.map((key) => profile.number(key));
    this.smallestNs = keys.map((key) => profile.smallest(key));
    this.largestNs = keys.map((key) => profile.largest(key));
  }

  /** Latency of every shape with the parameters at `valuesNs`, ns. */
  predict(valuesNs: readonly number[]): readonly number[] {
    const key = valuesNs.join();
    let predicted = this.known.get(key);
    if (predicted === undefined) {
      const values = new Map(this.keys.map((key, at) => [key, { value: valuesNs[at] }]));
      const profile = this.profile.withValues(values);
      predicted = this.shapes.map((shape) => predictNs(shape, profile));
      if (this.known.size >= MOST_KNOWN) this.known.clear();
      this.known.set(key, predicted);
    }
    return predicted;
  }

  /** Change of every shape's latency per ns of each parameter at `valuesNs`: one row per parameter. */
  slopes(valuesNs: readonly number[]): number[][] {
    const here = this.predict(valuesNs);
    return valuesNs.map((value, moved) => {
      const step = STEP_NS * Math.max(1, Math.round((value * STEP_SHARE) / STEP_NS));
      const there = this.predict(valuesNs.map((other, at) => (at === moved ? other + step : other)));
      return there.map((ns, at) => (ns - here[at]) / step);
    });
  }
}
