/**
 * Rows of any Arrow table with our column names, whatever program made it: values → cells → the decoder that CSV and
 * JSON Lines share. A data frame's floats with NaN for absent, hexadecimal text and categories all pass.
 */
import type { DataType, RecordBatch, Schema, Vector } from 'apache-arrow';
import { Column, columnsOfHeader, IGNORED } from '../rows/columns.js';
import type { RowDecoder } from '../rows/row-decoder.js';
import { RowError } from '../rows/row-error.js';
import { quoted } from '../rows/values.js';
import { checkCells } from './cells.js';

/** Column number of every field of `schema`. @throws RowError for an unknown column or a type that holds no value of ours */
export function columnsOfSchema(schema: Schema, isReadable: (type: DataType) => boolean): number[] {
  const columns = columnsOfHeader(schema.fields.map(({ name }) => name));
  schema.fields.forEach(({ name, type }, index) => {
    // A column of nulls has no buffer that could contradict the number of rows; these two cannot be null anyway.
    // An event takes a byte of every row: this is what bounds the rows of a message.
    const isNull =
      (String(type) === 'Null' && (name === 'time_ns' || name === 'event')) ||
      (String(type) === 'Bool' && name === 'event');
    if (columns[index] === IGNORED || (isReadable(type) && !isNull)) return;
    throw new RowError(`a column ${name} of integers or text`, `one of ${type}`);
  });
  return columns;
}

/** Decodes rows one by one. */
export class AnyRows {
  constructor(
    private readonly rows: RowDecoder,
    private readonly columns: readonly number[],
  ) {}

  /** To be called once for each batch before its rows. @throws ArrowError if values are not where they should be */
  check(batch: RecordBatch): void {
    this.columns.forEach((column, index) => {
      if (column !== IGNORED) for (const data of batch.getChildAt(index)?.data ?? []) checkCells(data);
    });
  }

  /** Rows `from … to - 1` of `batch`; the first is record `firstRecord`. */
  decode(batch: RecordBatch, from: number, to: number, firstRecord: number): void {
    const { columns, rows } = this;
    const vectors = columns.map((column, index) => (column === IGNORED ? undefined : batch.getChildAt(index)));
    for (let row = from; row < to; row++) {
      const record = firstRecord + row - from;
      try {
        rows.cells.fill('');
        rows.addCells(this.spread(vectors, row), record);
      } catch (error) {
        rows.refuseOrSkip(error, record);
      }
    }
  }

  private spread(vectors: readonly (Vector | null | undefined)[], row: number): number {
    let present = 0;
    for (let index = 0; index < vectors.length; index++) {
      const vector = vectors[index];
      if (vector === undefined || vector === null) continue;
      const column = this.columns[index];
      const text = wordColumns.has(column) ? wordText(vector.get(row)) : textOf(vector.get(row));
      this.rows.cells[column] = text;
      if (text !== '') present |= 1 << column;
    }
    return present;
  }
}

const wordColumns = new Set<number>([Column.cmd0, Column.cmd1]);

/** A command word; text has it in hexadecimal. */
function wordText(value: unknown): string {
  const isNumber = typeof value === 'bigint' || (typeof value === 'number' && Number.isSafeInteger(value));
  return isNumber && value >= 0 ? `0x${value.toString(16)}` : textOf(value);
}

function textOf(value: unknown): string {
  if (value === null || value === undefined) return '';
  if (typeof value === 'bigint') return value.toString();
  if (typeof value === 'string') return value.trim();
  if (typeof value === 'boolean') return value ? '1' : '0';
  if (typeof value !== 'number') throw new RowError('a number or text', quoted(String(value)));
  if (Number.isNaN(value)) return '';
  if (Number.isSafeInteger(value)) return String(value);
  throw new RowError('integers below 2^53 (larger ones as 64-bit integers or text)', String(value));
}
