/** Which rows take the same time, and why batching gains nothing where that is why. */
import { formatNs } from '../../reporters/table/format.js';
import type { StrategyResult } from '../../results/document.js';
import type { Rule } from '../rule.js';
import { listed, namesOf } from '../view.js';
import { UNICODE } from '../words.js';

/** Two paths that differ in batching alone. */
const APART_BY_BATCHING = ['ioctl', 'ioctl-batched'];
/** Mean commands per CMD_SYNC up to which there is little to batch. */
const LITTLE_TO_BATCH = 1.5;

export const sameTimes: Rule = {
  name: 'same-times',
  say({ results }) {
    const groups = new Map<string, StrategyResult[]>();
    for (const row of results.filter(({ latency }) => latency.operation.count > 0)) {
      groups.set(timesOf(row), [...(groups.get(timesOf(row)) ?? []), row]);
    }
    // With one group it would be the table that says it; the largest speaks for all.
    const [largest] = [...groups.values()].sort((one, other) => other.length - one.length);
    if (largest === undefined || largest.length < 2) return undefined;
    const { mean_ns } = largest[0].latency.operation;
    return {
      text: `${whoTakes(largest, results)}, ${formatNs(mean_ns, UNICODE)} on average${batching(largest)}`,
      numbers: { rows_count: largest.length, mean_ns, ...batchingNumbers(largest) },
    };
  },
};

/** Paths, or the targetings of one path. */
function whoTakes(rows: readonly StrategyResult[], results: readonly StrategyResult[]): string {
  const [{ strategy }] = rows;
  if (rows.some((row) => row.strategy !== strategy)) return `${namesOf(rows, results)} take the same time`;
  return `${strategy} takes the same time with ATC targeting ${listed(rows.map(({ atc }) => atc))}`;
}

/** What a table shows of the times of a row. */
function timesOf({ latency: { operation } }: StrategyResult): string {
  return [operation.mean_ns, operation.p50_ns, operation.p99_ns].map((ns) => formatNs(ns, UNICODE)).join(' ');
}

function batching(rows: readonly StrategyResult[]): string {
  const { commands_per_sync_mean: mean, commands_per_sync_max: max } = batchingNumbers(rows);
  if (mean === undefined) return '';
  return `; commands per CMD_SYNC: mean ${Number(mean.toPrecision(3))}, max ${max}, so there is little to batch`;
}

/** What there is to batch, where that is what the rows differ in. */
function batchingNumbers(rows: readonly StrategyResult[]): {
  commands_per_sync_mean?: number;
  commands_per_sync_max?: number;
} {
  const isAboutBatching =
    rows.length === 2 && APART_BY_BATCHING.every((name) => rows.some(({ strategy }) => strategy === name));
  const { commands_per_sync: groups } = rows[0];
  if (!isAboutBatching || groups === undefined || groups.count === 0 || groups.mean > LITTLE_TO_BATCH) return {};
  return { commands_per_sync_mean: groups.mean, commands_per_sync_max: groups.max };
}
