/// <reference lib="dom" />
/** The page of `calibrate`: the parameters with their intervals, measured against predicted, and what is left. */
import * as Plot from '@observablehq/plot';
import type { CalibrationDocument, EvaluatedPart, FittedParameter } from '../../calibration/document.js';
import { calibrationNotes, PART_NAMES } from '../table/calibration.js';
import { formatShare } from '../table/format.js';
import { type Chart, COLOURS, COMMON, labelled, plainTick, ticksOf } from './charts.js';
import { type Cell, numberCell, PageShell, timeCell } from './shell.js';

/** Colours of the parts, the same in every chart. */
const PARTS = ['fit', 'holdout', 'predict'] as const;
const PART_COLOURS = { domain: PARTS.map((part) => PART_NAMES[part]), range: COLOURS.slice(0, PARTS.length) };

/** The whole page of `report`, whose texts are visible. */
export function calibrationPage(report: CalibrationDocument): PageShell {
  const { provenance, parameters, parts } = report;
  const { tool, profile, measured } = provenance;
  const shell = new PageShell(
    `Calibration of ${profile.name} by ${measured.map(({ file }) => file).join(', ')}`,
    `${tool.name} ${tool.version}; ${profile.title}${profile.overrides.map((one) => `, ${one}`).join('')}.`,
  );
  shell.list(calibrationNotes(report));
  addParameters(shell, parameters);
  addErrors(shell, parts);
  addPredictions(shell, parts);
  addOrder(shell, parts);
  return shell;
}

function addParameters(shell: PageShell, parameters: readonly FittedParameter[]): void {
  shell.heading('Parameters');
  const ns = (value: number | undefined): Cell => numberCell(value);
  shell.figure(
    (width) => parameterChart(shell.document, parameters, width),
    'Rings: before the fit; dots: after it, with the 95 % interval where there is one.',
    {
      label: 'Parameters',
      headings: ['parameter', 'before ns', 'fitted ns', 'from ns', 'to ns', 'state'],
      rows: parameters.map(({ key, start_ns, value_ns, interval_95_ns: interval, status }) => [
        key,
        ...[start_ns, value_ns, interval?.[0], interval?.[1]].map(ns),
        status.replace('-', ' '),
      ]),
    },
  );
}

function parameterChart(document: Document, parameters: readonly FittedParameter[], width: number): Chart {
  const rows = parameters.map(({ key, start_ns, value_ns, interval_95_ns: interval }) => ({
    ...{ key, start: start_ns, value: value_ns, low: interval?.[0] ?? value_ns, high: interval?.[1] ?? value_ns },
  }));
  const axis = labelled(
    rows.map(({ key }) => key),
    width,
  );
  const insets = { insetTop: axis.insetTop };
  const dy = axis.insetTop / 2;
  return Plot.plot({
    document,
    ...COMMON,
    ...axis.size,
    ariaLabel: 'Parameters before and after the fit',
    x: { label: 'ns', grid: true, zero: true, ticks: ticksOf(width) },
    y: { ...axis.y, type: 'band' },
    marks: [
      ...axis.marks,
      Plot.barX(rows, { ...insets, x1: 'low', x2: 'high', y: 'key', fill: COLOURS[0], fillOpacity: 0.35 }),
      Plot.dot(rows, { x: 'start', y: 'key', r: 5, dy }),
      Plot.dot(rows, { x: 'value', y: 'key', r: 4, dy, fill: COLOURS[0] }),
    ],
  });
}

function addErrors(shell: PageShell, parts: readonly EvaluatedPart[]): void {
  shell.heading('Errors');
  shell.plainTable({
    label: 'Errors',
    headings: ['part', 'file', 'strategy', 'n', 'median error', 'p90 error', 'bias', 'median spread', 'p90 spread'],
    rows: parts.flatMap(({ part, file, errors }) =>
      errors.map((error): Cell[] => [
        ...[PART_NAMES[part], file, error.strategy, numberCell(error.measurements)],
        ...[error.median_absolute_error, error.p90_absolute_error, error.median_error].map(shareCell),
        ...[error.median_spread, error.p90_spread].map(shareCell),
      ]),
    ),
  });
}

const shareCell = (value: number): Cell => ({ value, text: formatShare(value) });

/** Shapes of submissions: what was measured and what the fit predicts. */
function addPredictions(shell: PageShell, parts: readonly EvaluatedPart[]): void {
  const shapes = parts.flatMap(({ part, residuals }) =>
    residuals.map((one) => ({
      ...{ part: PART_NAMES[part], shape: one.shape, strategy: one.strategy, n: one.measurements },
      ...{ predicted: one.predicted_ns, measured: one.median_ns },
      ...{ low: one.predicted_ns + one.p10_residual_ns, high: one.predicted_ns + one.p90_residual_ns },
    })),
  );
  if (shapes.length === 0) return;
  shell.heading('Measured against predicted');
  shell.figure(
    (width) => predictionChart(shell.document, shapes, width),
    'One dot per shape of submission, the median of its measurements, with a line from p10 to p90. On the dashed line the prediction is exact; above it the machine took longer.',
    {
      label: 'Measured against predicted',
      headings: ['submission', 'part', 'strategy', 'n', 'predicted', 'measured, median', 'p10', 'p90'],
      rows: shapes.map(({ shape, part, strategy, n, predicted, measured, low, high }) => [
        ...[shape, part, strategy, numberCell(n)],
        ...[predicted, measured, low, high].map(timeCell),
      ]),
    },
  );
}

interface Shape {
  readonly part: string;
  readonly shape: string;
  readonly predicted: number;
  readonly measured: number;
  readonly low: number;
  readonly high: number;
}

function predictionChart(document: Document, shapes: readonly Shape[], width: number): Chart {
  const us = shapes.map((one) => ({
    ...{ part: one.part, shape: one.shape, predicted: one.predicted / 1000, measured: one.measured / 1000 },
    ...{ low: Math.max(1, one.low) / 1000, high: Math.max(1, one.high) / 1000 },
  }));
  const predictions = us.map(({ predicted }) => predicted);
  const ends = [Math.min(...predictions) / 1.2, Math.max(...predictions) * 1.2];
  return Plot.plot({
    document,
    ...COMMON,
    ...{ width, height: 380, marginBottom: 45, marginLeft: 60 },
    ariaLabel: 'Measured against predicted time by shape of submission',
    x: { type: 'log', label: 'predicted (µs)', grid: true, ticks: ticksOf(width), tickFormat: plainTick(width) },
    y: { type: 'log', label: 'measured (µs)', grid: true, ticks: 5, tickFormat: plainTick(width) },
    color: { legend: true, ...PART_COLOURS },
    marks: [
      Plot.line(ends, { x: (at: number) => at, y: (at: number) => at, strokeDasharray: '4 4' }),
      Plot.ruleX(us, { x: 'predicted', y1: 'low', y2: 'high', stroke: 'part', strokeOpacity: 0.6 }),
      Plot.dot(us, {
        ...{ x: 'predicted', y: 'measured', fill: 'part', r: 4 },
        title: ({ shape, part }: (typeof us)[number]) => `${shape} (${part})`,
      }),
    ],
  });
}

/** Does the machine drift away from any fixed parameters? */
function addOrder(shell: PageShell, parts: readonly EvaluatedPart[]): void {
  const slices = parts.flatMap(({ part, file, residuals_in_order: all }) =>
    all.map((one) => ({
      ...one,
      part: PART_NAMES[part],
      file,
      line: `${file} ${part}`,
      at: (one.first + one.last) / 2,
    })),
  );
  if (slices.length === 0) return;
  shell.heading('Residuals in the order of measurement');
  shell.figure(
    (width) =>
      Plot.plot({
        document: shell.document,
        ...COMMON,
        ...{ width, height: 300, marginBottom: 45, marginLeft: 60 },
        ariaLabel: 'Residuals in the order of measurement',
        x: { label: 'position of the measurement', grid: true, ticks: ticksOf(width) },
        y: { label: '(measured − predicted) ÷ predicted, %', grid: true, percent: true },
        color: { legend: true, ...PART_COLOURS },
        marks: [
          Plot.ruleY([0]),
          Plot.areaY(slices, {
            ...{ x: 'at', y1: 'p10_residual', y2: 'p90_residual', z: 'line', fill: 'part', fillOpacity: 0.2 },
          }),
          Plot.line(slices, { x: 'at', y: 'median_residual', z: 'line', stroke: 'part' }),
          Plot.dot(slices, { x: 'at', y: 'median_residual', fill: 'part', r: 3 }),
        ],
      }),
    'The median of consecutive measurements, shaded from p10 to p90. Where a run of them errs alike, the machine changed, not the path.',
    {
      label: 'Residuals in the order of measurement',
      headings: ['file', 'part', 'from', 'to', 'p10', 'median', 'p90'],
      rows: slices.map(({ file, part, first, last, p10_residual, median_residual, p90_residual }): Cell[] => [
        ...[file, part, numberCell(first), numberCell(last)],
        ...[p10_residual, median_residual, p90_residual].map(shareCell),
      ]),
    },
  );
}
