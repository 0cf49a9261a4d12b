/** Sections of the page with time on their axis: misses over trace time, and the slowest operations from their begin on. */
import type { StrategyResult } from '../../results/document.js';
import { COLOURS, slowestCourses, stageLegend } from './charts.js';
import { groupsOf, intervalsOf, type Slow, stageNames } from './parts.js';
import { type DataTable, numberCell, type PageShell } from './shell.js';

/** Add the course of the main TLB's misses: strategies whose course is the same share a chart. */
export function addOverTime(shell: PageShell, results: readonly StrategyResult[]): void {
  const groups = groupsOf(results, ({ main_tlb_over_time: series }) =>
    series !== undefined && causesOf(series).length > 0 ? series : undefined,
  );
  if (groups.length === 0) return;
  shell.heading('TLB misses over time');
  for (const { label, at } of groups) {
    const series = results[at].main_tlb_over_time!;
    const causes = causesOf(series);
    const names = Object.keys(series.misses_by_cause);
    shell.scriptFigure(
      { className: 'over-time', at, colours: causes.map(([cause]) => COLOURS[names.indexOf(cause)]) },
      `Misses of the main TLB by cause over trace time, ${label}`,
      `${label[0].toUpperCase()}${label.slice(1)}: misses of the main TLB per ${binText(series.bin_ns)} of trace time. Drag to zoom, double-click to see all; keys: + and − zoom, arrows move, 0 shows all.`,
      {
        label: `Misses over time, ${label}`,
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

/** Length of a bin as people read it. */
function binText(ns: number): string {
  const [unit, scale] = ns >= 1e6 ? ['ms', 1e6] : ns >= 1e3 ? ['µs', 1e3] : ['ns', 1];
  return `${Number((ns / scale).toPrecision(3))} ${unit}`;
}

type Series = NonNullable<StrategyResult['main_tlb_over_time']>;

function causesOf({ misses_by_cause }: Series): (readonly [cause: string, bins: readonly number[]])[] {
  return Object.entries(misses_by_cause).filter(([, bins]) => bins.some((count) => count > 0));
}

/** Add the slowest operations, a small chart per strategy. */
export function addSlowest(shell: PageShell, results: readonly StrategyResult[]): void {
  const groups = groupsOf(results, ({ slowest_operations: slowest = [] }) =>
    slowest.length === 0 ? undefined : slowest,
  );
  if (groups.length === 0) return;
  // A page of many strategies would be of little else.
  const drawn = groups.length > 4 ? 4 : 8;
  const shown = groups.map(({ label, at }) => ({ label, slowest: results[at].slowest_operations!.slice(0, drawn) }));
  const stages = stageNames(results);
  const all = shown.flatMap(({ slowest }) => slowest);
  shell.heading('Slowest operations');
  shell.multiples(
    stageLegend(shell.document, stages),
    shown.map(({ label, slowest }) => ({
      title: label,
      chart: (width) => slowestCourses(shell.document, slowest, label, stages, width),
    })),
    `The ${drawn} slowest of each, the slowest first, each from its first PROD write on, ${orderOf(all)}.${gapText(all)} Every chart has its own time axis. The document in the page has up to 16 of each.`,
    slowestTable(shown),
  );
}

/** What is left out of operations in several PROD writes. */
function gapText(slowest: readonly Slow[]): string {
  if (slowest.every(({ span_ns, latency_ns }) => span_ns === latency_ns)) return '';
  return ' The guest’s own work between PROD writes is left out; the span by the clock, in the values, includes it.';
}

function orderOf(slowest: readonly Slow[]): string {
  if (slowest.some(({ course }) => course === undefined)) return 'its stages summed';
  const resolutionNs = Math.max(...slowest.map(({ course }) => course?.resolution_ns ?? 0));
  return resolutionNs === 0
    ? 'each stage from when to when'
    : `each stage from when to when; of long ones, short stages are put together within ${resolutionNs} ns`;
}

function slowestTable(groups: readonly { readonly label: string; readonly slowest: readonly Slow[] }[]): DataTable {
  return {
    label: 'Slowest operations',
    headings: ['strategy', 'event', 'vCPU', 'PROD writes', 'commands', 'held ns', 'span ns', 'stages, each until ns'],
    rows: groups.flatMap(({ label, slowest }) =>
      slowest.map((one) => [
        label,
        numberCell(one.event),
        numberCell(one.vcpu),
        numberCell(one.prod_writes),
        numberCell(one.commands),
        numberCell(one.latency_ns),
        numberCell(one.span_ns),
        intervalsOf(one)
          .map(({ stage, untilNs }) => `${stage} ${untilNs}`)
          .join(', '),
      ]),
    ),
  };
}
