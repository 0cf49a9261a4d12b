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

/** Header and rows, as they are asked for; a failed point has one row, with the metric `error.exit_code`. */
export function* studyRows({ points, pareto }: StudyDocument): Generator<Field[]> {
  const axes = axesOf(points);
  const onFront = new Set(pareto.fronts?.flatMap((front) => front.points.map(({ index }) => index)));
  yield ['point', ...axes, 'metric', 'value'];
  for (const { index, at, result, error } of points) {
    const place = [index, ...axes.map((axis) => axisValue(at, axis))];
    if (error !== undefined) yield [...place, 'error.exit_code', error.exit_code];
    for (const { trace: _trace, strategy: _strategy, atc: _atc, ...metrics } of result?.results ?? []) {
      if (pareto.fronts !== null) yield [...place, 'pareto_front', onFront.has(index) ? 1 : 0];
      for (const [metric, value] of numericLeaves(metrics)) yield [...place, metric, value];
    }
  }
}

/** Header and one row per parameter, each with the ratio that they move and its interval with all drawn at once. */
export function sensitivityRows({ strategy, baseline, ratio, parameters, joint }: SensitivityDocument): Field[][] {
  const [low = '', high = ''] = joint?.paths.find((path) => path.strategy === strategy)?.interval_95 ?? [];
  const header = ['strategy', 'baseline', 'ratio', 'ratio_95_low', 'ratio_95_high', 'key', 'unit', 'value'];
  const rows = parameters.map((row) => [
    ...[strategy, baseline, ratio, low, high, row.key, row.unit, row.value],
    ...[row.low.value, row.low.ratio ?? '', row.high.value, row.high.ratio ?? '', row.swing],
  ]);
  return [[...header, 'low', 'low_ratio', 'high', 'high_ratio', 'swing'], ...rows];
}
