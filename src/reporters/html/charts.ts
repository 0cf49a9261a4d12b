/// <reference lib="dom" />
/** The page's static charts, drawn by Observable Plot: they need no script, so they print and mail. */
import * as Plot from '@observablehq/plot';
import type { StrategyResult } from '../../results/document.js';
import type { PageCurve } from './curves.js';
import { hostCommandsByCause, intervalsOf, labelsOf, missesOf, type Parts, type Slow } from './parts.js';

/** One chart: a figure of the page's own document. */
export type Chart = HTMLElement | SVGElement;

const WIDTH = 900;
const ROW_HEIGHT = 28;

/** Colours that differ in lightness too, for prints and for people who see few colours; readable on white and on black. */
const COLOURS = [
  ...['#3b82c4', '#d97706', '#2a9d6f', '#c2410c', '#8b5cf6', '#0891b2', '#be4b8c', '#6b7a1f', '#a16207', '#64748b'],
  ...['#1d4f91', '#f2b84b', '#7fc8a9', '#e58f6e', '#c4b5fd', '#67c7dd', '#e9a3c9', '#aebc5c', '#5b3a0a', '#b8c2cf'],
];

interface Part {
  readonly label: string;
  readonly part: string;
  readonly value: number;
}

/** Share of submissions that are done after a time, per strategy, read off the histograms' bucket ends. */
export function latencyCurves(document: Document, results: readonly StrategyResult[]): Chart {
  const names = labelsOf(results);
  const points = results.flatMap(({ latency }, at) => {
    const { histogram, count, min_ns, max_ns } = latency.submission;
    let below = 0;
    const start = { label: names[at], us: Math.max(1, min_ns) / 1000, share: 0 };
    const ends = histogram.map(([boundNs, inBucket]) => {
      below += inBucket;
      return { label: names[at], us: Math.max(1, Math.min(boundNs, max_ns)) / 1000, share: below / count };
    });
    return [start, ...ends];
  });
  return Plot.plot({
    document,
    // Its own choice would be another one each time.
    className: 'plot',
    width: WIDTH,
    height: 320,
    ariaLabel: 'Share of submissions done within a time, by strategy',
    x: { type: 'log', label: 'submission latency (µs)', grid: true, tickFormat: (us: number) => `${us}` },
    y: { label: 'share of submissions', domain: [0, 1], grid: true },
    color: { legend: true, domain: names, range: COLOURS },
    marks: [
      Plot.ruleY([0]),
      Plot.line(points, { x: 'us', y: 'share', stroke: 'label', strokeWidth: 2, curve: 'step-after' }),
    ],
  });
}

/** Mean time per submission by stage. */
export function breakdownBars(document: Document, results: readonly StrategyResult[]): Chart {
  const parts = partsOf(results, ({ latency }) => latency.breakdown_ns, 1e-3);
  return bars(document, results, parts, 'mean time per submission (µs)', 'Mean submission latency by stage');
}

/** Commands that the SMMU executes, by why they are there. */
export function amplificationBars(document: Document, results: readonly StrategyResult[]): Chart {
  const parts = partsOf(results, ({ amplification }) => hostCommandsByCause(amplification));
  return bars(document, results, parts, 'host commands', 'Host commands by cause');
}

/** Misses of the main TLB by cause. */
export function missBars(document: Document, results: readonly StrategyResult[]): Chart {
  const parts = partsOf(results, (one) => missesOf(one));
  return bars(document, results, parts, 'misses of the main TLB', 'Misses of the main TLB by cause');
}

/** CPU time of the host by thread. */
export function cpuBars(document: Document, results: readonly StrategyResult[]): Chart {
  const parts = partsOf(results, ({ host }) => host.cpu_ns, 1e-6);
  return bars(document, results, parts, 'host CPU time (ms)', 'Host CPU time by thread');
}

/** The slowest submissions, each from its PROD write on, stage by stage. */
export function slowestTimeline(document: Document, slowest: readonly Slow[], name: string): Chart {
  const intervals = slowest.flatMap((one) =>
    intervalsOf(one).map(({ stage, fromNs, untilNs }) => ({
      ...{ label: `event ${one.event}`, stage, from: fromNs / 1000, until: untilNs / 1000 },
    })),
  );
  const rows = slowest.map(({ event }) => `event ${event}`);
  return Plot.plot({
    document,
    // Its own choice would be another one each time.
    className: 'plot',
    width: WIDTH,
    height: 60 + ROW_HEIGHT * rows.length,
    marginLeft: 200,
    ariaLabel: `Slowest submissions of ${name}, stage by stage from the PROD write on`,
    x: { label: 'time since the PROD write (µs)', grid: true },
    y: { label: null, domain: rows },
    color: { legend: true, domain: [...new Set(intervals.map(({ stage }) => stage))], range: COLOURS },
    marks: [
      Plot.barX(intervals, {
        ...{ x1: 'from', x2: 'until', y: 'label', fill: 'stage' },
        title: ({ label, stage, from, until }: (typeof intervals)[number]) => `${label}: ${stage} ${from}–${until} µs`,
      }),
      Plot.ruleX([0]),
    ],
  });
}

/** Miss ratio by TLB size. */
export function curveChart(document: Document, curves: readonly PageCurve[], sizes: readonly number[]): Chart {
  const points = curves.flatMap(({ trace, points }) => points.map((point) => ({ trace, ...point })));
  const last = Math.max(2, ...points.map(({ entries }) => entries), ...sizes);
  // Beyond the last size the curve stays as it is.
  const ends = curves.map(({ trace, points }) => ({ trace, ...points[points.length - 1], entries: last }));
  return Plot.plot({
    document,
    // Its own choice would be another one each time.
    className: 'plot',
    width: WIDTH,
    height: 320,
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

function partsOf(results: readonly StrategyResult[], of: (result: StrategyResult) => Parts, scale = 1): Part[] {
  const names = labelsOf(results);
  return results.flatMap((result, at) =>
    Object.entries(of(result))
      .filter(([, value]) => value > 0)
      .map(([part, value]) => ({ label: names[at], part, value: value * scale })),
  );
}

function bars(
  document: Document,
  results: readonly StrategyResult[],
  parts: readonly Part[],
  unit: string,
  title: string,
): Chart {
  return stacked(document, parts, labelsOf(results), unit, title);
}

function stacked(
  document: Document,
  parts: readonly Part[],
  rows: readonly string[],
  unit: string,
  title: string,
): Chart {
  const domain = [...new Set(parts.map(({ part }) => part))];
  return Plot.plot({
    document,
    // Its own choice would be another one each time.
    className: 'plot',
    width: WIDTH,
    height: 60 + ROW_HEIGHT * rows.length,
    marginLeft: 200,
    ariaLabel: title,
    x: { label: unit, grid: true },
    y: { label: null, domain: rows as string[] },
    color: { legend: true, domain, range: COLOURS },
    marks: [
      Plot.barX(parts as Part[], {
        x: 'value',
        y: 'label',
        fill: 'part',
        title: ({ label, part, value }: Part) => `${label}: ${part} ${Number(value.toPrecision(4))}`,
        order: domain,
      }),
      Plot.ruleX([0]),
    ],
  });
}
