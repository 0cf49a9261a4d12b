/// <reference lib="dom" />
/** The page's static charts, drawn by Observable Plot: they need no script, so they print and mail. */
import * as Plot from '@observablehq/plot';
import type { CurvePoint } from '../../analysis/mrc/document.js';
import type { StrategyResult } from '../../results/document.js';
import { type Group, intervalsOf, type Parts, partNames, type Slow } from './parts.js';

/** One chart: a figure of the page's own document. */
export type Chart = HTMLElement | SVGElement;

const WIDTH = 1160;
/** Width of one of several small charts side by side. */
const SMALL_WIDTH = 560;
/** Operations in a chart of the slowest; the table beside it has all that are kept. */
export const SLOWEST_DRAWN = 8;

/** Colours that differ in lightness too, for prints and for people who see few colours; readable on white and on black. */
const COLOURS = [
  ...['#3b82c4', '#d97706', '#2a9d6f', '#c2410c', '#8b5cf6', '#0891b2', '#be4b8c', '#6b7a1f', '#a16207', '#64748b'],
  ...['#1d4f91', '#f2b84b', '#7fc8a9', '#e58f6e', '#c4b5fd', '#67c7dd', '#e9a3c9', '#aebc5c', '#5b3a0a', '#b8c2cf'],
];

/** What every chart has; its own choice of a class would be another one each time. */
const COMMON = { className: 'plot', style: { fontSize: '13px', fontFamily: 'inherit' } } as const;

/** One bar: its name and its amounts. */
export interface BarRow {
  readonly label: string;
  readonly parts: Parts;
}

/** What the bars of a chart are of. */
export interface BarScale {
  readonly title: string;
  /** Of the axis. */
  readonly unit: string;
  /** Amounts are multiplied by this for the axis (default 1). */
  readonly factor?: number;
  /** Names of the parts in the order of their colours (default: those of the rows). */
  readonly domain?: readonly string[];
}

/** A curve of either document. */
export interface PageCurve {
  readonly trace: string;
  readonly accesses: number;
  readonly cold_misses: number;
  readonly faults: number;
  readonly points: readonly CurvePoint[];
}

/** Share of operations that are done after a time, per strategy, read off the histograms' bucket ends. */
export function latencyCurves(document: Document, results: readonly StrategyResult[], groups: readonly Group[]): Chart {
  const points = groups.flatMap(({ label, at }) => {
    const { histogram, count, min_ns, max_ns } = results[at].latency.operation;
    let below = 0;
    const start = { label, us: Math.max(1, min_ns) / 1000, share: 0 };
    const ends = histogram.map(([boundNs, inBucket]) => {
      below += inBucket;
      return { label, us: Math.max(1, Math.min(boundNs, max_ns)) / 1000, share: below / count };
    });
    return [start, ...ends];
  });
  return Plot.plot({
    document,
    ...COMMON,
    ...{ width: WIDTH, height: 340, marginBottom: 45, marginLeft: 55 },
    ariaLabel: 'Share of operations done within a time, by strategy',
    x: { type: 'log', label: 'time of an operation (µs)', grid: true, tickFormat: (us: number) => `${us}` },
    y: { label: 'share of operations', domain: [0, 1], grid: true, percent: false },
    color: { legend: true, domain: groups.map(({ label }) => label), range: COLOURS },
    marks: [
      Plot.ruleY([0]),
      Plot.line(points, { x: 'us', y: 'share', stroke: 'label', strokeWidth: 2, curve: 'step-after' }),
    ],
  });
}

/** Bars of stacked parts, one per row. */
export function stackedBars(document: Document, rows: readonly BarRow[], scale: BarScale): Chart {
  const { title, unit, factor = 1, domain = partNames(rows.map(({ parts }) => parts)) } = scale;
  const labels = rows.map(({ label }) => label);
  const bars = rows.flatMap(({ label, parts }) =>
    Object.entries(parts).flatMap(([part, value]) => (value > 0 ? [{ label, part, value: value * factor }] : [])),
  );
  const drawn = domain.filter((name) => bars.some(({ part }) => part === name));
  const lines = Math.max(...labels.map((label) => linesOf(label).length));
  return Plot.plot({
    document,
    ...COMMON,
    ...{
      width: WIDTH,
      height: 50 + (14 + 16 * lines) * rows.length,
      marginLeft: labelMargin(labels),
      marginBottom: 45,
    },
    ariaLabel: title,
    x: { label: unit, grid: true },
    y: { label: null, domain: labels, tickFormat: (label: string) => linesOf(label).join('\n'), tickSize: 0 },
    color: { legend: true, domain: drawn, range: drawn.map((name) => COLOURS[domain.indexOf(name) % COLOURS.length]) },
    marks: [
      Plot.barX(bars, {
        ...{ x: 'value', y: 'label', fill: 'part', order: drawn },
        title: ({ label, part, value }: (typeof bars)[number]) => `${label}: ${part} ${Number(value.toPrecision(4))}`,
      }),
      Plot.ruleX([0]),
    ],
  });
}

/** A label of several names in as many lines. */
const linesOf = (label: string) => label.split(/ · |, /);

function labelMargin(labels: readonly string[]): number {
  const longest = Math.max(...labels.flatMap((label) => linesOf(label).map((line) => line.length)));
  return Math.min(400, 20 + 8 * longest);
}

/** The slowest operations of one strategy, each from its first PROD write on, stage by stage. */
export function slowestCourses(
  document: Document,
  slowest: readonly Slow[],
  name: string,
  domain: readonly string[],
): Chart {
  const drawn = slowest.slice(0, SLOWEST_DRAWN);
  const intervals = drawn.flatMap((one) =>
    intervalsOf(one).map(({ stage, fromNs, untilNs }) => ({
      ...{ label: rowName(one), stage, from: fromNs / 1000, until: untilNs / 1000 },
    })),
  );
  const rows = drawn.map(rowName);
  return Plot.plot({
    document,
    ...COMMON,
    ...{ width: SMALL_WIDTH, height: 50 + 20 * rows.length, marginLeft: labelMargin(rows), marginBottom: 45 },
    ariaLabel: `Slowest operations of ${name}, stage by stage from the first PROD write on`,
    x: { label: 'time held since the first PROD write (µs)', grid: true, ticks: 5 },
    y: { label: null, domain: rows, tickSize: 0 },
    color: { domain: domain as string[], range: COLOURS },
    marks: [
      Plot.barX(intervals, {
        ...{ x1: 'from', x2: 'until', y: 'label', fill: 'stage' },
        title: ({ label, stage, from, until }: (typeof intervals)[number]) => `${label}: ${stage} ${from}–${until} µs`,
      }),
      Plot.ruleX([0]),
    ],
  });
}

const rowName = ({ event, vm }: Slow) => `event ${event}${vm > 0 ? ` of VM ${vm}` : ''}`;

/** Colours of stages, for several small charts. */
export function stageLegend(document: Document, domain: readonly string[]): Chart {
  // Plot reads the document of a legend as it does that of a plot, but does not declare it.
  const options = { document, className: 'plot', color: { type: 'ordinal' as const, domain, range: COLOURS } };
  return Plot.legend(options) as Chart;
}

/** Miss ratio by TLB size. */
export function curveChart(document: Document, curves: readonly PageCurve[], sizes: readonly number[]): Chart {
  const points = curves.flatMap(({ trace, points }) => points.map((point) => ({ trace, ...point })));
  const last = Math.max(2, ...points.map(({ entries }) => entries), ...sizes);
  // Beyond the last size the curve stays as it is.
  const ends = curves.map(({ trace, points }) => ({ trace, ...points[points.length - 1], entries: last }));
  return Plot.plot({
    document,
    ...COMMON,
    ...{ width: WIDTH, height: 340, marginBottom: 45, marginLeft: 55 },
    ariaLabel: 'Miss ratio by size of the TLB',
    x: {
      type: 'log',
      base: 2,
      label: 'TLB entries',
      domain: [1, last],
      grid: true,
      tickFormat: (one: number) => `${one}`,
    },
    y: { label: 'miss ratio', domain: [0, 1], grid: true },
    color: { legend: curves.length > 1, domain: curves.map(({ trace }) => trace), range: COLOURS },
    marks: [
      Plot.ruleY([0]),
      Plot.ruleX(sizes, { strokeDasharray: '4 4' }),
      Plot.line([...points, ...ends], {
        ...{ x: 'entries', y: 'miss_ratio', stroke: 'trace', strokeWidth: 2, curve: 'step-after' as const },
      }),
    ],
  });
}
