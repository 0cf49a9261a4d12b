/**
 * The axes of a study, outermost first. A new one is a key in schema.ts and a line here.
 *
 * `set` is not among them: each of its parameters is an axis of its own, crossed after the profile.
 */

import { parseTransformList } from '../guest/transforms/transform-list.js';
import { DEFAULT_PROFILE } from '../profiles/default-profile.js';
import type { ParameterValue } from '../results/study-document.js';
import type { RunOptions } from '../session/run.js';
import { strategyNames } from '../strategies/registry.js';
import type { StudyFile } from './schema.js';

export type AxisValue = string | number;

/** One axis. */
export interface Axis {
  /** In a listed point and in the coordinates of a result. */
  readonly name: 'trace' | 'transform' | 'profile' | 'pacing' | 'dma' | 'vms' | 'seed' | 'atc' | 'strategy';
  /** Its list in the study file. */
  readonly key: 'traces' | 'transforms' | 'profiles' | 'pacing' | 'dma' | 'vms' | 'seeds' | 'atc' | 'strategies';
  /** Value where the study says nothing; undefined: no coordinate, the option keeps its default. */
  readonly fallback?: AxisValue;
  /** The option that a value stands for; a trace is no option. */
  options(value: AxisValue): Partial<RunOptions>;
}

export const AXES: readonly Axis[] = [
  { name: 'trace', key: 'traces', options: () => ({}) },
  { name: 'transform', key: 'transforms', options: (value) => ({ transforms: parseTransformList(String(value)) }) },
  {
    name: 'profile',
    key: 'profiles',
    fallback: DEFAULT_PROFILE,
    options: (value) => ({ profile: String(value) }),
  },
  { name: 'pacing', key: 'pacing', options: (value) => ({ pacing: value as RunOptions['pacing'] }) },
  { name: 'dma', key: 'dma', options: (value) => ({ dma: value as RunOptions['dma'] }) },
  { name: 'vms', key: 'vms', options: (value) => ({ vms: Number(value) }) },
  { name: 'seed', key: 'seeds', options: (value) => ({ seed: Number(value) }) },
  { name: 'atc', key: 'atc', options: (value) => ({ atc: [String(value)] }) },
  { name: 'strategy', key: 'strategies', options: (value) => ({ strategies: [String(value)] }) },
];

/** Index of the axis that the parameters of `set` come after. */
export const SET_AFTER = AXES.findIndex(({ name }) => name === 'profile');

/** Values of `axis` in `study`. */
export function axisValues(axis: Axis, study: StudyFile): readonly (AxisValue | undefined)[] {
  const values: readonly AxisValue[] = study[axis.key] ?? [];
  const expanded = axis.name === 'strategy' ? values.flatMap((v) => (v === 'all' ? strategyNames() : [v])) : values;
  return expanded.length === 0 ? [axis.fallback] : expanded;
}

/** Values of one parameter of `set`; as texts they are what `--set` takes. */
export function parameterValues(values: NonNullable<StudyFile['set']>[string]): ParameterValue[] {
  if (Array.isArray(values)) return values.map(parameterValue);
  const { from, to, step, times } = values;
  const all: number[] = [];
  for (let value = from; value <= to; value = times === undefined ? value + (step ?? 1) : value * times) {
    all.push(value);
  }
  return all;
}

/** A value as the study writes it; a text that spells a number is one. */
export function parameterValue(written: ParameterValue): ParameterValue {
  return typeof written === 'string' && String(Number(written)) === written ? Number(written) : written;
}

/** Number of values that `parameterValues` yields, without making them. */
export function parameterCount(values: NonNullable<StudyFile['set']>[string]): number {
  if (Array.isArray(values)) return values.length;
  const { from, to, step, times } = values;
  if (times === undefined) return Math.floor((to - from) / (step ?? 1)) + 1;
  let count = 0;
  for (let value = from; value <= to; value *= times) count++;
  return count;
}
