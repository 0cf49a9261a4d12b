/**
 * Which parameters measurements can tell apart: those whose effects on the measured shapes are no combination of each
 * other's. The others keep the value of the profile and are said to be undetermined.
 */

import { type LoadedProfile, nearestKey } from '../profiles/load.js';
import { PARAMETER_OF_COST } from '../strategies/path/costs.js';
import { UsageError } from '../trace/errors.js';
import { LEAST_OWN_PART, norm, ownPart } from './linear-dependence.js';
import type { Shape } from './measurement.js';
import { PathModel } from './path-model.js';

/** Every duration that some stage of a path is charged from. */
const CHARGED: readonly string[] = [...new Set(PARAMETER_OF_COST.filter((key) => key !== undefined))];

/**
 * Check the names of parameters that the user wants to be fitted.
 * @throws UsageError for an unknown key, one that is no duration, or one given twice
 */
export function checkKeys(asked: readonly string[], profile: LoadedProfile): void {
  for (const [at, key] of asked.entries()) {
    const parameter = profile.parameters.find((candidate) => candidate.key === key);
    if (parameter === undefined) {
      throw new UsageError(`--fit: unknown key ${key}${nearestKey(key)}`);
    }
    if (parameter.unit !== 'ns') {
      throw new UsageError(`--fit: expected parameters in ns, found ${key} (${parameter.unit})`);
    }
    if (asked.indexOf(key) < at) throw new UsageError(`--fit: expected each key once, found ${key} twice`);
  }
}

/** What a parameter does: the change of each measured shape's latency per ns of it, as a part of what was measured. */
export interface Effect {
  readonly key: string;
  readonly parts: readonly number[];
}

/** Why each parameter cannot be determined beside those before it; undefined for one that can. */
export function undeterminedReasons(effects: readonly Effect[]): (string | undefined)[] {
  const determined: Effect[] = [];
  return effects.map((effect) => {
    if (norm(effect.parts) === 0) return 'it changes none of the measured latencies';
    const isMadeUpOf = (others: readonly Effect[]) =>
      ownPart(
        others.map(({ parts }) => parts),
        effect.parts,
      ) < LEAST_OWN_PART;
    if (!isMadeUpOf(determined)) {
      determined.push(effect);
      return undefined;
    }
    const twin = determined.find((other) => isMadeUpOf([other]));
    const whose = twin === undefined ? 'made up of those' : 'the same as that';
    const others = twin === undefined ? determined : [twin];
    return `its effect on the measured latencies is ${whose} of ${others.map(({ key }) => key).join(' and ')}`;
  });
}

/**
 * What is fitted unless the user says: of the parameters that the measured paths are charged from, those that take most of
 * the time under `profile`, as many as the measurements can tell apart, and at most `most`.
 */
export function defaultKeys(
  shapes: readonly Shape[],
  typicalNs: readonly number[],
  profile: LoadedProfile,
  most: number,
): string[] {
  const model = new PathModel(shapes, profile, CHARGED);
  const effects = model.slopes(model.startNs).map((slopes) => slopes.map((slope, at) => slope / typicalNs[at]));
  const share = effects.map((effect, at) => norm(effect) * profile.number(CHARGED[at]));
  const byShare = CHARGED.map((_, at) => at).sort((a, b) => share[b] - share[a] || a - b);
  const chosen: number[] = [];
  for (const at of byShare) {
    if (chosen.length === most) break;
    const others = chosen.map((other) => effects[other]);
    if (ownPart(others, effects[at]) >= LEAST_OWN_PART) chosen.push(at);
  }
  return chosen.map((at) => CHARGED[at]);
}
