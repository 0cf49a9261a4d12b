/** The numbers that dashboards follow over time. */
import { type MetricEntry, metricDictionary } from '../results/declaration/dictionary.js';
import type { StrategyResult } from '../results/document.js';

/** The headline metrics of `result` that it has a value for. */
export function headlinesOf(result: StrategyResult): (readonly [MetricEntry, number])[] {
  return metricDictionary()
    .filter((entry) => entry.isHeadline)
    .flatMap((entry) => {
      const value = valueAt(result, entry.path);
      return value === undefined ? [] : [[entry, value] as const];
    });
}

/** The number at a dotted path; undefined if there is none. */
function valueAt(result: StrategyResult, path: string): number | undefined {
  let node: unknown = result;
  for (const segment of path.split('.')) node = (node as Record<string, unknown> | null | undefined)?.[segment];
  return typeof node === 'number' ? node : undefined;
}
