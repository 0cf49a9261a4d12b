/**
 * The model that is fitted: latencies of shapes as a function of some profile parameters, everything else as the profile
 * says. The function is the machine itself (replay/idle-machine.ts), no formula of its own.
 *
 * Where no shape waits for anything its latency is a sum of units of costs, and a fit searches on those sums, which are read
 * off one passage per shape. The machine has the last word: where it says something else at the values found, the sums are
 * given up and it is asked at every step of the search.
 */
import { PricedSum, passPriced } from '../explain/priced-passage.js';
import type { LoadedProfile } from '../profiles/load.js';
import { costTable } from '../strategies/path/costs.js';
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
  /** Latencies of the shapes as sums; undefined: some are none, or not everywhere. */
  private sums: readonly PricedSum[] | undefined;

  constructor(
    private readonly shapes: readonly Shape[],
    private readonly profile: LoadedProfile,
    readonly keys: readonly string[],
  ) {
    this.startNs = keys.map((key) => profile.number(key));
    this.smallestNs = keys.map((key) => profile.smallest(key));
    this.largestNs = keys.map((key) => profile.largest(key));
    const costNs = costTable(profile);
    const sums = shapes.map(({ choice, submission }) =>
      PricedSum.of(passPriced(choice, profile, costNs, submission), costNs),
    );
    if (sums.every((sum) => sum !== undefined)) this.sums = sums;
  }

  /** Latency of every shape with the parameters at `valuesNs`, ns. */
  predict(valuesNs: readonly number[]): readonly number[] {
    const key = valuesNs.join();
    let predicted = this.known.get(key);
    if (predicted === undefined) {
      const profile = this.profileAt(valuesNs);
      const costNs = costTable(profile);
      predicted = this.sums?.map((sum) => sum.at(costNs)) ?? this.askMachine(profile);
      if (this.known.size >= MOST_KNOWN) this.known.clear();
      this.known.set(key, predicted);
    }
    return predicted;
  }

  /** True if the machine predicts the same at `valuesNs` in whole ns; if not, it makes all predictions from here on. */
  holdsAt(valuesNs: readonly number[]): boolean {
    if (this.sums === undefined) return true;
    const wholeNs = valuesNs.map(Math.round);
    const predicted = this.predict(wholeNs);
    if (this.askMachine(this.profileAt(wholeNs)).every((ns, at) => ns === predicted[at])) return true;
    this.sums = undefined;
    this.known.clear();
    return false;
  }

  private profileAt(valuesNs: readonly number[]): LoadedProfile {
    return this.profile.withValues(new Map(this.keys.map((key, at) => [key, { value: valuesNs[at] }])));
  }

  private askMachine(profile: LoadedProfile): readonly number[] {
    return this.shapes.map((shape) => predictNs(shape, profile));
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
