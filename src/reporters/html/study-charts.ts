/// <reference lib="dom" />
/** Charts of a study: lines along an axis, a map of two axes, and the Pareto fronts. */
import * as Plot from '@observablehq/plot';
import type { ParetoFront } from '../../results/study-document.js';
import { WIDE } from '../reporter.js';
import { formatNs } from '../table/format.js';
import { type Chart, COLOURS, COMMON, plainTick, ticksOf } from './charts.js';
import { placeOf, type Replicates, type StudyRow, shortValue } from './study-parts.js';

/** Ends of strategies' names and the like, where there is room for so many characters. */
const cut = (text: string, room: number): string => (text.length <= room ? text : `${text.slice(0, room - 1)}…`);

/** What an axis of a study is called on a chart. */
export interface Place {
  readonly axis: string;
  readonly others: readonly string[];
  /** The axis that has a colour each; undefined: there is only one line. */
  readonly coloured: string | undefined;
}

/** Mean time along an axis, a line per place of the others; a band where seeds differ. */
export function axisLines(
  document: Document,
  all: readonly Replicates[],
  { axis, others, coloured }: Place,
  width: number,
): Chart {
  const points = all.map((one) => ({
    x: shortValue(axis, one.of(axis)),
    ...{ us: one.meanNs / 1000, low: one.lowNs / 1000, high: one.highNs / 1000 },
    line: placeOf(one, others),
    colour: coloured === undefined ? 'mean' : shortValue(coloured, one.of(coloured)),
  }));
  const values = [...new Set(points.map(({ x }) => x))];
  const room = Math.max(4, Math.floor((width - 70) / values.length / 8));
  return Plot.plot({
    document,
    ...COMMON,
    ...{ width, height: 320, marginBottom: 45, marginLeft: 60 },
    ariaLabel: `Mean time of an operation by ${axis}`,
    x: { type: 'point', domain: values, label: axis, tickFormat: (value: string) => cut(value, room), padding: 0.3 },
    y: { type: 'log', label: 'mean time of an operation (µs)', grid: true, ticks: 5, tickFormat: plainTick(width) },
    color: { legend: coloured !== undefined, domain: [...new Set(points.map(({ colour }) => colour))], range: COLOURS },
    marks: [
      Plot.areaY(points, { x: 'x', y1: 'low', y2: 'high', z: 'line', fill: 'colour', fillOpacity: 0.2 }),
      Plot.line(points, { x: 'x', y: 'us', z: 'line', stroke: 'colour', strokeWidth: 1.5 }),
      Plot.dot(points, {
        ...{ x: 'x', y: 'us', fill: 'colour', r: 3 },
        title: ({ line, x, us }: (typeof points)[number]) => `${line} · ${axis} ${x}: ${Number(us.toPrecision(4))} µs`,
      }),
    ],
  });
}

/** Mean time at every place of two axes. */
export function axisMap(
  document: Document,
  all: readonly Replicates[],
  [across, down]: readonly [string, string],
  width: number,
): Chart {
  const cells = all.map((one) => ({
    x: shortValue(across, one.of(across)),
    y: shortValue(down, one.of(down)),
    us: one.meanNs / 1000,
    text: formatNs(one.meanNs, WIDE),
  }));
  const columns = [...new Set(cells.map(({ x }) => x))];
  const rows = [...new Set(cells.map(({ y }) => y))];
  const room = width < 480 ? 12 : 40;
  const marginLeft = 24 + 8 * Math.min(room, Math.max(...rows.map(({ length }) => length)));
  const middle = Math.sqrt(Math.min(...cells.map(({ us }) => us)) * Math.max(...cells.map(({ us }) => us)));
  const hasTexts = (width - marginLeft) / columns.length > 56;
  const fits = Math.max(4, Math.floor((width - marginLeft) / columns.length / 8));
  return Plot.plot({
    document,
    ...COMMON,
    ...{ width, height: 90 + 34 * rows.length, marginLeft, marginBottom: 45 },
    ariaLabel: `Mean time of an operation by ${across} and ${down}`,
    x: { domain: columns, label: across, tickFormat: (value: string) => cut(value, fits) },
    y: { domain: rows, label: down, tickFormat: (value: string) => cut(value, room) },
    color: { type: 'log', scheme: 'YlGnBu', legend: false },
    marks: [
      Plot.cell(cells, {
        ...{ x: 'x', y: 'y', fill: 'us', inset: 0.5 },
        title: ({ x, y, text }: (typeof cells)[number]) => `${down} ${y}, ${across} ${x}: ${text}`,
      }),
      ...(hasTexts
        ? [
            Plot.text(cells, {
              ...{ x: 'x', y: 'y', text: 'text' },
              fill: ({ us }: (typeof cells)[number]) => (us > middle ? '#ffffff' : '#1b1f24'),
            }),
          ]
        : []),
    ],
  });
}

/** Every point by its time and its cost, the fronts as lines. */
export function paretoChart(
  document: Document,
  rows: readonly StudyRow[],
  {
    fronts,
    latencyOf,
    label,
  }: {
    readonly fronts: readonly ParetoFront[];
    readonly latencyOf: (row: StudyRow) => number;
    readonly label: string;
  },
  width: number,
): Chart {
  const points = rows.map((row) => ({
    ...{ us: latencyOf(row) / 1000, cpu: row.hostCpuNs / 1000, strategy: row.of('strategy') },
    title: `point ${row.point.index}, ${row.of('strategy')}: ${formatNs(latencyOf(row), WIDE)}, host CPU ${formatNs(row.hostCpuNs, WIDE)}`,
  }));
  const lines = fronts.flatMap(({ points: ends }, front) =>
    ends.map(({ latency_ns, host_cpu_ns_per_operation: cpu }) => ({ front, us: latency_ns / 1000, cpu: cpu / 1000 })),
  );
  return Plot.plot({
    document,
    ...COMMON,
    ...{ width, height: 380, marginBottom: 45, marginLeft: 60 },
    ariaLabel: 'Time of an operation against host CPU time per operation',
    x: {
      type: 'log',
      label: `${label} time of an operation (µs)`,
      grid: true,
      ticks: ticksOf(width),
      tickFormat: plainTick(width),
    },
    y: {
      // A path that takes none is not on a logarithmic axis; paths that take 50 000 times as much as others are on no other.
      type: points.every(({ cpu }) => cpu > 0) ? 'log' : 'symlog',
      ...{ label: 'host CPU time per operation (µs)', grid: true, ticks: 5, tickFormat: plainTick(width) },
    },
    color: { legend: true, domain: [...new Set(points.map(({ strategy }) => strategy))], range: COLOURS },
    marks: [
      Plot.line(lines, {
        x: 'us',
        y: 'cpu',
        z: 'front',
        stroke: 'currentColor',
        strokeOpacity: 0.5,
        curve: 'step-after',
      }),
      Plot.dot(points, { x: 'us', y: 'cpu', fill: 'strategy', r: 4, title: 'title' }),
    ],
  });
}
