/**
 * Columns of the native CSV format and what each kind of event does with them (design §3).
 *
 * The header row is required and may have any order; `x_…` columns belong to the user and are ignored. A cell that means
 * nothing for its row's event must be empty: a filled one is a mistake that would otherwise go unnoticed.
 */
import { nearestName } from '../../trace/errors.js';
import { EventKind } from '../../trace/events.js';
import { RowError } from './row-error.js';

/** Columns in the order in which they are written. */
export const CSV_HEADER = [
  'time_ns',
  'event',
  'vcpu',
  'queue',
  'opcode',
  'cmd0',
  'cmd1',
  'sid',
  'ssid',
  'asid',
  'vmid',
  'iova',
  'num',
  'scale',
  'tg',
  'ttl',
  'leaf',
  'size_log2',
  'access',
  'page_size',
  'outcome',
] as const;
export type ColumnName = (typeof CSV_HEADER)[number];

/** Number of a column: its index in `CSV_HEADER`. */
export const Column = Object.fromEntries(CSV_HEADER.map((name, index) => [name, index])) as Readonly<
  Record<ColumnName, number>
>;

/** A set of columns, one bit each. */
export function columnSet(...names: ColumnName[]): number {
  return names.reduce((set, name) => set | (1 << Column[name]), 0);
}

const ALWAYS = columnSet('time_ns', 'event', 'vcpu', 'queue');
const MAPPING = ALWAYS | columnSet('sid', 'ssid', 'asid', 'vmid', 'iova', 'num', 'page_size');

/** Columns that mean something for each event kind, indexed by EventKind. For `cmd` the opcode decides further. */
export const COLUMNS_OF_KIND: readonly number[] = (() => {
  const sets: number[] = [];
  sets[EventKind.Cmd] = ~columnSet('access', 'page_size', 'outcome');
  sets[EventKind.Doorbell] = ALWAYS;
  sets[EventKind.SyncDone] = ALWAYS;
  sets[EventKind.Dma] =
    ALWAYS | columnSet('sid', 'ssid', 'asid', 'vmid', 'iova', 'tg', 'access', 'page_size', 'outcome');
  sets[EventKind.Map] = MAPPING;
  sets[EventKind.Unmap] = MAPPING;
  return sets;
})();

/** Marks a column of the user's own. */
export const IGNORED = -1;

/**
 * Column number of every cell of the header row, IGNORED for `x_…`.
 * @throws RowError for an unknown, duplicate, empty or missing column
 */
export function columnsOfHeader(cells: readonly string[]): number[] {
  const columns = cells.map((cell) => columnOfHeaderCell(cell.trim()));
  const repeated = columns.findIndex((column, index) => column !== IGNORED && columns.indexOf(column) !== index);
  if (repeated >= 0) throw new RowError('every column once', `a second column ${cells[repeated].trim()}`);
  for (const name of ['time_ns', 'event'] as const) {
    if (!columns.includes(Column[name])) throw new RowError(`a column ${name} in the header`, 'none');
  }
  return columns;
}

function columnOfHeaderCell(name: string): number {
  if (name.startsWith('x_')) return IGNORED;
  const column = Column[name as ColumnName];
  if (column !== undefined) return column;
  if (name === '') throw new RowError('a column name', 'an empty one');
  const nearest = nearestName(name, CSV_HEADER);
  const hint = nearest === undefined ? '' : `; did you mean ${nearest}?`;
  throw new RowError(`a known column (${CSV_HEADER.join(', ')}, or x_… to have it ignored)`, `${name}${hint}`);
}

/** True if the first line of `head` looks like a header of this format, even one with mistakes in it. */
export function looksLikeHeader(head: Uint8Array): boolean {
  const text = Buffer.from(head.buffer, head.byteOffset, head.length).toString('utf8');
  const [firstLine] = text.replace(/^\ufeff/, '').split(/\r?\n/, 1);
  const names = firstLine.split(',').map((name) => name.trim().replace(/^"(.*)"$/, '$1'));
  const known = names.filter((name) => Object.hasOwn(Column, name));
  return known.includes('time_ns') || known.length >= 2;
}
