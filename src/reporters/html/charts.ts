/// <reference lib="dom" />
/** The page's static charts, drawn by Observable Plot: they need no script, so they print and mail. */
import * as Plot from '@observablehq/plot';
import type { CurvePoint } from '../../analysis/mrc/document.js';
import type { StrategyResult } from '../../results/document.js';
import { type Group, intervalsOf, type Parts, partNames, type Slow, STAGE_DOMAIN, stepsOf } from './parts.js';

/** One chart: a figure of the page's own document. */
export type Chart = HTMLElement | SVGElement;

/** A chart as wide as there is room, px: a page has it for a desk and for a telephone (shell.ts). */
export type Drawer = (width: number) => Chart;

/** Below this width labels of bars stand over them, and axes have fewer ticks. */
const NARROW = 480;

/** Colours that differ in lightness too, for prints and for people who see few colours; readable on white and on black. */
export const COLOURS = [
  ...['#3b82c4', '#d97706', '#2a9d6f', '#c2410c', '#8b5cf6', '#0891b2', '#be4b8c', '#6b7a1f', '#a16207', '#64748b'],
  ...['#1d4f91', '#f2b84b', '#7fc8a9', '#e58f6e', '#c4b5fd', '#67c7dd', '#e9a3c9', '#aebc5c', '#5b3a0a', '#b8c2cf'],
];

/** What every chart has; its own choice of a class would be another one each time. */
export const COMMON = { className: 'plot', style: { fontSize: '13px', fontFamily: 'inherit' } } as const;

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

/** The table's percentiles, which are marked on the curves. */
const PERCENTILES = [
  ['p50', 0.5, 'p50_ns'],
  ['p90', 0.9, 'p90_ns'],
  ['p99', 0.99, 'p99_ns'],
  ['p99.9', 0.999, 'p99_9_ns'],
] as const;

/** Times on a logarithmic axis, µs; an operation of no time stands at its begin. */
const onLogAxis = (ns: number): number => Math.max(1, ns) / 1000;

/** What a curve is drawn from. */
interface Curve {
  readonly latency: Pick<StrategyResult['latency'], 'operation'>;
}

/** Share of operations that are done after a time, per strategy (parts.ts: `stepsOf`), with the percentiles marked. */
export function latencyCurves(
  document: Document,
  results: readonly Curve[],
  groups: readonly Group[],
  width: number,
): Chart {
  const points = groups.flatMap(({ label, at }) => {
    const { operation } = results[at].latency;
    const steps = stepsOf(operation).map(([ns, upTo]) => ({
      ...{ label, us: onLogAxis(ns), share: upTo / operation.count },
    }));
    return [{ label, us: onLogAxis(operation.min_ns), share: 0 }, ...steps];
  });
  const marks = groups.flatMap(({ label, at }) =>
    PERCENTILES.map(([name, share, key]) => {
      const ns = results[at].latency.operation[key];
      return { label, share, us: onLogAxis(ns), title: `${label}: ${name} ${ns.toLocaleString('en')} ns` };
    }),
  );
  return Plot.plot({
    document,
    ...COMMON,
    ...{ width, height: 340, marginBottom: 45, marginLeft: 55 },
    ariaLabel: 'Share of operations done within a time, by strategy',
    x: {
      type: 'log',
      label: 'time of an operation (µs)',
      grid: true,
      tickFormat: plainTick(width),
      ticks: ticksOf(width),
    },
    y: { label: 'share of operations', domain: [0, 1], grid: true, percent: false },
    color: { legend: true, domain: groups.map(({ label }) => label), range: COLOURS },
    marks: [
      Plot.ruleY([0]),
      Plot.line(points, { x: 'us', y: 'share', stroke: 'label', strokeWidth: 2, curve: 'step-after' }),
      Plot.dot(marks, { x: 'us', y: 'share', fill: 'label', r: 3, title: 'title' }),
    ],
  });
}

/** Ticks that a chart of a width has room for. */
export const ticksOf = (width: number): number => (width < NARROW ? 3 : 8);

/** A number on a logarithmic axis as it is; where there is little room, powers of ten only. */
export const plainTick =
  (width: number) =>
  (value: number): string =>
    width >= NARROW || Number.isInteger(Math.round(Math.log10(value) * 1e9) / 1e9) ? `${value}` : '';

/** Bars of stacked parts, one per row. */
export function stackedBars(document: Document, rows: readonly BarRow[], scale: BarScale, width: number): Chart {
  const { title, unit, factor = 1, domain = partNames(rows.map(({ parts }) => parts)) } = scale;
  const labels = rows.map(({ label }) => label);
  const bars = rows.flatMap(({ label, parts }) =>
    Object.entries(parts).flatMap(([part, value]) => (value > 0 ? [{ label, part, value: value * factor }] : [])),
  );
  const drawn = domain.filter((name) => bars.some(({ part }) => part === name));
  const axis = labelled(labels, width);
  return Plot.plot({
    document,
    ...COMMON,
    ...axis.size,
    ariaLabel: title,
    x: { label: unit, grid: true, ticks: ticksOf(width) },
    y: axis.y,
    color: { legend: true, domain: drawn, range: drawn.map((name) => COLOURS[domain.indexOf(name) % COLOURS.length]) },
    marks: [
      ...axis.marks,
      Plot.barX(bars, {
        ...{ x: 'value', y: 'label', fill: 'part', order: drawn, insetTop: axis.insetTop },
        title: ({ label, part, value }: (typeof bars)[number]) => `${label}: ${part} ${Number(value.toPrecision(4))}`,
      }),
      Plot.ruleX([0]),
    ],
  });
}

/** A label of several names in as many lines. */
const linesOf = (label: string) => label.split(/ · |, /);

/** A row per label: beside its bar, or over it where that would leave the bar no room. */
export function labelled(labels: readonly string[], width: number) {
  const lines = Math.max(...labels.map((label) => linesOf(label).length));
  const y = { label: null, domain: [...labels], tickFormat: (label: string) => linesOf(label).join('\n'), tickSize: 0 };
  const insetTop = width < NARROW ? 16 * lines : 0;
  const height = 50 + (14 + 16 * lines + (insetTop > 0 ? 8 : 0)) * labels.length;
  if (insetTop === 0) {
    return { size: { width, height, marginLeft: labelMargin(labels), marginBottom: 45 }, y, insetTop, marks: [] };
  }
  const over = Plot.text(labels, {
    ...{ y: (label: string) => label, text: (label: string) => linesOf(label).join('\n'), lineAnchor: 'top' as const },
    ...{ frameAnchor: 'left' as const, textAnchor: 'start' as const, dx: 2, dy: -(insetTop + 16) / 2 },
  });
  return {
    size: { width, height, marginLeft: 12, marginBottom: 45 },
    y: { ...y, axis: null },
    insetTop,
    marks: [over],
  };
}

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
  width: number,
): Chart {
  const intervals = slowest.flatMap((one) =>
    intervalsOf(one).map(({ stage, fromNs, untilNs }) => ({
      ...{ label: rowName(one), stage, from: fromNs / 1000, until: untilNs / 1000 },
    })),
  );
  const rows = slowest.map(rowName);
  return Plot.plot({
    document,
    ...COMMON,
    ...{ width, height: 50 + 20 * rows.length, marginLeft: labelMargin(rows), marginBottom: 45 },
    ariaLabel: `Slowest operations of ${name}, stage by stage from the first PROD write on`,
    x: { label: 'time held since the first PROD write (µs)', grid: true, ticks: 5 },
    y: { label: null, domain: rows, tickSize: 0 },
    color: { domain: domain as string[], range: stageColours(domain) },
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

/** A stage has its colour on every page of every result. */
const stageColours = (stages: readonly string[]) =>
  stages.map((stage) => COLOURS[STAGE_DOMAIN.indexOf(stage)] ?? COLOURS[COLOURS.length - 1]);

/** Colours of stages, for several small charts. */
export function stageLegend(document: Document, domain: readonly string[]): Chart {
  // Plot reads the document of a legend as it does that of a plot, but does not declare it.
  const color = { type: 'ordinal' as const, domain, range: stageColours(domain) };
  const options = { document, className: 'plot', color };
  return Plot.legend(options) as Chart;
}

/** Miss ratio by TLB size. */
export function curveChart(
  document: Document,
  curves: readonly PageCurve[],
  sizes: readonly number[],
  width: number,
): Chart {
  const points = curves.flatMap(({ trace, points }) => points.map((point) => ({ trace, ...point })));
  const last = Math.max(2, ...points.map(({ entries }) => entries), ...sizes);
  // Beyond the last size the curve stays as it is.
  const ends = curves.map(({ trace, points }) => ({ trace, ...points[points.length - 1], entries: last }));
  return Plot.plot({
    document,
    ...COMMON,
    ...{ width, height: 340, marginBottom: 45, marginLeft: 55 },
    ariaLabel: 'Miss ratio by size of the TLB',
    x: {
      type: 'log',
      base: 2,
      label: 'TLB entries',
      domain: [1, last],
      grid: true,
      ticks: ticksOf(width),
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
