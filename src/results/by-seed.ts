/** One strategy on one trace with several seeds: what differs between the replays. */
import { metricEntry } from './declaration/dictionary.js';
import type { StrategyResult } from './document.js';
import { metricValue } from './metric-value.js';
import { numericLeaves } from './numeric-leaves.js';

/**
 * The metrics of the dictionary that are not the same in all `results`, with their values in the order of `results`; null
 * where one has no value.
 */
export function differingBySeed(results: readonly StrategyResult[]): Record<string, (number | null)[]> {
  const leaves = results.map((result) => new Map(numericLeaves(result)));
  const paths = new Set(leaves.flatMap((of) => [...of.keys()]));
  const differing: Record<string, (number | null)[]> = {};
  for (const path of paths) {
    if (leaves.every((of) => of.get(path) === leaves[0].get(path))) continue;
    const entry = metricEntry(path);
    if (entry === undefined) continue;
    const values = results.map((result) => metricValue(result, path, entry));
    if (values.some((value) => value !== values[0])) differing[path] = values;
  }
  return differing;
}
