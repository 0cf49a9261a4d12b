/**
 * The fit: parameters for which the path takes as long as was measured.
 *
 * Per shape one value stands for its measurements (centres.ts). Minimised is the sum, over all measurements, of the squared
 * difference between the logarithms of that value and of the prediction: short and long submissions count alike, and twice
 * as long is as wrong as half as long. (Squares of relative differences would rather predict everything too short.)
 */
import { type Centre, centresOf } from './centres.js';
import { undeterminedReasons } from './identifiability.js';
import { type Interval, intervalsOf } from './intervals.js';
import { type LackOfFit, lackOfFit } from './lack-of-fit.js';
import { solve } from './least-squares.js';
import type { Measurement } from './measurement.js';
import type { PathModel } from './path-model.js';

/** What became of one parameter. */
export interface FittedValue {
  readonly valueNs: number;
  /**
   * `fitted`; `at-bound`: the measurements ask for less (or more) than is legal, so it was fixed there and the others fitted
   * without it; `undetermined`: the measurements say nothing about it beside the others, and it keeps the profile's value.
   */
  readonly status: 'fitted' | 'at-bound' | 'undetermined';
  /** 95 % interval; undefined unless fitted, or if there are no more measurements than parameters. */
  readonly intervalNs: Interval | undefined;
  /** Why it is undetermined. */
  readonly reason: string | undefined;
}

/** What a fit comes to. */
export interface PathFit {
  /** In the order of the model's keys. */
  readonly values: readonly FittedValue[];
  readonly lack: LackOfFit;
}

/**
 * Fit `model` to `measurements`; values in the order of the model's keys, in whole ns.
 * @param inOrder measurements come in the order in which they were made
 */
export function fitPath(
  model: PathModel,
  measurements: readonly Measurement[],
  centre: Centre,
  inOrder: boolean,
): PathFit {
  const centres = centresOf(measurements, centre);
  const effects = (valuesNs: readonly number[], of: readonly number[]) => {
    const slopes = model.slopes(valuesNs);
    return of.map((at) => ({ key: model.keys[at], parts: centres.map(({ shape, ns }) => slopes[at][shape] / ns) }));
  };
  const every = model.keys.map((_, at) => at);
  let reasons = undeterminedReasons(effects(model.startNs, every));
  for (;;) {
    const { valuesNs, free } = solve(model, centres, new Set(every.filter((at) => reasons[at] !== undefined)));
    if (!model.holdsAt(valuesNs)) {
      reasons = undeterminedReasons(effects(model.startNs, every));
      continue;
    }
    // Where a wait hides what a parameter does, effects differ from where the search began.
    const after = undeterminedReasons(effects(valuesNs, free));
    const lost = after.findIndex((reason) => reason !== undefined);
    if (lost >= 0) {
      reasons[free[lost]] = after[lost];
      continue;
    }
    const lack = lackOfFit(centres, measurements, model.predict(valuesNs), free.length, inOrder);
    const intervals = intervalsOf(model, valuesNs, free, measurements, centres, inOrder, lack);
    const values = valuesNs.map((value, at): FittedValue => {
      const reason = reasons[at];
      if (reason !== undefined) {
        return { valueNs: model.startNs[at], status: 'undetermined', intervalNs: undefined, reason };
      }
      const status = free.includes(at) ? 'fitted' : 'at-bound';
      return { valueNs: Math.round(value), status, intervalNs: intervals[free.indexOf(at)], reason };
    });
    return { values, lack };
  }
}
