/**
 * Samples of a metric: one per seed for each trace by itself, or one per trace, the median over its seeds. Seeds of one trace
 * are no further traces: pooling both would take one workload for many.
 */

import { medianOf } from '../../numbers/bootstrap.js';
import { leastSamples } from '../../numbers/sign-test.js';
import type { MetricEntry } from '../../results/declaration/dictionary.js';
import type { Over } from '../../results/declaration/statistics.js';
import type { ResultDocument, StrategyResult } from '../../results/document.js';
import { metricValue } from '../../results/metric-value.js';
import { UsageError } from '../../trace/errors.js';
import { baselineResult, type GateBaseline } from '../baseline.js';

/** Confidence of every interval, and the p below which a test is significant. */
export const CONFIDENCE = 0.95;
export const ALPHA = 0.05;
/** With fewer samples nothing is decided. */
export const LEAST_SAMPLES = leastSamples(ALPHA);

/** What is sampled. */
export interface Sampling {
  readonly over: Over;
  /** Seeds that every trace was replayed with. */
  readonly seeds: number;
}

/** One strategy with its targeting, on one trace or on all of them. */
export interface Subject {
  /** Its trace, or `N traces`. */
  readonly trace: string;
  readonly strategy: string;
  readonly atc: string;
  /** One per trace. */
  readonly results: readonly StrategyResult[];
}

/** What samples are of: every result, or every strategy and targeting over all traces. */
export function subjectsOf(results: readonly StrategyResult[], { over }: Sampling): Subject[] {
  if (over === 'seeds') {
    return results.map((result) => {
      const { trace, strategy, atc } = result;
      return { trace, strategy, atc, results: [result] };
    });
  }
  const groups = new Map<string, StrategyResult[]>();
  for (const result of results) {
    const key = `${result.strategy} ${result.atc}`;
    groups.set(key, [...(groups.get(key) ?? []), result]);
  }
  return [...groups.values()].map((group) => {
    const [{ strategy, atc }] = group;
    return { trace: `${group.length} traces`, strategy, atc, results: group };
  });
}

/** What each result of `subject` is held against; undefined if the baseline lacks one of them. */
export function baselineSubject(
  subject: Subject,
  document: ResultDocument,
  baseline: GateBaseline,
): readonly StrategyResult[] | undefined {
  const found = subject.results.map((result) => baselineResult(result, document, baseline));
  return found.includes(undefined) ? undefined : (found as StrategyResult[]);
}

/**
 * Samples of `metric` in their order (seeds, or traces); null if a seed or trace has no value.
 * @throws UsageError for a result whose values are not one per seed
 */
export function samplesOf(
  results: readonly StrategyResult[],
  metric: string,
  entry: MetricEntry,
  { over, seeds }: Sampling,
): number[] | null {
  const perResult = results.map((result) => seedValues(result, metric, entry, seeds));
  if (perResult.some((values) => values.includes(null))) return null;
  const known = perResult as number[][];
  return over === 'seeds' ? known[0] : known.map(medianOf);
}

function seedValues(result: StrategyResult, metric: string, entry: MetricEntry, seeds: number): (number | null)[] {
  const differing = result.by_seed?.[metric];
  if (differing === undefined) return new Array(seeds).fill(metricValue(result, metric, entry));
  if (differing.length === seeds) return [...differing];
  // Only a result that was edited by hand.
  throw new UsageError(`by_seed of ${metric}: expected ${seeds} values, one per seed, found ${differing.length}`);
}

/** True if all values are one. */
export function isConstant(values: readonly number[]): boolean {
  return values.every((value) => value === values[0]);
}
