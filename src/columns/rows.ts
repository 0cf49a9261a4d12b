/** Rows and columns of a table: in which order, and which columns tell rows apart. */
import type { SortOrder } from './choose.js';
import type { ReportColumn } from './column.js';

/** What a column has in a row of some table. */
export type ValueOf<Row> = (column: ReportColumn, row: Row) => number | string | null;

/** `rows` in the order asked for; those without a value come last, equal ones stay as they were. */
export function sortedRows<Row>(
  rows: readonly Row[],
  order: SortOrder | undefined,
  valueIn: ValueOf<Row>,
): readonly Row[] {
  if (order === undefined) return rows;
  const { column, descending } = order;
  const keyed = rows.map((row) => ({ row, key: valueIn(column, row) }));
  keyed.sort(({ key: a }, { key: b }) => {
    if (a === null || b === null) return Number(a === null) - Number(b === null);
    return (a < b ? -1 : a > b ? 1 : 0) * (descending ? -1 : 1);
  });
  return keyed.map(({ row }) => row);
}

/** Columns of tables that belong together, by what they tell. */
export interface ToldApart {
  /** They tell rows of some table apart, or are always shown. */
  readonly telling: readonly ReportColumn[];
  /** Each table has one value in all its rows. */
  readonly constant: readonly ReportColumn[];
  /** No row has a value. */
  readonly absent: readonly ReportColumn[];
}

/**
 * Which of `columns` tell the rows of `tables` apart.
 * @param always names of columns that are shown anyway
 */
export function toldApart<Row>(
  columns: readonly ReportColumn[],
  tables: readonly (readonly Row[])[],
  always: readonly string[],
  valueIn: ValueOf<Row>,
): ToldApart {
  const kindOf = (column: ReportColumn): keyof ToldApart => {
    if (always.includes(column.name)) return 'telling';
    const all = tables.map((rows) => new Set(rows.map((row) => valueIn(column, row))));
    if (all.every((each) => [...each].every((value) => value === null))) return 'absent';
    return all.every(({ size }) => size <= 1) ? 'constant' : 'telling';
  };
  const kinds = new Map(columns.map((column) => [column, kindOf(column)]));
  const of = (kind: keyof ToldApart) => columns.filter((column) => kinds.get(column) === kind);
  return { telling: of('telling'), constant: of('constant'), absent: of('absent') };
}
