/** The number that a metric has in a result. */
import type { MetricEntry } from './declaration/dictionary.js';
import type { StrategyResult } from './document.js';

/**
 * The number at the dotted path `metric`; null if there is none.
 * @param entry what the dictionary says of it: in a mapping that leaves zeros out, what is missing is zero
 */
export function metricValue(
  result: StrategyResult,
  metric: string,
  { isSparse }: Pick<MetricEntry, 'isSparse'>,
): number | null {
  const segments = metric.split('.');
  const last = segments.pop() ?? '';
  let parent: unknown = result;
  for (const segment of segments) parent = (parent as Record<string, unknown> | null | undefined)?.[segment];
  if (parent === null || parent === undefined) return null;
  // Percentiles of nothing are no zeros.
  if ((parent as { count?: unknown }).count === 0 && last !== 'count') return null;
  const value = (parent as Record<string, unknown>)[last];
  return typeof value === 'number' ? value : isSparse ? 0 : null;
}
