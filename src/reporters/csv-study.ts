/** CSV of studies, tidy: one row per point and metric, with a column for every axis; of what differs between two documents. */

import type { DiffDocument } from '../diff/document.js';
import { numericLeaves } from '../results/numeric-leaves.js';
import type { SensitivityDocument } from '../results/sensitivity-document.js';
import { axesOf, axisValue } from '../results/study-axes.js';
import type { StudyDocument } from '../results/study-document.js';

type Field = string | number | boolean;

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

/** Header and one row per number that differs, in the order of the document. */
export function* diffRows({ rows, differences }: DiffDocument): Generator<Field[]> {
  const points = rows.map(({ at = {} }): Readonly<Record<string, unknown>> => {
    const { trace: _trace, strategy: _strategy, set, ...axes } = at;
    return { ...axes, ...(typeof set === 'object' ? set : {}) };
  });
  const axes = [...new Set(points.flatMap(Object.keys))];
  yield ['trace', 'strategy', 'atc', ...axes, 'metric', 'unit', 'old', 'new', 'change', 'ratio', 'p', 'significant'];
  for (const { row, metric, unit, old, new: now, change, ratio, test, significant } of differences) {
    const { trace, strategy, atc } = rows[row];
    const place = axes.map((axis) => String(points[row][axis] ?? ''));
    const tested = [test?.mann_whitney?.p ?? '', significant ?? ''];
    yield [trace, strategy, atc, ...place, metric, unit, old, now, change, ratio ?? '', ...tested];
  }
}
