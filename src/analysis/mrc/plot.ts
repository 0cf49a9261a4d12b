/**
 * A miss-ratio curve as text: block characters, sizes on a log2 axis, miss ratio in percent.
 */
import type { CurvePoint } from './miss-ratio-curve.js';

const EIGHTHS = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
const MARGIN = '100 % ┤'.length;
/** Room to the right of the last column for the rest of its label. */
const LABEL_ROOM = 3;
const MIN_COLUMNS = 8;
const MIN_ROWS = 2;

/**
 * Plot `points` (ascending) in `width` × `height` characters, axes included; lines end without blanks. Between two points
 * the curve keeps the value of the smaller size, which is never too low. Empty text for no points.
 */
export function plotCurve(points: readonly CurvePoint[], width: number, height: number): string {
  if (points.length === 0) return '';
  const columns = Math.max(MIN_COLUMNS, width - MARGIN - LABEL_ROOM);
  const rows = Math.max(MIN_ROWS, height - 2);
  const firstLog2 = Math.log2(Math.max(1, points[0].entries));
  const lastLog2 = Math.max(firstLog2 + 1, Math.log2(Math.max(1, points[points.length - 1].entries)));
  const log2PerColumn = (lastLog2 - firstLog2) / (columns - 1);
  const eighths = Array.from({ length: columns }, (_, column) =>
    Math.round(ratioAt(points, 2 ** (firstLog2 + column * log2PerColumn)) * rows * 8),
  );
  const lines: string[] = [];
  for (let row = rows - 1; row >= 0; row--) {
    const bars = eighths.map((count) => EIGHTHS[Math.max(0, Math.min(8, count - row * 8))]);
    lines.push((rowLabel(row, rows) + bars.join('')).trimEnd());
  }
  const ticks = ticksOf(firstLog2, lastLog2, log2PerColumn, columns);
  lines.push(`  0 % └${axisOf(ticks, columns)}`);
  lines.push(`${' '.repeat(MARGIN)}${labelsOf(ticks, columns)}`.trimEnd());
  return lines.join('\n');
}

/** Miss ratio of the largest point not above `entries`, with room for the rounding of log2. */
function ratioAt(points: readonly CurvePoint[], entries: number): number {
  let ratio = points[0].miss_ratio;
  for (const point of points) {
    if (point.entries > entries * (1 + 1e-9)) break;
    ratio = point.miss_ratio;
  }
  return ratio;
}

/** The top row ends at 100 %, the middle one at about half. */
function rowLabel(row: number, rows: number): string {
  const isLabelled = row === rows - 1 || (rows >= 4 && row === (rows >> 1) - 1);
  if (!isLabelled) return `${' '.repeat(MARGIN - 1)}│`;
  return `${String(Math.round(((row + 1) * 100) / rows)).padStart(3)} % ┤`;
}

interface Tick {
  readonly column: number;
  readonly label: string;
}

/** Powers of two, as many as have room for their labels. */
function ticksOf(firstLog2: number, lastLog2: number, log2PerColumn: number, columns: number): Tick[] {
  const ticks: Tick[] = [];
  let free = 0;
  for (let log2 = Math.ceil(firstLog2); log2 <= lastLog2 + 1e-9; log2++) {
    const label = entriesLabel(log2);
    const column = Math.round((log2 - firstLog2) / log2PerColumn);
    if (column < free || column + label.length > columns + LABEL_ROOM) continue;
    ticks.push({ column, label });
    free = column + label.length + 1;
  }
  return ticks;
}

function axisOf(ticks: readonly Tick[], columns: number): string {
  const axis = new Array<string>(columns).fill('─');
  for (const { column } of ticks) axis[column] = '┴';
  return axis.join('');
}

function labelsOf(ticks: readonly Tick[], columns: number): string {
  const labels = new Array<string>(columns + LABEL_ROOM).fill(' ');
  for (const { column, label } of ticks) {
    for (let at = 0; at < label.length; at++) labels[column + at] = label[at];
  }
  return labels.join('');
}

/** 512, 1Ki, 64Ki, 2Mi. */
function entriesLabel(log2: number): string {
  if (log2 < 10) return String(2 ** log2);
  return log2 < 20 ? `${2 ** (log2 - 10)}Ki` : `${2 ** (log2 - 20)}Mi`;
}
