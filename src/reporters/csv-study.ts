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
