/** Columns of results (columns/) as tables draw them. */
import type { ComparedRow, ReportColumn } from '../../columns/column.js';
import type { ReportContext } from '../reporter.js';
import { formatValue } from './format.js';
import type { Column, TextStyle } from './layout.js';

/** The value of `column` in a row as people read it. */
function cellText(column: ReportColumn, row: ComparedRow | undefined, context: ReportContext): string {
  const value = row === undefined ? null : column.value(row);
  return typeof value === 'string' ? value : formatValue(value, column.unit, context);
}

/**
 * `column` for a table whose rows are something else; `resultOf` says which result is meant.
 * @param drop when it has to go, if not as the column itself says
 */
export function drawnColumn<Row>(
  column: ReportColumn,
  context: ReportContext,
  resultOf: (row: Row) => ComparedRow | undefined,
  drop: number = column.drop,
): Column<Row> {
  const { heading, short = heading, unit } = column;
  const styleOf = STYLES[column.name];
  return {
    heading,
    short,
    drop,
    align: unit === undefined ? 'left' : 'right',
    cell: (row) => cellText(column, resultOf(row), context),
    style: (row) => {
      const result = resultOf(row);
      return result && styleOf?.(result);
    },
  };
}

/** `HEADING VALUE, HEADING VALUE` of columns that have one value in all rows, of which `row` is one. */
export function sameText(
  columns: readonly ReportColumn[],
  row: ComparedRow | undefined,
  context: ReportContext,
): string {
  return columns.map((column) => `${column.heading} ${cellText(column, row, context)}`).join(', ');
}

/** By the name of the column. */
const STYLES: Readonly<Record<string, ((row: ComparedRow) => TextStyle | undefined) | undefined>> = {
  'vs base': ({ result, baseline }) => {
    if (result === baseline || baseline === undefined || result.latency.operation.count === 0) return 'dim';
    const slowerNs = result.latency.operation.mean_ns - baseline.latency.operation.mean_ns;
    if (slowerNs < 0) return 'green';
    return slowerNs > 0 ? 'red' : undefined;
  },
  stale: ({ result }) => ((result.safety?.stale_after_sync ?? 0) > 0 ? 'red' : undefined),
};
