/**
 * Tables without frames that fit a width, drawn by cli-table3.
 *
 * A table first takes its short headings and cuts the texts that may be cut, then gives up columns in order of `drop`,
 * and last cuts its first column; it never wraps. What was given up is returned, so that the report can say so.
 */
import { styleText } from 'node:util';
import Table from 'cli-table3';
import type { ReportContext } from '../reporter.js';
import { plain, truncate } from './format.js';

/** One column of rows of type `Row`. */
export interface Column<Row> {
  readonly heading: string;
  /** Heading when room is short; the long one if absent. */
  readonly short?: string;
  readonly align: 'left' | 'right';
  /** Columns with a higher number go first when room is short; 0 = never. */
  readonly drop: number;
  /** Its texts may be cut to this width before any column goes. */
  readonly minWidth?: number;
  /** They are cut only for columns whose `drop` is at most this; others go first. Absent: for all. */
  readonly cutFor?: number;
  cell(row: Row): string;
  /** Style of a cell, where colour is welcome. */
  style?(row: Row): TextStyle | undefined;
}

/** Styles that tables use. */
export type TextStyle = 'bold' | 'dim' | 'red' | 'green' | 'yellow';

/** A drawn table. */
export interface DrawnTable {
  /** Lines joined by line feeds, with one at the end. */
  readonly text: string;
  /** Headings of the columns that found no room. */
  readonly dropped: readonly string[];
}

const GAP = '  ';
const NO_FRAME = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  right: '',
  'right-mid': '',
  mid: '',
  'mid-mid': '',
  middle: GAP,
};

/** Smallest width to which the first column shrinks. */
const FIRST_COLUMN_MIN = 8;

/** Draw `rows` under the headings of `columns`. */
export function drawTable<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  context: ReportContext,
): DrawnTable {
  const fitted = fitColumns(plainColumns(columns, context), rows, context.width);
  const widths = fitted.kept.map((column) => naturalWidth(column, rows, fitted.short));
  shrinkToFit(fitted.kept, widths, context.width);
  const aligns = fitted.kept.map((column) => column.align);
  const table = new Table({
    chars: NO_FRAME,
    style: { 'padding-left': 0, 'padding-right': 0, head: [], border: [], compact: true },
    colAligns: aligns,
    colWidths: widths,
  });
  const cellText = (column: Column<Row>, row: Row, width: number) =>
    paint(truncate(column.cell(row), width, context), column.style?.(row), context);
  table.push(
    fitted.kept.map((column, at) =>
      paint(truncate(headingOf(column, fitted.short), widths[at], context), 'bold', context),
    ),
    widths.map((width) => paint((context.unicode ? '─' : '-').repeat(width), 'dim', context)),
    ...rows.map((row) => fitted.kept.map((column, at) => cellText(column, row, widths[at]))),
  );
  const lines = table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd());
  const kept = new Set(fitted.kept.map((column) => column.heading));
  const dropped = columns.map((column) => column.heading).filter((heading) => !kept.has(heading));
  return { text: `${lines.join('\n')}\n`, dropped };
}

/** `text` in `style` where colour is welcome. */
export function paint(text: string, style: TextStyle | undefined, context: ReportContext): string {
  // The context decides about colour; the state of the process's own stdout must not.
  return context.colour && style !== undefined && text !== ''
    ? styleText(style, text, { validateStream: false })
    : text;
}

/** A heading line of a section. */
export function sectionTitle(text: string, context: ReportContext): string {
  return `${paint(plain(text, context), 'bold', context)}\n`;
}

/** Sentence wrapped at word boundaries to the context's width; further lines are indented by two. */
export function wrapText(text: string, context: ReportContext): string {
  const lines: string[] = [];
  let line = '';
  for (const word of plain(text, context).split(' ')) {
    if (line !== '' && line.length + 1 + word.length > context.width) {
      lines.push(line);
      line = `  ${word}`;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  return `${[...lines, line].join('\n')}\n`;
}

/** The columns with every cell in the context's character set. */
function plainColumns<Row>(columns: readonly Column<Row>[], context: ReportContext): Column<Row>[] {
  return columns.map((column) => ({ ...column, cell: (row: Row) => plain(column.cell(row), context) }));
}

/** Which columns are kept, and whether under their short headings. */
interface Fit<Row> {
  readonly kept: readonly Column<Row>[];
  readonly short: boolean;
}

function fitColumns<Row>(columns: readonly Column<Row>[], rows: readonly Row[], width: number): Fit<Row> {
  if (fullWidth(columns, rows) <= width) return { kept: columns, short: false };
  let kept = columns;
  while (leastWidth(kept, rows) > width) {
    const next = kept.reduce((worst, column) => (column.drop > worst.drop ? column : worst));
    if (next.drop === 0) break;
    kept = kept.filter((column) => column !== next);
  }
  return { kept, short: fullWidth(kept, rows) > width };
}

/** Cut columns to their least width, the last first, and then the first column, until `widths` fit. */
function shrinkToFit<Row>(columns: readonly Column<Row>[], widths: number[], available: number): void {
  const cut = (at: number, least: number) => {
    const excess = sumWithGaps(widths) - available;
    if (excess > 0) widths[at] = Math.max(Math.min(widths[at], least), widths[at] - excess);
  };
  for (let at = columns.length - 1; at >= 0; at--) {
    const { minWidth } = columns[at];
    if (minWidth !== undefined) cut(at, minWidth);
  }
  cut(0, FIRST_COLUMN_MIN);
}

const headingOf = <Row>(column: Column<Row>, short: boolean): string =>
  short ? (column.short ?? column.heading) : column.heading;

function naturalWidth<Row>(column: Column<Row>, rows: readonly Row[], short: boolean): number {
  return rows.reduce((widest, row) => Math.max(widest, column.cell(row).length), headingOf(column, short).length);
}

/** Width of the table with long headings and nothing cut. */
function fullWidth<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): number {
  return sumWithGaps(columns.map((column) => naturalWidth(column, rows, false)));
}

/** Width of the table with short headings and every text that may be cut cut to its minimum. */
function leastWidth<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): number {
  const worst = Math.max(...columns.map(({ drop }) => drop));
  return sumWithGaps(
    columns.map((column) => {
      const { minWidth, cutFor = worst } = column;
      const natural = naturalWidth(column, rows, true);
      return minWidth === undefined || worst > cutFor ? natural : Math.min(natural, minWidth);
    }),
  );
}

const sumWithGaps = (widths: readonly number[]): number =>
  widths.reduce((sum, width) => sum + width, 0) + GAP.length * Math.max(0, widths.length - 1);

/** The command that goes on from here; not wrapped, as it is there to be copied. Empty without one. */
export function nextLine(context: ReportContext): string {
  return context.next === undefined ? '' : `${paint(`next: ${context.next}`, 'dim', context)}\n`;
}
