/** The page of `replay` and `compare`, section by section; a section appears when the document has something for it. */
import type { ComparedRow, ReportColumn } from '../../columns/column.js';
import { columnsNamed } from '../../columns/registry.js';
import { sortedRows } from '../../columns/rows.js';
import { baselineResultOf } from '../../results/baseline-row.js';
import type { ResultDocument, StrategyResult } from '../../results/document.js';
import { flushNote } from '../caveats.js';
import { type ReportContext, WIDE } from '../reporter.js';
import { comparisonOf } from '../table/comparison.js';
import { baselineName, footerOf } from '../table/footer.js';
import { formatValue } from '../table/format.js';
import { factsOf } from '../table/single.js';
import { addAnswer } from './answer.js';
import { type BarRow, type BarScale, latencyCurves, stackedBars } from './charts.js';
import { addOverTime, addSlowest } from './course.js';
import { addCurves } from './curves.js';
import { addIncidents, addMetrics, addMigrations, addSpans, addStructures } from './details.js';
import {
  type Group,
  groupsOf,
  hostCommandsByCause,
  labelsOf,
  mainEntriesOf,
  missesOf,
  type Parts,
  partNames,
  STAGE_DOMAIN,
} from './parts.js';
import { type Cell, type DataTable, numberCell, PageShell, timeCell } from './shell.js';
import { addAgainst, addGates, addMedians } from './verdicts.js';

/** Columns of the main table behind the strategy: those that decide come first. */
const COLUMNS = columnsNamed(
  'ops',
  'mean',
  'vs base',
  'p99',
  'saved',
  'est %',
  'exits',
  'p50',
  'p90',
  'p99.9',
  'max',
  'stall',
  'per unmap',
  'guest cmds',
  'host cmds',
  'h/g',
  'ioctls',
  'miss/tr',
  'micro hits',
  'stale',
  'races',
);

/** What the columns are of: the page may be read without the documentation. */
const HOW_TO_READ =
  'An operation is everything that a vCPU publishes up to the CMD_SYNC that it waits for, in one PROD write or several. Its time is that for which the path holds the vCPU: in each PROD write until the guest runs on, and waiting for the SYNC; the guest’s own work in between is not in it. Stall: all of it summed, unfinished operations included. Saved: the stall that the guest is spared, against the baseline. Est %: part of the time, waits left out, that rests on estimates. Misses/translation: of the main TLB, behind the micro TLB whose hits stand beside them. Per unmap: the stall divided by the guest’s unmaps.';

/** The whole page of `report`, whose texts are visible. */
export function resultPage(report: ResultDocument, context: ReportContext): PageShell {
  const { results, provenance } = report;
  const { tool, profile, pacing, dma } = provenance;
  const { estimate_share: share } = profile;
  const wide = { ...context, ...WIDE };
  const estimates =
    share === undefined
      ? ''
      : `, ${Math.round(share * 100)} % of the time${results.length > 1 ? ' of all rows together' : ''} rests on estimates`;
  const shell = new PageShell(
    `Invalidations of ${provenance.traces.map(({ file }) => file).join(', ')}`,
    `${tool.name} ${tool.version}; profile ${profile.name}${estimates}; pacing ${pacing}, DMA ${dma}. All times are of the simulated hardware.`,
  );
  addGates(shell, report);
  addAnswer(shell, report, context);
  shell.heading('Strategies');
  shell.sortableTable(mainTable(report, context));
  shell.list(tableNotes(report, wide));
  shell.paragraph(HOW_TO_READ);
  const { sources, notes } = footerOf(report, wide, { dropped: [], notes: flushNote(report) });
  shell.notes(notes);
  addMedians(shell, report, context);
  addAgainst(shell, report, context);
  addCharts(shell, results);
  addCurves(shell, report.miss_ratio_curves ?? [], mainEntriesOf(results));
  addStructures(shell, results);
  addOverTime(shell, results);
  addSlowest(shell, results);
  addIncidents(shell, results);
  addMigrations(shell, results);
  shell.heading('In words');
  shell.paragraph('What the report of each strategy says in the terminal.');
  for (const [at, label] of labelsOf(results).entries()) shell.folded(label, factsOf(results[at], wide));
  shell.heading('Where the numbers come from');
  shell.list(sources);
  return shell;
}

/** What the terminal says below its table: what does not tell rows apart, and of what something is saved. */
function tableNotes(report: ResultDocument, context: ReportContext): string[] {
  if (context.baseline === undefined) return [];
  const compared = comparisonOf(report, context);
  return compared.flatMap(({ trace, notes }) =>
    notes.map((note) => (compared.length > 1 ? `${trace}: ${note}` : note)),
  );
}

function mainTable(report: ResultDocument, context: ReportContext): DataTable {
  const { results } = report;
  const { baseline } = context;
  const names = labelsOf(results);
  const columns = (context.columns ?? COLUMNS).filter(
    ({ needsBaseline, unit }) => unit !== undefined && (baseline !== undefined || needsBaseline !== true),
  );
  const rows = results.map((result, at) => ({
    name: names[at],
    row: { result, baseline: baselineResultOf(result.trace, results, baseline) },
  }));
  const sorted = sortedRows(rows, context.sort, (column, { row }) => column.value(row));
  return {
    label: baseline === undefined ? 'Strategies' : `Strategies, mean against ${baselineName(report, baseline)}`,
    headings: ['strategy', ...columns.map(({ heading }) => heading)],
    paths: [undefined, ...columns.map(({ path }) => path)],
    rows: sorted.map(({ name, row }) => [name, ...columns.map((column) => columnCell(column, row, context))]),
  };
}

/** Times and parts are as people read them; the exact value is beside. */
function columnCell(column: ReportColumn, row: ComparedRow, context: ReportContext): Cell {
  const value = column.value(row);
  if (typeof value === 'string') return value;
  if (column.unit === 'ns') return timeCell(value);
  const isPart = column.unit === 'share' || column.unit === 'ratio';
  return value !== null && isPart ? { value, text: formatValue(value, column.unit, context) } : numberCell(value);
}

/** What the curves are made of. */
function stepsText(results: readonly StrategyResult[]): string {
  return results.every(({ latency }) => latency.operation.steps !== undefined)
    ? 'Every step stands at a time that operations took, at the exact share of those that took no longer; of more than 256 times the curve leaves out some, each less than a 128th of the operations.'
    : 'Where a curve has no exact points its steps are the ends of the histogram’s buckets, right to a quarter of a power of two; the table has the percentiles.';
}

/** A chart of stacked bars with a section of its own. */
interface BarSection {
  readonly heading: string;
  readonly of: (result: StrategyResult) => Parts;
  readonly scale: BarScale;
  readonly caption: string;
  /** Of the table. */
  readonly label: string;
}

const BREAKDOWN: BarSection = {
  heading: 'Where the time goes',
  of: ({ latency }) => latency.breakdown_ns,
  scale: {
    ...{ title: 'Mean time of an operation by stage', unit: 'mean time per operation (µs)', factor: 1e-3 },
    domain: STAGE_DOMAIN,
  },
  caption: 'Mean time for which the path holds a vCPU in an operation, by stage.',
  label: 'Mean ns by stage',
};

const AMPLIFICATION: BarSection = {
  heading: 'Amplification',
  of: ({ amplification }) => hostCommandsByCause(amplification),
  scale: { title: 'Host commands by cause', unit: 'host commands' },
  caption: 'Commands that the SMMU executes: the guest’s own, and those that the strategy adds.',
  label: 'Host commands by cause',
};

const HOST_CPU: BarSection = {
  heading: 'Host CPU time',
  of: ({ host }) => host.cpu_ns,
  scale: { title: 'Host CPU time by thread', unit: 'host CPU time (ms)', factor: 1e-6 },
  caption: 'CPU time that the host spends on the whole trace, by thread.',
  label: 'Host CPU ns by thread',
};

const MISSES: BarSection = {
  heading: 'TLB misses',
  of: missesOf,
  scale: { title: 'Misses of the main TLB by cause', unit: 'misses of the main TLB' },
  caption: 'Misses of the main TLB by cause; strategies with the same misses share a bar.',
  label: 'Misses of the main TLB by cause',
};

function addCharts(shell: PageShell, results: readonly StrategyResult[]): void {
  const { document } = shell;
  const withSyncs = results.filter(({ latency }) => latency.operation.count > 0);
  const everyone = (all: readonly StrategyResult[]) => labelsOf(all).map((label, at) => ({ label, at }));
  if (withSyncs.length > 0) {
    const groups = groupsOf(withSyncs, ({ latency: { operation } }) => operation);
    const shared = groups.length < withSyncs.length ? ' Strategies with the same distribution share a curve.' : '';
    shell.heading('Latency of operations');
    shell.figure(
      (width) => latencyCurves(document, withSyncs, groups, width),
      `Time for which the path holds a vCPU in one operation; further left is faster. Dots: p50, p90, p99 and p99.9. ${stepsText(withSyncs)}${shared}`,
      bucketTable(withSyncs, groups),
    );
    addSpans(shell, withSyncs);
    addBars(shell, withSyncs, everyone(withSyncs), BREAKDOWN);
  }
  addMetrics(shell, results);
  addBars(shell, results, everyone(results), AMPLIFICATION);
  addBars(shell, results, everyone(results), HOST_CPU);
  addBars(
    shell,
    results,
    groupsOf(results, (one) => (isAnyPositive(missesOf(one)) ? missesOf(one) : undefined)),
    MISSES,
  );
}

/** Add a section of bars, one per group; none if there is no amount. */
function addBars(
  shell: PageShell,
  results: readonly StrategyResult[],
  groups: readonly Group[],
  { heading, of, scale, caption, label }: BarSection,
): void {
  const rows = groups.map(({ label, at }) => ({ label, parts: of(results[at]) }));
  if (!rows.some(({ parts }) => isAnyPositive(parts))) return;
  // Amounts that are zero keep their colour, so that a cause or a thread has the same one on every page.
  const drawn = { ...scale, domain: scale.domain ?? [...new Set(rows.flatMap(({ parts }) => Object.keys(parts)))] };
  shell.heading(heading);
  shell.figure((width) => stackedBars(shell.document, rows, drawn, width), caption, partTable(rows, label));
}

const isAnyPositive = (parts: Parts) => Object.values(parts).some((value) => value > 0);

/** One row per bar, one column per part that any has. */
function partTable(rows: readonly BarRow[], label: string): DataTable {
  const names = partNames(rows.map(({ parts }) => parts));
  return {
    label,
    headings: ['strategy', ...names],
    rows: rows.map((row) => [row.label, ...names.map((name) => numberCell(row.parts[name] ?? 0))]),
  };
}

function bucketTable(results: readonly StrategyResult[], groups: readonly Group[]): DataTable {
  return {
    label: 'Operations by latency',
    headings: ['strategy', 'up to ns', 'operations', 'share so far'],
    rows: groups.flatMap(({ label, at }) => {
      const { histogram, count } = results[at].latency.operation;
      let below = 0;
      return histogram.map(([boundNs, inBucket]) => {
        below += inBucket;
        return [label, numberCell(boundNs), numberCell(inBucket), numberCell(below / count)];
      });
    }),
  };
}
