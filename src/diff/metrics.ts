/** The numbers of two results of one row that differ, and what several seeds say of them. */
import { isDeepStrictEqual } from 'node:util';
import { compared } from '../gates/sampling/medians.js';
import { ALPHA, isConstant, type Sampling, samplesOf } from '../gates/sampling/samples.js';
import { medianOf } from '../numbers/bootstrap.js';
import { mannWhitney } from '../numbers/mann-whitney.js';
import { type MetricEntry, metricEntry } from '../results/declaration/dictionary.js';
import type { Difference } from '../results/declaration/differences.js';
import type { StrategyResult } from '../results/document.js';
import { metricValue } from '../results/metric-value.js';
import { numericLeaves } from '../results/numeric-leaves.js';
import { isPerOperation } from '../results/per-operation.js';

/** How two results are compared. */
export interface Comparing {
  /** Of different recordings: no totals. */
  readonly isAcross: boolean;
  /** Both documents have the same seeds. */
  readonly sampling: Sampling | undefined;
}

/** A number before its row is known. */
export type RowDifference = Omit<Difference, 'row' | 'share_of_mean_change' | 'detail'> & {
  readonly isHeadline: boolean;
};

/** What the two results of a row come to. */
export interface RowNumbers {
  readonly differences: readonly RowDifference[];
  readonly onlyInOld: readonly string[];
  readonly onlyInNew: readonly string[];
}

/** Compare every number of `old` and `now`; those per unmap only where unmaps are counted alike. */
export function compareNumbers(old: StrategyResult, now: StrategyResult, comparing: Comparing): RowNumbers {
  const isCountedAlike = old.per_unmap?.counted_from === now.per_unmap?.counted_from;
  const [before, after] = [old, now].map(
    (result) =>
      new Map(leavesOf(result, comparing).filter(([path]) => isCountedAlike || !path.startsWith('per_unmap.'))),
  );
  const differences: RowDifference[] = [];
  const onlyInOld: string[] = [];
  const onlyInNew: string[] = [];
  for (const path of new Set([...before.keys(), ...after.keys()])) {
    if (before.get(path) === after.get(path) && isDeepStrictEqual(old.by_seed?.[path], now.by_seed?.[path])) continue;
    const entry = entryOf(path);
    const value = (result: StrategyResult, leaves: ReadonlyMap<string, number>) =>
      entry === undefined || path.startsWith(DERIVED) ? (leaves.get(path) ?? null) : metricValue(result, path, entry);
    const [was, is] = [value(old, before), value(now, after)];
    if (was === null && is === null) continue;
    if (was === null) onlyInNew.push(path);
    else if (is === null) onlyInOld.push(path);
    else differences.push(...difference(path, entry, was, is, samples(old, now, path, entry, comparing)));
  }
  return { differences, onlyInOld, onlyInNew };
}

/** Prefix of totals that are divided by the operations, which results do not have. */
const DERIVED = 'per_operation.';

/** Totals that are comparable so. */
const TOTALS = ['exits', 'ioctls', 'host_commands', 'guest_commands', 'pcie_invalidations'] as const;

function leavesOf(result: StrategyResult, { isAcross }: Comparing): [string, number][] {
  const leaves = numericLeaves(result);
  if (!isAcross) return leaves;
  const { count } = result.latency.operation;
  const divided = TOTALS.map((key): [string, number] => [`${DERIVED}${key}`, result.amplification[key] / count]);
  return [...leaves.filter(([path]) => isPerOperation(path)), ...(count === 0 ? [] : divided)];
}

const known = new Map<string, MetricEntry | undefined>();

function entryOf(path: string): MetricEntry | undefined {
  if (!known.has(path)) {
    const isDerived = path.startsWith(DERIVED);
    const entry = metricEntry(isDerived ? path.replace(DERIVED, 'amplification.') : path);
    known.set(path, isDerived && entry !== undefined ? { ...entry, unit: 'ratio' } : entry);
  }
  return known.get(path);
}

type Samples = readonly [old: readonly number[], now: readonly number[]];

function samples(
  old: StrategyResult,
  now: StrategyResult,
  path: string,
  entry: MetricEntry | undefined,
  { sampling }: Comparing,
): Samples | undefined {
  if (sampling === undefined || entry === undefined || path.startsWith(DERIVED)) return undefined;
  const [before, after] = [old, now].map((result) => samplesOf([result], path, entry, sampling));
  return before === null || after === null ? undefined : [before, after];
}

function difference(
  metric: string,
  entry: MetricEntry | undefined,
  was: number,
  is: number,
  sampled: Samples | undefined,
): RowDifference[] {
  const [old, now] = sampled === undefined ? [was, is] : sampled.map(medianOf);
  if (old === now && (sampled === undefined || isDeepStrictEqual(sampled[0], sampled[1]))) return [];
  const { unit = '', direction = 'neutral', isHeadline = false } = entry ?? {};
  const ratio = old === 0 ? null : now / old;
  const numbers = { metric, unit, direction, old, new: now, change: now - old, ratio };
  if (sampled === undefined) return [{ ...numbers, isHeadline }];
  return [{ ...numbers, ...tested(sampled, isHeadline || isStage(metric)), isHeadline }];
}

/** Intervals are of the numbers that people read; every number has its test. */
function tested([old, now]: Samples, hasInterval: boolean): Pick<Difference, 'test' | 'significant'> {
  // Every seed says the same: there is nothing to estimate.
  if (isConstant(old) && isConstant(now)) return {};
  const { p } = mannWhitney(now, old);
  const significant = p < ALPHA;
  return hasInterval
    ? { test: compared(now, old, { over: 'seeds', seeds: now.length }), significant }
    : { significant };
}

/** A stage of the mean time of an operation. */
export function isStage(metric: string): boolean {
  return metric.startsWith('latency.breakdown_ns.');
}
