/**
 * Which parameters measurements can tell apart: those whose effects on the measured shapes are no combination of each
 * other's. The others keep the value of the profile and are said to be undetermined.
 */

import { type LoadedProfile, nearestKey } from '../profiles/load.js';
import { PARAMETER_OF_COST } from '../strategies/path/costs.js';
import { UsageError } from '../trace/errors.js';
import { isMadeUpOf, norm, ownPart } from './linear-dependence.js';

/** Every duration that some stage of a path is charged from. */
export const CHARGED: readonly string[] = [...new Set(PARAMETER_OF_COST.filter((key) => key !== undefined))];

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
    const isOf = (others: readonly Effect[]) =>
      isMadeUpOf(
        others.map(({ parts }) => parts),
        effect.parts,
      );
    if (!isOf(determined)) {
      determined.push(effect);
      return undefined;
    }
    const twin = determined.find((other) => isOf([other]));
    const whose = twin === undefined ? 'made up of those' : 'the same as that';
    const others = twin === undefined ? determined : [twin];
    return `its effect on the measured latencies is ${whose} of ${others.map(({ key }) => key).join(' and ')}`;
  });
}

/** A parameter that takes less of the measured time is no help to fit, and no danger if it is wrong. */
export const LEAST_SHARE = 0.01;

/** Part of the measured latencies that a parameter takes at `valueNs`: the root mean square over the shapes. */
export const shareOfTime = (parts: readonly number[], valueNs: number): number =>
  (norm(parts) * valueNs) / Math.sqrt(Math.max(1, parts.length));

/**
 * What is fitted unless the user says, of the parameters that the measured paths are charged from: estimates before those
 * that rest on a source, which are chosen only where no estimate takes any time worth the name. Of either, one after the
 * other, the one with the largest part of the time under `profile` that those before it do not explain; at most `most`.
 * @param effects of each parameter of `CHARGED` on the measured shapes (separation.ts)
 */
export function defaultKeys(effects: readonly (readonly number[])[], profile: LoadedProfile, most: number): string[] {
  const share = effects.map((parts, at) => shareOfTime(parts, profile.number(CHARGED[at])));
  const chosenOf = (candidates: readonly number[]) => {
    const chosen: number[] = [];
    while (chosen.length < most) {
      const others = chosen.map((at) => effects[at]);
      const own = candidates
        .filter((at) => !chosen.includes(at) && !isMadeUpOf(others, effects[at]))
        .map((at) => ({ at, share: share[at] * ownPart(others, effects[at]) }));
      if (own.length === 0) break;
      chosen.push(own.reduce((best, one) => (one.share > best.share ? one : best)).at);
    }
    return chosen;
  };
  const all = CHARGED.map((_, at) => at);
  const isEstimate = (at: number) => profile.parameter(CHARGED[at]).tag === 'E';
  const estimates = chosenOf(all.filter((at) => isEstimate(at) && share[at] >= LEAST_SHARE));
  const chosen = estimates.length > 0 ? estimates : chosenOf(all);
  return chosen.map((at) => CHARGED[at]);
}
