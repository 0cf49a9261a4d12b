/** Tables of `calibrate`: what was fitted, how well it predicts, and a plot of what is left per shape of submission. */
import type {
  CalibrationDocument,
  EvaluatedPart,
  FittedParameter,
  InseparableParameter,
  MeasuredFile,
  PredictionError,
  ResidualSlice,
  ShapeResidual,
} from '../../calibration/document.js';
import type { ReportContext } from '../reporter.js';
import { formatCount, formatNs, formatRatio, formatShare, NO_VALUE, truncate } from './format.js';
import { type Column, drawTable, sectionTitle, wrapText } from './layout.js';
import { tracingCaveat } from './recording-notes.js';

export const PART_NAMES = { fit: 'fitted', holdout: 'held out', predict: 'other file' } as const;
/** Characters of a residual plot: 0 in the middle, the largest residual at the edge. */
const PLOT_WIDTH = 41;

type ErrorRow = PredictionError & Pick<EvaluatedPart, 'part' | 'file'>;

/** `document` as text. */
export function renderCalibration(document: CalibrationDocument, context: ReportContext): string {
  const { provenance, parameters, parts } = document;
  const errors = parts.flatMap(({ part, file, errors }) => errors.map((error) => ({ ...error, part, file })));
  const predicted = parts.filter(({ part }) => part !== 'fit');
  return [
    sectionTitle(`Calibration of ${provenance.profile.name}`, context),
    ...methodLines(document).map((line) => wrapText(line, context)),
    '\n',
    drawTable(PARAMETER_COLUMNS, parameters, context).text,
    ...fitNotes(document).map((line) => wrapText(line, context)),
    '\n',
    drawTable(ERROR_COLUMNS, errors, context).text,
    ...MEANINGS.map((line) => wrapText(line, context)),
    ...(predicted.length === 0 ? parts : predicted).flatMap((part) => [
      '\n',
      residualPlot(part, context),
      '\n',
      orderPlot(part, context),
    ]),
  ].join('');
}

/** What every report of a calibration says beside its numbers. */
export function calibrationNotes(document: CalibrationDocument): string[] {
  return [...methodLines(document), ...fitNotes(document), ...MEANINGS];
}

/** What to think of the fit. */
function fitNotes(document: CalibrationDocument): string[] {
  return [...document.parameters.flatMap(noteLines), ...lackLines(document), ...inseparableLines(document)];
}

function methodLines({ provenance }: CalibrationDocument): string[] {
  const { centre, fit_share: share, split, measured } = provenance;
  return [
    `least squares of logarithms, on the ${centre} of each shape of submission; ${formatShare(share)} of the measurements fitted (${split})`,
    ...measured.flatMap(fileLines),
  ];
}

/** Words of the table of errors. */
const MEANINGS: readonly string[] = [
  'measured: one PROD write that publishes a list with its CMD_SYNC, until the guest sees that done; a list without one, whose operation goes on in another PROD write, is left out',
  'error: |predicted - measured| / measured; spread: the same around the median of each shape, by which equal submissions differ and which no model of shapes can tell',
];

function fileLines({ file, format, measurements, left_out, ...rest }: MeasuredFile): string[] {
  const counts = Object.entries(left_out ?? {}).filter(([, count]) => count > 0);
  const left = counts.map(([why, count]) => `${formatCount(count)} ${why.replace('_', ' ')}`).join(', ');
  const line = `${file} (${format}): ${formatCount(measurements)} measurements${left === '' ? '' : `; left out: ${left}`}`;
  return rest.includes_tracing ? [line, `${file}: ${tracingCaveat(rest.latencies_from ?? undefined)}`] : [line];
}

const PARAMETER_COLUMNS: Column<FittedParameter>[] = [
  { heading: 'parameter', align: 'left', drop: 0, cell: ({ key }) => key },
  { heading: 'before', align: 'right', drop: 2, cell: ({ start_ns }) => `${formatCount(start_ns)} ns` },
  { heading: 'fitted', align: 'right', drop: 0, cell: ({ value_ns }) => `${formatCount(value_ns)} ns` },
  {
    heading: '95% interval',
    align: 'right',
    drop: 1,
    cell: ({ interval_95_ns }) =>
      interval_95_ns === null ? '-' : `${formatCount(interval_95_ns[0])} - ${formatCount(interval_95_ns[1])} ns`,
  },
  {
    heading: '',
    align: 'left',
    drop: 0,
    cell: ({ status }) => (status === 'at-bound' ? 'at its bound' : status === 'fitted' ? '' : status),
    style: () => 'yellow',
  },
];

/** What to think of a parameter without an interval, and of a source that the fit overrules. */
function noteLines({ key, start_ns, value_ns, status, reason, ...start }: FittedParameter): string[] {
  const lines: string[] = [];
  if (status === 'undetermined') {
    lines.push(`${key}: undetermined, ${reason}; it keeps ${formatCount(value_ns)} ns, on which the others depend`);
  } else if (start.start_tag !== undefined && start.start_tag !== 'E') {
    lines.push(
      `${key}: the fit overwrites a value that is no estimate: ${formatCount(start_ns)} ns, tag ${start.start_tag}, ${start.start_source}`,
    );
  }
  if (status === 'at-bound') {
    lines.push(
      `${key}: at its bound, as the measurements ask for a value beyond ${formatCount(value_ns)} ns; it is fixed there, and the intervals of the others are those of a fit without it`,
    );
  }
  return lines;
}

/** Whether the model lacks something, and what that does to the intervals. */
function lackLines({ lack_of_fit: lack, parts }: CalibrationDocument): string[] {
  if (lack === undefined) return [];
  const { verdict, scatter, p } = lack;
  if (verdict === 'untested') {
    return ['lack of fit: not tested, as there are no more shapes of submission than fitted parameters'];
  }
  if (verdict === 'no-replicates') {
    return [
      'lack of fit: not tested, as the measurements of each shape are one or all equal; intervals are from the scatter of the shapes about the fit, however often each was measured',
    ];
  }
  const promised = `residuals scatter ${formatRatio(scatter)} what the scatter of equal submissions and their counts promise`;
  if (verdict === 'adequate') return [`lack of fit: none seen: ${promised} (${formatChance(p)})`];
  const rows = parts.find(({ part }) => part === 'fit')?.residuals ?? [];
  const named = lack.misfits.map(({ strategy, shape, standard_errors }) => {
    const row = rows.find((one) => one.strategy === strategy && one.shape === shape);
    const off = row === undefined ? '' : ` by ${formatShare(Math.abs(row.predicted_ns / row.median_ns - 1))}`;
    return `${shape} on ${strategy} (predicted too ${standard_errors > 0 ? 'short' : 'long'}${off})`;
  });
  return [
    `lack of fit: ${promised} (${formatChance(p)}): intervals are widened accordingly; the model lacks something for ${named.join(', ')}`,
  ];
}

const formatChance = (p: number | null): string =>
  p === null ? NO_VALUE : p < 0.001 ? 'p < 0.001' : `p = ${p.toFixed(3)}`;

/** What a fitted parameter stands for besides itself, and what to measure to know. One line per remedy. */
function inseparableLines({ inseparable = [] }: CalibrationDocument): string[] {
  const groups = new Map<string, InseparableParameter[]>();
  for (const one of inseparable) {
    const remedy = JSON.stringify([one.from, one.measure]);
    groups.set(remedy, [...(groups.get(remedy) ?? []), one]);
  }
  return [...groups.values()].map((group) => {
    const [{ from, measure }] = group;
    const names = group.slice(0, MOST_NAMES).map(({ parameter }) => parameter);
    const more = group.length - names.length;
    const who = `${names.join(', ')}${more > 0 ? ` and ${formatCount(more)} more` : ''}`;
    const what =
      from.length === 0
        ? `no measured operation rests on ${who}`
        : `no measured operation tells ${who} from ${from.join(' and ')}${from.length > 1 ? ' together' : ''}`;
    const remedy =
      measure === null
        ? 'nor would any of the operations tried'
        : `to tell, measure ${operationName(measure.operation)} on ${measure.strategy}`;
    return `${what}; ${remedy}`;
  });
}

/** Parameters that one line names. */
const MOST_NAMES = 3;

const operationName = (label: string): string => (label === 'bare' ? 'a CMD_SYNC alone' : `${label} + CMD_SYNC`);

const ERROR_COLUMNS: Column<ErrorRow>[] = [
  { heading: 'part', align: 'left', drop: 0, cell: ({ part }) => PART_NAMES[part] },
  { heading: 'file', align: 'left', drop: 1, minWidth: 16, cell: ({ file }) => file },
  { heading: 'strategy', align: 'left', drop: 0, cell: ({ strategy }) => strategy },
  { heading: 'n', align: 'right', drop: 0, cell: ({ measurements }) => formatCount(measurements) },
  {
    heading: 'median error',
    short: 'p50 err',
    align: 'right',
    drop: 0,
    cell: ({ median_absolute_error }) => formatShare(median_absolute_error),
  },
  {
    heading: 'p90 error',
    short: 'p90 err',
    align: 'right',
    drop: 0,
    cell: ({ p90_absolute_error }) => formatShare(p90_absolute_error),
  },
  { heading: 'bias', align: 'right', drop: 3, cell: ({ median_error }) => formatShare(median_error) },
  {
    heading: 'median spread',
    short: 'p50 spr',
    align: 'right',
    drop: 2,
    cell: ({ median_spread }) => formatShare(median_spread),
  },
  {
    heading: 'p90 spread',
    short: 'p90 spr',
    align: 'right',
    drop: 2,
    cell: ({ p90_spread }) => formatShare(p90_spread),
  },
];

/** One line per shape: p10 to p90 of measured minus predicted around zero, the median marked. */
function residualPlot({ file, part, residuals }: EvaluatedPart, context: ReportContext): string {
  const reach = Math.max(
    1,
    ...residuals.flatMap((row) => [Math.abs(row.p10_residual_ns), Math.abs(row.p90_residual_ns)]),
  );
  const columns: Column<ShapeResidual>[] = [
    { heading: 'strategy', align: 'left', drop: 2, cell: ({ strategy }) => strategy },
    { heading: 'submission', align: 'left', drop: 0, minWidth: 14, cell: ({ shape }) => shape },
    { heading: 'n', align: 'right', drop: 1, cell: ({ measurements }) => formatCount(measurements) },
    {
      heading: 'predicted',
      align: 'right',
      drop: 0,
      cell: (row) => formatNs(row.predicted_ns, context, { likeNs: largestNs(row) }),
    },
    {
      heading: 'measured',
      align: 'right',
      drop: 0,
      cell: (row) => formatNs(row.median_ns, context, { likeNs: largestNs(row) }),
    },
    {
      heading: truncate(`0 = predicted, edges +-${formatNs(reach, context)}`, PLOT_WIDTH, context),
      align: 'left',
      drop: 0,
      cell: (row) => plotLine(row.p10_residual_ns, row.median_residual_ns, row.p90_residual_ns, reach),
    },
  ];
  return [
    sectionTitle(`Measured minus predicted, p10 to p90 (o = median): ${PART_NAMES[part]}, ${file}`, context),
    drawTable(columns, residuals, context).text,
  ].join('');
}

/** Both latencies of a row are in the unit of the larger one. */
const largestNs = ({ predicted_ns, median_ns }: ShapeResidual): number => Math.max(predicted_ns, median_ns);

/** One line per run of consecutive measurements: does the machine drift away from any fixed parameters? */
function orderPlot({ file, part, residuals_in_order: slices }: EvaluatedPart, context: ReportContext): string {
  const reach = Math.max(0.01, ...slices.flatMap((row) => [Math.abs(row.p10_residual), Math.abs(row.p90_residual)]));
  const columns: Column<ResidualSlice>[] = [
    { heading: 'from', align: 'right', drop: 0, cell: ({ first }) => formatCount(first) },
    { heading: 'to', align: 'right', drop: 0, cell: ({ last }) => formatCount(last) },
    { heading: 'median', align: 'right', drop: 0, cell: ({ median_residual }) => signedShare(median_residual) },
    {
      heading: truncate(`0 = predicted, edges +-${formatShare(reach)}`, PLOT_WIDTH, context),
      align: 'left',
      drop: 0,
      cell: (row) => plotLine(row.p10_residual, row.median_residual, row.p90_residual, reach),
    },
  ];
  const title = `The same in order of measurement, as a part of the prediction: ${PART_NAMES[part]}, ${file}`;
  return [sectionTitle(title, context), drawTable(columns, slices, context).text].join('');
}

const signedShare = (share: number): string => `${share > 0 ? '+' : ''}${formatShare(share)}`;

function plotLine(p10: number, median: number, p90: number, reach: number): string {
  const half = (PLOT_WIDTH - 1) / 2;
  const column = (residual: number) =>
    Math.max(0, Math.min(PLOT_WIDTH - 1, half + Math.round((residual / reach) * half)));
  const line = new Array<string>(PLOT_WIDTH).fill(' ');
  for (let at = column(p10); at <= column(p90); at++) line[at] = '-';
  line[half] = '|';
  line[column(median)] = 'o';
  return line.join('');
}
