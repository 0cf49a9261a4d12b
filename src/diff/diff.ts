/** How one result, or study, differs from an earlier one. */
import { isDeepStrictEqual } from 'node:util';
import { compared } from '../gates/sampling/medians.js';
import { LEAST_SAMPLES, type Sampling, samplesOf } from '../gates/sampling/samples.js';
import { medianOf } from '../numbers/bootstrap.js';
import { metricDictionary } from '../results/declaration/dictionary.js';
import type { Differences, DiffRow, OverTraces, Side } from '../results/declaration/differences.js';
import { DIFF_SCHEMA } from '../results/declaration/tags.js';
import type { StrategyResult } from '../results/document.js';
import { isPerOperation } from '../results/per-operation.js';
import { UsageError } from '../trace/errors.js';
import { changedOf, changedReading, recordingPair } from './changed.js';
import type { DiffDocument } from './document.js';
import { type Comparing, compareNumbers } from './metrics.js';
import { bySize, orderRow } from './order.js';
import { pairRows, type RowPair } from './pair-rows.js';
import { type DiffInput, rowsOf } from './side.js';

export type { DiffInput } from './side.js';

/** How documents are compared. */
export interface DiffSettings {
  /** Of different recordings: per operation and per unmap, no totals. */
  readonly isAcross: boolean;
}

/**
 * The whole document.
 * @param tool the one that compares
 * @throws UsageError as `differencesBetween` does, and if no row is in both
 */
export function diffDocuments(
  old: DiffInput,
  now: DiffInput,
  settings: DiffSettings,
  tool: DiffDocument['provenance']['tool'],
): DiffDocument {
  const differences = differencesBetween(old, now, settings);
  if (differences.rows.length === 0) {
    const names = (rows: Differences['only_in_old']) =>
      [...new Set(rows.map(({ strategy, atc }) => `${strategy} (${atc})`))].join(', ') || 'no result at all';
    const { only_in_old: onlyInOld, only_in_new: onlyInNew } = differences;
    throw new UsageError(
      `${now.name}: expected a row that ${old.name} has too (${names(onlyInOld)}), found ${names(onlyInNew)}`,
    );
  }
  return {
    schema: DIFF_SCHEMA,
    provenance: { tool, of: now.document.schema, old: sideOf(old), new: sideOf(now) },
    ...differences,
  };
}

/** What a document says of one that was compared. */
export function sideOf({ file, sha256, document }: DiffInput): Side {
  return { file, ...(sha256 === undefined ? {} : { sha256 }), tool: document.provenance.tool };
}

/**
 * Whatever `now` has otherwise than `old`.
 * @throws UsageError for two kinds of documents, and for different recordings unless they are asked for
 */
export function differencesBetween(old: DiffInput, now: DiffInput, { isAcross }: DiffSettings): Differences {
  if (old.document.schema !== now.document.schema) {
    throw new UsageError(`${now.name}: expected ${old.document.schema} as ${old.name}, found ${now.document.schema}`);
  }
  const [oldRows, newRows] = [rowsOf(old.document), rowsOf(now.document)];
  const { traces, rows, onlyInOld, onlyInNew } = pairRows(old, oldRows, now, newRows, isAcross);
  const compare = (pair: RowPair) => {
    const comparing = { isAcross, sampling: samplingOf(pair) };
    const numbers = compareNumbers(pair.old.result, pair.now.result, comparing);
    const ordered = orderRow(numbers.differences, pair.old.result);
    return { row: rowOf(pair, numbers, isAcross), ...ordered };
  };
  const sorted = rows.map(compare).sort(bySize);
  const overTraces = mediansOverTraces(rows, { isAcross, sampling: undefined });
  return {
    ...(isAcross ? { across: 'recordings' as const } : {}),
    changed: [...changedOf(rows), ...(isAcross ? [] : traces.flatMap(changedReading))],
    ...(isAcross ? { recordings: traces.map((pair) => recordingPair(pair, rows)) } : {}),
    rows: sorted.map(({ row }) => row),
    only_in_old: onlyInOld,
    only_in_new: onlyInNew,
    ...(overTraces.length === 0 ? {} : { over_traces: overTraces }),
    notes: notesOf(rows, isAcross),
    differences: sorted.flatMap(({ differences }, row) => differences.map((one) => ({ row, ...one }))),
  };
}

/** True if anything differs: a number, a list, a row that one of the two has not. */
export function isDifferent({ differences, rows, only_in_old, only_in_new }: Differences): boolean {
  return (
    differences.length + only_in_old.length + only_in_new.length > 0 ||
    rows.some((row) => row.only_in_old.length + row.only_in_new.length + row.not_numbers.length > 0)
  );
}

/** The seeds of both, if they are the same ones. */
function samplingOf({ old, now }: RowPair): Sampling | undefined {
  const [{ seeds: before = 1, seed: first = 0 }, { seeds = 1, seed = 0 }] = [old.provenance, now.provenance];
  return seeds > 1 && seeds === before && seed === first ? { over: 'seeds', seeds } : undefined;
}

function rowOf(
  { old, now }: RowPair,
  { onlyInOld, onlyInNew }: Pick<ReturnType<typeof compareNumbers>, 'onlyInOld' | 'onlyInNew'>,
  isAcross: boolean,
): DiffRow {
  const { trace, strategy, atc, latency } = now.result;
  const { operation: before } = old.result.latency;
  return {
    ...{ trace, strategy, atc },
    ...(now.at === undefined ? {} : { at: now.at }),
    ...(old.result.trace === trace ? {} : { old_trace: old.result.trace }),
    ...(isDeepStrictEqual(before, latency.operation) ? {} : { operation: { old: before, new: latency.operation } }),
    caveats: caveatsOf(old.result, now.result),
    only_in_old: onlyInOld,
    only_in_new: onlyInNew,
    not_numbers: isAcross ? [] : notNumbers(old.result, now.result),
  };
}

function caveatsOf(old: StrategyResult, now: StrategyResult): DiffRow['caveats'] {
  const [before, after] = [old, now].map(({ caveats }) => caveats.map(({ text }) => text));
  return [...new Set([...before, ...after])].map((text) => ({
    in: !after.includes(text) ? 'old' : before.includes(text) ? 'both' : 'new',
    text,
  }));
}

/** Told apart otherwise: names, caveats, samples. */
const NAMED_APART = ['trace', 'strategy', 'atc', 'caveats', 'by_seed'];

/** Dotted paths of what is no number and differs, where both have it. */
function notNumbers(old: unknown, now: unknown, path = ''): string[] {
  if (NAMED_APART.includes(path) || old === undefined || now === undefined) return [];
  if (typeof old === 'number' || typeof now === 'number') return [];
  if (!isMapping(old) || !isMapping(now)) return isDeepStrictEqual(old, now) ? [] : [path];
  return Object.keys(old).flatMap((key) => notNumbers(old[key], now[key], path === '' ? key : `${path}.${key}`));
}

const isMapping = (value: unknown): value is Readonly<Record<string, unknown>> =>
  value !== null && typeof value === 'object' && !Array.isArray(value);

/** Headline metrics of each strategy over the traces, if there are enough of them to decide anything. */
function mediansOverTraces(rows: readonly RowPair[], { isAcross }: Comparing): OverTraces[] {
  const groups = new Map<string, RowPair[]>();
  for (const row of rows) groups.set(row.now.key, [...(groups.get(row.now.key) ?? []), row]);
  const headlines = metricDictionary().filter((one) => one.isHeadline && (!isAcross || isPerOperation(one.path)));
  return [...groups.values()].flatMap((group) => {
    if (group.length < LEAST_SAMPLES) return [];
    const { strategy, atc } = group[0].now.result;
    return headlines.flatMap((entry): OverTraces[] => {
      const [old, now] = (['old', 'now'] as const).map((side) =>
        samplesOf(
          group.map((row) => row[side].result),
          entry.path,
          entry,
          { over: 'traces', seeds: 1 },
        ),
      );
      if (old === null || now === null || isDeepStrictEqual(old, now)) return [];
      const test = compared(now, old, { over: 'traces', seeds: 1 });
      return [
        {
          strategy,
          atc,
          metric: entry.path,
          unit: entry.unit,
          traces: group.length,
          new_median: medianOf(now),
          old: test,
        },
      ];
    });
  });
}

function notesOf(rows: readonly RowPair[], isAcross: boolean): string[] {
  const counted = rows.some(
    ({ old, now }) => old.result.per_unmap?.counted_from !== now.result.per_unmap?.counted_from,
  );
  const seeds = rows.some((row) => samplingOf(row) === undefined && hasSeeds(row));
  return [
    ...(isAcross
      ? [
          'different recordings: numbers per operation and per unmap are compared, totals are not; what the guest did differs, too',
        ]
      : []),
    ...(counted
      ? ['unmaps are not counted alike in both (per_unmap.counted_from): numbers per unmap are not compared']
      : []),
    ...(seeds ? ['not the same seeds in both: results of the first of each are compared, without a test'] : []),
  ];
}

const hasSeeds = ({ old, now }: RowPair): boolean => (old.provenance.seeds ?? 1) + (now.provenance.seeds ?? 1) > 2;
