/** The page of `replay` and `compare`, section by section; a section appears when the document has something for it. */
import type { ResultDocument, StrategyResult } from '../../results/document.js';
import type { ReportContext } from '../reporter.js';
import { baselineOf, versusBaseline } from '../table/comparison.js';
import { formatRatio } from '../table/format.js';
import {
  amplificationBars,
  breakdownBars,
  type Chart,
  cpuBars,
  latencyCurves,
  missBars,
  slowestTimeline,
} from './charts.js';
import { addCurves } from './curves.js';
import { addIncidents, addMigrations, addStructures } from './details.js';
import { hostCommandsByCause, intervalsOf, labelsOf, mainEntriesOf, missesOf, type Parts, partNames } from './parts.js';
import { type Cell, type DataTable, numberCell, PageShell } from './shell.js';
import { addGates, addMedians } from './verdicts.js';

/** Columns of the main table: heading, and where the number is in a result. */
const COLUMNS: readonly (readonly [heading: string, path: string])[] = [
  ['submissions', 'latency.submission.count'],
  ['mean ns', 'latency.submission.mean_ns'],
  ['p50 ns', 'latency.submission.p50_ns'],
  ['p90 ns', 'latency.submission.p90_ns'],
  ['p99 ns', 'latency.submission.p99_ns'],
  ['p99.9 ns', 'latency.submission.p99_9_ns'],
  ['max ns', 'latency.submission.max_ns'],
  ['guest commands', 'amplification.guest_commands'],
  ['host commands', 'amplification.host_commands'],
  ['host/guest', 'amplification.host_per_guest'],
  ['added SYNCs', 'amplification.added_syncs'],
  ['exits', 'amplification.exits'],
  ['ioctls', 'amplification.ioctls'],
  ['main TLB misses', 'tlb.main.misses'],
  ['stale after SYNC', 'safety.stale_after_sync'],
];

/** Column after which the ratio to the baseline stands. */
const RATIO_AFTER = 'mean ns';

/** The whole page. */
export function resultPage(report: ResultDocument, context: ReportContext): string {
  const { results, provenance } = report;
  const { tool, profile, pacing, dma } = provenance;
  const share = Math.round(Number(profile.estimate_share) * 100);
  const shell = new PageShell(
    `Invalidations of ${provenance.traces.map(({ file }) => file).join(', ')}`,
    `${tool.name} ${tool.version}; profile ${profile.name}, ${share} % of the time rests on estimates; pacing ${pacing}, DMA ${dma}. All times are of the simulated hardware.`,
  );
  addGates(shell, report);
  shell.heading('Strategies');
  shell.sortableTable(mainTable(report, context));
  addMedians(shell, report, context);
  addCharts(shell, results);
  addCurves(shell, report.miss_ratio_curves ?? [], mainEntriesOf(results));
  addStructures(shell, results);
  addOverTime(shell, results);
  addSlowest(shell, results);
  addIncidents(shell, results);
  addMigrations(shell, results);
  return shell.text(report);
}

function mainTable({ results }: ResultDocument, { baseline }: ReportContext): DataTable {
  const names = labelsOf(results);
  const columns = COLUMNS.flatMap(([heading, path]) => {
    const own = { heading, path, of: (result: StrategyResult) => numberCell(valueAt(result, path)) };
    if (baseline === undefined || heading !== RATIO_AFTER) return [own];
    const ratio = (result: StrategyResult): Cell => {
      const peers = results.filter(({ trace }) => trace === result.trace);
      const value = versusBaseline({ result, baseline: baselineOf(result, peers, baseline) });
      return value === undefined ? { value: null } : { value, text: formatRatio(value) };
    };
    return [own, { heading: 'vs base', path: undefined, of: ratio }];
  });
  return {
    label: baseline === undefined ? 'Strategies' : `Strategies, mean against ${baseline.strategy}`,
    headings: ['strategy', ...columns.map(({ heading }) => heading)],
    paths: [undefined, ...columns.map(({ path }) => path)],
    rows: results.map((result, at) => [names[at], ...columns.map(({ of }) => of(result))]),
  };
}

/** The number at a dotted path; null if there is none. */
function valueAt(result: StrategyResult, path: string): number | null {
  let node: unknown = result;
  for (const segment of path.split('.')) node = (node as Record<string, unknown> | null | undefined)?.[segment];
  return typeof node === 'number' ? node : null;
}

function addCharts(shell: PageShell, results: readonly StrategyResult[]): void {
  const { document } = shell;
  const withSyncs = results.filter(({ latency }) => latency.submission.count > 0);
  const bars = (
    draw: (document: Document, results: readonly StrategyResult[]) => Chart,
    of: (result: StrategyResult) => Parts,
    all: readonly StrategyResult[],
    label: string,
    caption: string,
  ) => shell.figure(draw(document, all), caption, partTable(all, of, label));
  if (withSyncs.length > 0) {
    shell.heading('Submission latency');
    shell.figure(
      latencyCurves(document, withSyncs),
      'PROD write until the guest sees its SYNC done; further left is faster. Steps are the histogram’s bucket ends.',
      bucketTable(withSyncs),
    );
    shell.heading('Where the time goes');
    const stages = ({ latency }: StrategyResult) => latency.breakdown_ns;
    bars(breakdownBars, stages, withSyncs, 'Mean ns by stage', 'Mean time of a submission by stage.');
  }
  shell.heading('Amplification');
  const causes = ({ amplification }: StrategyResult) => hostCommandsByCause(amplification);
  const caption = 'Commands that the SMMU executes: the guest’s own, and those that the strategy adds.';
  bars(amplificationBars, causes, results, 'Host commands by cause', caption);
  const cpu = ({ host }: StrategyResult) => host.cpu_ns;
  if (results.some((result) => isAnyPositive(cpu(result)))) {
    shell.heading('Host CPU time');
    bars(
      cpuBars,
      cpu,
      results,
      'Host CPU ns by thread',
      'CPU time that the host spends on the whole trace, by thread.',
    );
  }
  if (results.some((result) => isAnyPositive(missesOf(result)))) {
    shell.heading('TLB misses');
    bars(missBars, missesOf, results, 'Misses of the main TLB by cause', 'Misses of the main TLB by cause.');
  }
}

const isAnyPositive = (parts: Parts) => Object.values(parts).some((value) => value > 0);

/** One row per result, one column per part that any has. */
function partTable(
  results: readonly StrategyResult[],
  of: (result: StrategyResult) => Parts,
  label: string,
): DataTable {
  const names = labelsOf(results);
  const parts = partNames(results.map(of));
  return {
    label,
    headings: ['strategy', ...parts],
    rows: results.map((result, at) => [names[at], ...parts.map((part) => numberCell(of(result)[part] ?? 0))]),
  };
}

function bucketTable(results: readonly StrategyResult[]): DataTable {
  const names = labelsOf(results);
  return {
    label: 'Submissions by latency',
    headings: ['strategy', 'up to ns', 'submissions', 'share so far'],
    rows: results.flatMap(({ latency }, at) => {
      let below = 0;
      return latency.submission.histogram.map(([boundNs, inBucket]) => {
        below += inBucket;
        const share = numberCell(below / latency.submission.count);
        return [names[at], numberCell(boundNs), numberCell(inBucket), share];
      });
    }),
  };
}

function addOverTime(shell: PageShell, results: readonly StrategyResult[]): void {
  const names = labelsOf(results);
  for (const [at, { main_tlb_over_time: series }] of results.entries()) {
    const causes = Object.entries(series?.misses_by_cause ?? {}).filter(([, bins]) => bins.some((count) => count > 0));
    if (series === undefined || causes.length === 0) continue;
    shell.heading(`TLB misses over time: ${names[at]}`);
    shell.scriptFigure(
      'over-time',
      at,
      `Misses of the main TLB by cause over trace time, ${names[at]}`,
      `Misses of the main TLB per ${series.bin_ns / 1e6} ms of trace time. Drag to zoom, double-click to see all.`,
      {
        label: `Misses over time, ${names[at]}`,
        headings: ['from ns', 'lookups', ...causes.map(([cause]) => cause)],
        rows: series.lookups.flatMap((lookups, bin) => {
          if (lookups === 0) return [];
          const fromNs = numberCell(series.start_ns + bin * series.bin_ns);
          return [[fromNs, numberCell(lookups), ...causes.map(([, bins]) => numberCell(bins[bin]))]];
        }),
      },
    );
  }
}

function addSlowest(shell: PageShell, results: readonly StrategyResult[]): void {
  const names = labelsOf(results);
  for (const [at, { slowest_submissions: slowest = [] }] of results.entries()) {
    if (slowest.length === 0) continue;
    shell.heading(`Slowest submissions: ${names[at]}`);
    const resolutionNs = Math.max(...slowest.map(({ course }) => course?.resolution_ns ?? 0));
    const isSummed = slowest.some(({ course }) => course === undefined);
    const order = isSummed
      ? 'its stages summed'
      : resolutionNs === 0
        ? 'each stage from when to when'
        : `each stage from when to when; of long ones, short stages are put together within ${resolutionNs} ns`;
    shell.figure(
      slowestTimeline(shell.document, slowest, names[at]),
      `Each from its PROD write on, ${order}. The slowest first.`,
      {
        label: `Slowest submissions, ${names[at]}`,
        headings: ['event', 'vCPU', 'commands', 'stage', 'from ns', 'until ns'],
        rows: slowest.flatMap((one) =>
          intervalsOf(one).map(({ stage, fromNs, untilNs }) => [
            numberCell(one.event),
            numberCell(one.vcpu),
            numberCell(one.commands),
            stage,
            numberCell(fromNs),
            numberCell(untilNs),
          ]),
        ),
      },
    );
  }
}
