/** The page of `sweep` and `merge`: what each axis moves, and which points are worth their host CPU time. */
import type { StudyDocument } from '../../results/study-document.js';
import type { ReportContext } from '../reporter.js';
import { formatRatio } from '../table/format.js';
import { studyNotes } from '../table/study.js';
import { type DataTable, numberCell, PageShell, timeCell } from './shell.js';
import { axisLines, axisMap, paretoChart } from './study-charts.js';
import {
  type AxisEffect,
  axisEffects,
  grouped,
  hiddenBehind,
  placeOf,
  type Replicates,
  replicatesOf,
  type StudyRow,
  studyRows,
  varyingAxes,
} from './study-parts.js';

/** Rows of the table of points; CSV and JSON have all. */
const POINTS_SHOWN = 500;
/** Lines in a chart along an axis; with more, one per strategy through the medians. */
const MOST_LINES = 60;

/** The whole page of `study`, whose texts are visible. */
export function studyPage(study: StudyDocument, context: ReportContext): PageShell {
  const { tool, study: of, traces } = study.provenance;
  const names = traces.map(({ trace }) => trace.replace(/^.*[/\\]/, '')).join(', ');
  const shell = new PageShell(
    `Study ${of.file}`,
    `${tool.name} ${tool.version}; ${of.points} points on ${names}. All times are of the simulated hardware.`,
  );
  shell.list(studyNotes(study, context));
  const rows = studyRows(study);
  const axes = varyingAxes(study);
  const all = replicatesOf(rows, axes);
  if (rows.length > 0) {
    addEffects(shell, axisEffects(all, axes));
    if (axes.length === 2) addMap(shell, all, axes);
    addLines(shell, all, axes);
    addPareto(shell, study, rows);
  }
  addPoints(shell, study, rows, axes);
  return shell;
}

function addEffects(shell: PageShell, effects: readonly AxisEffect[]): void {
  if (effects.length === 0) return;
  shell.heading('What each axis moves');
  const without = effects.filter(({ largestFactor }) => largestFactor === 1).map(({ axis }) => axis);
  if (without.length > 0) shell.paragraph(`No effect on the mean time of an operation: ${without.join(', ')}.`);
  shell.plainTable({
    label: 'What each axis moves',
    headings: ['axis', 'values', 'largest mean ÷ smallest, typically', 'at most', 'from … to'],
    rows: effects.map(({ axis, values, medianFactor, largestFactor }) => [
      axis,
      numberCell(values.length),
      { value: medianFactor, text: formatRatio(medianFactor) },
      { value: largestFactor, text: formatRatio(largestFactor) },
      `${values[0]} … ${values[values.length - 1]}`,
    ]),
  });
  shell.paragraph(
    'Over the values of one axis, everything else alike: the median over all places of the others, and the largest.',
  );
}

function addMap(shell: PageShell, all: readonly Replicates[], axes: readonly string[]): void {
  const [across, down] = axes[1] === 'strategy' ? axes : [axes[1], axes[0]];
  shell.heading(`Mean time by ${across} and ${down}`);
  shell.figure(
    (width) => axisMap(shell.document, all, [across, down], width),
    'Mean time of an operation; darker is slower, on a logarithmic scale.',
    {
      label: `Mean by ${across} and ${down}`,
      headings: [down, across, 'mean'],
      rows: all.map((one) => [one.of(down), one.of(across), timeCell(one.meanNs)]),
    },
  );
}

function addLines(shell: PageShell, all: readonly Replicates[], axes: readonly string[]): void {
  const hasSeeds = all.some(({ lowNs, highNs }) => lowNs < highNs);
  for (const axis of axes.filter((one) => one !== 'strategy')) {
    const others = axes.filter((other) => other !== axis);
    const coloured = others.includes('strategy') ? 'strategy' : others[0];
    const isMany = grouped(all, others).size > MOST_LINES;
    const kept = isMany && coloured !== undefined ? [coloured] : others;
    const points = isMany
      ? replicatesOf(
          all.flatMap(({ rows }) => rows),
          [axis, ...kept],
        )
      : all;
    const lines = isMany
      ? 'Medians over the other axes; shaded: the smallest to the largest.'
      : 'A line per place of the other axes.';
    const band =
      hasSeeds && !isMany ? ' Shaded: the smallest to the largest over the seeds; the line is their median.' : '';
    const places = [axis, ...kept.filter((one) => one !== coloured)];
    const hidden = coloured === undefined ? [] : hiddenBehind(points, coloured, places);
    const alike = hidden.map(([value, behind]) => ` ${value} is as ${behind} everywhere, which hides its lines.`);
    shell.heading(`Mean time by ${axis}`);
    shell.figure(
      (width) => axisLines(shell.document, points, { axis, others: kept, coloured }, width),
      `${lines}${band}${alike.join('')} Values stand side by side in the order of the study, whatever lies between them.`,
      {
        label: `Mean by ${axis}`,
        headings: ['place', axis, 'mean', 'smallest', 'largest'],
        rows: points.map((one) => [
          placeOf(one, kept) || 'all',
          one.of(axis),
          ...[one.meanNs, one.lowNs, one.highNs].map(timeCell),
        ]),
      },
    );
  }
}

function addPareto(shell: PageShell, { pareto }: StudyDocument, rows: readonly StudyRow[]): void {
  const key = pareto.latency as 'mean_ns';
  const latencyOf = ({ point }: StudyRow) => point.result?.results[0].latency.operation[key] ?? 0;
  const label = pareto.latency.replace(/_ns$/, '').replace('_', '.');
  shell.heading('Time against host CPU time');
  shell.figure(
    (width) => paretoChart(shell.document, rows, { fronts: pareto.fronts ?? [], latencyOf, label }, width),
    pareto.fronts === null
      ? 'A point further left is faster, one further down costs the host less. The fronts need every shard.'
      : `A point further left is faster, one further down costs the host less. Lines: the fronts over ${pareto.over.join(', ')}, one for each place of the other axes; no point on one is beaten in both.`,
    {
      label: 'Points on the fronts',
      headings: ['point', `${label} time`, 'host CPU time per operation'],
      rows: (pareto.fronts ?? []).flatMap(({ points }) =>
        points.map(({ index, latency_ns, host_cpu_ns_per_operation: cpu }) => [
          String(index),
          timeCell(latency_ns),
          timeCell(cpu),
        ]),
      ),
    },
  );
}

function addPoints(
  shell: PageShell,
  { points, pareto }: StudyDocument,
  rows: readonly StudyRow[],
  axes: readonly string[],
): void {
  const onFront = new Set(pareto.fronts?.flatMap((front) => front.points.map(({ index }) => index)));
  const shown = rows.slice(0, POINTS_SHOWN);
  shell.heading('Points');
  if (shown.length < points.length) {
    shell.paragraph(
      `${shown.length} of ${points.length} points: those with a result, the first ${POINTS_SHOWN} of them. CSV and JSON have all.`,
    );
  }
  const table: DataTable = {
    label: 'Points',
    headings: ['point', ...axes, 'mean', 'p99', 'host CPU per operation', 'front'],
    rows: shown.map((row) => [
      String(row.point.index),
      ...axes.map((axis) => row.of(axis)),
      ...[row.meanNs, row.p99Ns, row.hostCpuNs].map(timeCell),
      onFront.has(row.point.index) ? '*' : '',
    ]),
  };
  shell.sortableTable(table);
}

/** What the page carries of `study` as data: without the result of each point, which would be most of it. */
export function withoutResults({ points, ...rest }: StudyDocument): unknown {
  return { ...rest, points: points.map(({ result: _result, ...point }) => point) };
}
