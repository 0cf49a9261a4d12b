/** The numbers that dashboards follow over time. */
import { type MetricEntry, metricDictionary } from '../results/declaration/dictionary.js';
import type { Interval } from '../results/declaration/statistics.js';
import type { ResultDocument, StrategyResult } from '../results/document.js';

/** One number, and the interval of it if it is a median of several seeds that differ. */
export type Headline = readonly [MetricEntry, number, Interval?];

/** The headline metrics of `result`, one of `document`'s, that it has a value for: medians if there are several seeds. */
export function headlinesOf(result: StrategyResult, { statistics }: ResultDocument): Headline[] {
  const medians = statistics?.over !== 'seeds' ? [] : statistics.medians;
  const mine = medians.filter(
    ({ trace, strategy, atc }) => trace === result.trace && strategy === result.strategy && atc === result.atc,
  );
  return metricDictionary()
    .filter((entry) => entry.isHeadline)
    .flatMap((entry): Headline[] => {
      const median = mine.find(({ metric, is_exact }) => metric === entry.path && !is_exact);
      if (median !== undefined) {
        return [median.interval === null ? [entry, median.median] : [entry, median.median, median.interval]];
      }
      const value = valueAt(result, entry.path);
      return value === undefined ? [] : [[entry, value]];
    });
}

/** The number at a dotted path; undefined if there is none. */
function valueAt(result: StrategyResult, path: string): number | undefined {
  let node: unknown = result;
  for (const segment of path.split('.')) node = (node as Record<string, unknown> | null | undefined)?.[segment];
  return typeof node === 'number' ? node : undefined;
}
