/** Tables of `calibrate`: what was fitted, how well it predicts, and a plot of what is left per shape of submission. */
import type {
  CalibrationDocument,
  EvaluatedPart,
  FittedParameter,
  MeasuredFile,
  PredictionError,
  ResidualSlice,
  ShapeResidual,
} from '../../calibration/document.js';
import type { ReportContext } from '../reporter.js';
import { formatCount, formatNs, formatShare, truncate } from './format.js';
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
    drawTable(PARAMETER_COLUMNS(context), parameters, context).text,
    ...parameters.flatMap(noteLines).map((line) => wrapText(line, context)),
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
  return [...methodLines(document), ...document.parameters.flatMap(noteLines), ...MEANINGS];
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

const PARAMETER_COLUMNS = (context: ReportContext): Column<FittedParameter>[] => [
  { heading: 'parameter', align: 'left', drop: 0, cell: ({ key }) => key },
  { heading: 'before', align: 'right', drop: 2, cell: ({ start_ns }) => formatNs(start_ns, context) },
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

/** What to think of a parameter without an interval. */
function noteLines({ key, value_ns, status, reason }: FittedParameter): string[] {
  if (status === 'fitted') return [];
  const note =
    status === 'undetermined'
      ? `undetermined, ${reason}; it keeps ${formatCount(value_ns)} ns, on which the others depend`
      : `at its bound, as the measurements ask for a value beyond ${formatCount(value_ns)} ns; it is fixed there, and the intervals of the others are those of a fit without it`;
  return [`${key}: ${note}`];
}

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
    { heading: 'predicted', align: 'right', drop: 0, cell: ({ predicted_ns }) => formatNs(predicted_ns, context) },
    { heading: 'measured', align: 'right', drop: 0, cell: ({ median_ns }) => formatNs(median_ns, context) },
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
