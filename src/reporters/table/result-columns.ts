/** Columns of results (columns/) as tables draw them. */
import type { ReportColumn } from '../../columns/column.js';
import type { ValueOf } from '../../columns/rows.js';
import type { ReportContext } from '../reporter.js';
import { formatValue } from './format.js';
import type { Column } from './layout.js';

/** `column` in a table whose rows have its values by `valueIn`. */
export function drawnColumn<Row>(column: ReportColumn, context: ReportContext, valueIn: ValueOf<Row>): Column<Row> {
  const { heading, short = heading, drop, unit } = column;
  const align = unit === undefined ? 'left' : 'right';
  return { heading, short, drop, align, cell: (row) => valueText(column, valueIn(column, row), context) };
}

/** Columns that somebody asked for, where the last one goes first when there is no room. */
export function askedColumn<Row>(column: Column<Row>, at: number): Column<Row> {
  return { ...column, drop: at + 1 };
}

/** `HEADING VALUE, HEADING VALUE` of columns that have one value in all rows, of which `row` is one. */
export function sameText<Row>(
  columns: readonly ReportColumn[],
  row: Row,
  context: ReportContext,
  valueIn: ValueOf<Row>,
): string {
  return columns.map((one) => `${one.heading} ${valueText(one, valueIn(one, row), context)}`).join(', ');
}

function valueText({ unit }: ReportColumn, value: number | string | null, context: ReportContext): string {
  return typeof value === 'string' ? value : formatValue(value, unit, context);
}

/** Least width to which a text is cut. */
const LEAST_WIDTH = 8;

/** Characters of a name with which it is still another than all others, and a mark of where it was cut. */
export function tellingWidth(names: readonly string[]): number {
  const distinct = [...new Set(names)];
  const longest = Math.max(LEAST_WIDTH, ...distinct.map(({ length }) => length));
  for (let width = LEAST_WIDTH; width < longest; width++) {
    const cut = distinct.map((name) => (name.length <= width ? name : name.slice(0, width - 1)));
    if (new Set(cut).size === distinct.length) return width;
  }
  return longest;
}
