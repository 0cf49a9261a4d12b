/** The table of `compare`: one row per strategy and targeting, one block per trace. */
import { geometricMean } from 'simple-statistics';
import { perUnmap } from '../../metrics/per-unmap.js';
import { METRICS } from '../../metrics/registry.js';
import { baselineResultOf } from '../../results/baseline-row.js';
import type { CacheResult, ResultDocument, StrategyResult } from '../../results/document.js';
import { flushNote } from '../caveats.js';
import { valueAt } from '../headlines.js';
import type { ReportContext } from '../reporter.js';
import { renderAgainst } from './diff.js';
import { renderFooter } from './footer.js';
import { formatCount, formatNs, formatRatio, formatShare, NO_VALUE } from './format.js';
import { renderGates } from './gates.js';
import { renderIncidents } from './incidents.js';
import { type Column, drawTable, sectionTitle, type TextStyle } from './layout.js';
import { renderMedians } from './medians.js';

/** One row: a result and the one that all of its trace are compared with. */
export interface ComparisonRow {
  readonly result: StrategyResult;
  readonly baseline: StrategyResult | undefined;
}

/** The rows of one trace as texts, for outputs that draw tables of their own. */
export interface ComparisonTexts {
  readonly trace: string;
  readonly headings: readonly { readonly text: string; readonly align: 'left' | 'right' }[];
  readonly rows: readonly (readonly string[])[];
}

/** The comparison with every column, per trace. */
export function comparisonOf(document: ResultDocument, context: ReportContext): ComparisonTexts[] {
  const columns = comparisonColumns(context);
  return [...new Set(document.results.map((result) => result.trace))].map((trace) => {
    const results = document.results.filter((result) => result.trace === trace);
    const baseline = baselineResultOf(trace, results, context.baseline);
    const rows = results.map((result) => ({ result, baseline }));
    return {
      trace,
      headings: columns.map(({ heading, align }) => ({ text: heading, align })),
      rows: rows.map((row) => columns.map(({ cell }) => cell(row))),
    };
  });
}

/** All results of `document` against `context.baseline`. */
export function renderComparison(document: ResultDocument, context: ReportContext): string {
  const traces = [...new Set(document.results.map((result) => result.trace))];
  const columns = comparisonColumns(context);
  const dropped = new Set<string>();
  let text = '';
  const all: ComparisonRow[] = [];
  for (const trace of traces) {
    const results = document.results.filter((result) => result.trace === trace);
    const baseline = baselineResultOf(trace, results, context.baseline);
    const rows = results.map((result) => ({ result, baseline }));
    const table = drawTable(columns, rows, context);
    all.push(...rows);
    for (const heading of table.dropped) dropped.add(heading);
    const incidents = renderIncidents(results, context);
    text += `${traces.length > 1 ? sectionTitle(trace, context) : ''}${table.text}\n`;
    if (incidents !== '') text += `${incidents}\n`;
  }
  if (traces.length > 1) text += `${renderGeometricMeans(all, traces.length, context)}\n`;
  const medians = renderMedians(document, context);
  for (const heading of medians.dropped) dropped.add(heading);
  const notes = dropped.has(perUnmap.column?.heading ?? '') ? [] : flushNote(document);
  const below =
    renderAgainst(document.against, context) +
    renderGates(document, context) +
    renderFooter(document, context, { dropped: [...dropped], notes });
  return text + medians.text + below;
}

/** Mean time of an operation as a multiple of the baseline's. */
export function versusBaseline({ result, baseline }: ComparisonRow): number | undefined {
  const base = baseline?.latency.operation.mean_ns ?? 0;
  return base > 0 && result.latency.operation.count > 0 ? result.latency.operation.mean_ns / base : undefined;
}

/** The main TLB's counters; undefined when the trace has no dma events. */
function mainTlb(result: StrategyResult): CacheResult | undefined {
  return result.tlb?.main as CacheResult | undefined;
}

/** Per strategy and targeting, the geometric mean over all traces of its ratio to the baseline. */
function renderGeometricMeans(rows: readonly ComparisonRow[], traces: number, context: ReportContext): string {
  const groups = new Map<string, ComparisonRow[]>();
  for (const row of rows) {
    const key = `${row.result.strategy} ${row.result.atc}`;
    groups.set(key, [...(groups.get(key) ?? []), row]);
  }
  const columns: Column<ComparisonRow[]>[] = [
    { heading: 'strategy', align: 'left', drop: 0, cell: ([row]) => row.result.strategy },
    { heading: 'atc', align: 'left', drop: 0, cell: ([row]) => row.result.atc },
    {
      heading: 'vs baseline',
      align: 'right',
      drop: 0,
      cell: (group) => {
        const ratios = group.map(versusBaseline).filter((ratio) => ratio !== undefined);
        return ratios.length < traces ? NO_VALUE : formatRatio(geometricMean(ratios));
      },
    },
  ];
  const title = `${traces} traces, geometric mean of the ratios`;
  return sectionTitle(title, context) + drawTable(columns, [...groups.values()], context).text;
}

function ratioStyle(row: ComparisonRow): TextStyle | undefined {
  const ratio = versusBaseline(row);
  if (ratio === undefined || row.result === row.baseline) return 'dim';
  if (ratio < 1) return 'green';
  return ratio > 1 ? 'red' : undefined;
}

function comparisonColumns(context: ReportContext): Column<ComparisonRow>[] {
  const text = (heading: string, drop: number, cell: (result: StrategyResult) => string): Column<ComparisonRow> => ({
    heading,
    align: 'left',
    drop,
    cell: ({ result }) => cell(result),
  });
  const number = (
    heading: string,
    short: string,
    drop: number,
    cell: (result: StrategyResult) => string,
  ): Column<ComparisonRow> => ({ heading, short, align: 'right', drop, cell: ({ result }) => cell(result) });
  const latency = (key: 'mean_ns' | 'p50_ns' | 'p99_ns' | 'max_ns') => (result: StrategyResult) =>
    result.latency.operation.count === 0 ? NO_VALUE : formatNs(result.latency.operation[key], context);
  return [
    text('strategy', 0, (result) => result.strategy),
    text('atc', 0, (result) => result.atc),
    number('ops', 'ops', 5, (result) => formatCount(result.latency.operation.count)),
    number('mean', 'mean', 0, latency('mean_ns')),
    number('p50', 'p50', 10, latency('p50_ns')),
    number('p99', 'p99', 1, latency('p99_ns')),
    number('max', 'max', 9, latency('max_ns')),
    {
      heading: 'vs baseline',
      short: 'vs base',
      align: 'right',
      drop: 0,
      cell: (row) => formatRatio(versusBaseline(row)),
      style: ratioStyle,
    },
    ...METRICS.flatMap(({ column }) =>
      column === undefined
        ? []
        : [number(column.heading, column.heading, column.drop, (one) => formatNs(valueAt(one, column.path), context))],
    ),
    number('guest cmds', 'guest', 8, (result) => formatCount(result.amplification.guest_commands)),
    number('host cmds', 'host', 6, (result) => formatCount(result.amplification.host_commands)),
    number('host/guest', 'h/g', 0, (result) => formatRatio(result.amplification.host_per_guest)),
    number('exits', 'exits', 4, (result) => formatCount(result.amplification.exits)),
    number('ioctls', 'ioctls', 3, (result) => formatCount(result.amplification.ioctls)),
    number('TLB misses', 'misses', 2, (result) => formatCount(mainTlb(result)?.misses)),
    number('miss %', 'miss %', 0, (result) => formatShare(mainTlb(result)?.miss_ratio)),
    {
      ...number('stale', 'stale', 0, (result) => formatCount(result.safety?.stale_after_sync)),
      style: ({ result }) => ((result.safety?.stale_after_sync ?? 0) > 0 ? 'red' : undefined),
    },
  ];
}
