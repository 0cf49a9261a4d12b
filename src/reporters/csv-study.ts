/** CSV of studies: tidy, one row per point and metric, with a column for every axis. */

import { numericLeaves } from '../results/numeric-leaves.js';
import type { SensitivityDocument } from '../results/sensitivity-document.js';
import type { Coordinates, StudyDocument } from '../results/study-document.js';

type Field = string | number | boolean;

/** Names of all axes of `points`, parameters of `set` last, each where it first occurs. */
export function axesOf(points: StudyDocument['points']): string[] {
  const axes = new Set(points.flatMap(({ at: { set: _set, ...rest } }) => Object.keys(rest)));
  const parameters = new Set(points.flatMap(({ at }) => Object.keys(at.set)));
  return [...axes, ...parameters];
}

/** Value of an axis at a point; empty where the point has none. */
export function axisValue({ set, ...axes }: Coordinates, axis: string): string {
  return String(set[axis] ?? axes[axis] ?? '');
}

/** Header and rows; a failed point has one row, with the metric `error.exit_code`. */
export function studyRows({ points, pareto }: StudyDocument): Field[][] {
  const axes = axesOf(points);
  const onFront = new Set(pareto.fronts?.flatMap((front) => front.points.map(({ index }) => index)));
  const rows = points.flatMap(({ index, at, result, error }) => {
    const place = [index, ...axes.map((axis) => axisValue(at, axis))];
    if (error !== undefined) return [[...place, 'error.exit_code', error.exit_code]];
    const front: [string, number][] = pareto.fronts === null ? [] : [['pareto_front', onFront.has(index) ? 1 : 0]];
    return (result?.results ?? []).flatMap(({ trace: _trace, strategy: _strategy, atc: _atc, ...metrics }) =>
      [...front, ...numericLeaves(metrics)].map(([metric, value]) => [...place, metric, value]),
    );
  });
  return [['point', ...axes, 'metric', 'value'], ...rows];
}

/** Header and one row per parameter. */
export function sensitivityRows({ strategy, baseline, ratio, parameters }: SensitivityDocument): Field[][] {
  const header = ['strategy', 'baseline', 'ratio', 'key', 'unit', 'value', 'low', 'low_ratio', 'high', 'high_ratio'];
  const rows = parameters.map(({ key, unit, value, low, high, swing }) => [
    strategy,
    baseline,
    ratio,
    key,
    unit,
    value,
    low.value,
    low.ratio ?? '',
    high.value,
    high.ratio ?? '',
    swing,
  ]);
  return [[...header, 'swing'], ...rows];
}
