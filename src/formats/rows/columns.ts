/**
 * Columns of the native CSV format and what each kind of event does with them (design §3).
 *
 * The header row is required and may have any order; `x_…` columns belong to the user and are ignored. A cell that means
 * nothing for its row's event must be empty: a filled one is a mistake that would otherwise go unnoticed. JSON Lines
 * and Arrow have the same columns.
 */
import { nearestName } from '../../trace/errors.js';
import { EventKind } from '../../trace/events.js';
import type { ColumnMap } from '../csv/column-map.js';
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
  // Not in the design's list: what the events say about their own origin, so that a conversion loses none of it.
  'flags',
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

const ALWAYS = columnSet('time_ns', 'event', 'vcpu', 'queue', 'flags');
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
 * @param map the user's names for columns
 * @throws RowError for an unknown, duplicate, empty or missing column
 */
export function columnsOfHeader(cells: readonly string[], map?: ColumnMap): number[] {
  const names = cells.map((cell) => cell.trim());
  for (const [theirs, ours] of map ?? []) {
    if (!names.includes(theirs)) throw new RowError(`a column ${theirs}, which --csv-map takes for ${ours}`, 'none');
  }
  const columns = names.map((name) => columnOfName(map?.get(name) ?? name));
  const repeated = columns.findIndex((column, index) => column !== IGNORED && columns.indexOf(column) !== index);
  if (repeated >= 0) throw new RowError('every column once', `a second column ${names[repeated]}`);
  for (const name of ['time_ns', 'event'] as const) {
    if (!columns.includes(Column[name])) throw new RowError(`a column ${name} in the header`, 'none');
  }
  return columns;
}

/** Column number of `name`, IGNORED for `x_…`. @throws RowError that names the nearest known column */
export function columnOfName(name: string): number {
  if (name.startsWith('x_')) return IGNORED;
  if (Object.hasOwn(Column, name)) return Column[name as ColumnName];
  if (name === '') throw new RowError('a column name', 'an empty one');
  const nearest = nearestName(name, CSV_HEADER);
  const hint = nearest === undefined ? '' : `; did you mean ${nearest}?`;
  throw new RowError(`a known column (${CSV_HEADER.join(', ')}, or x_… to have it ignored)`, `${name}${hint}`);
}

/** Characters that may stand between cells, in order of preference. */
const DELIMITERS = [',', ';', '\t'];

/** What the first line of a CSV shows. */
export interface HeaderLine {
  /** The character between cells: whichever of comma, semicolon and tab gives the most known column names. */
  readonly delimiter: string;
  /** Known names among the cells. */
  readonly known: readonly string[];
}

/** The first line of `head` that is not blank. */
export function headerLine(head: Uint8Array, map?: ColumnMap): HeaderLine {
  const text = Buffer.from(head.buffer, head.byteOffset, head.length)
    .toString('utf8')
    .replace(/^\ufeff/, '');
  const line = /\S.*/.exec(text)?.[0] ?? '';
  const readings = DELIMITERS.map((delimiter) => {
    const names = line.split(delimiter).map((name) => name.trim().replace(/^"(.*)"$/, '$1'));
    return { delimiter, known: names.filter((name) => map?.has(name) || Object.hasOwn(Column, name)) };
  });
  return readings.reduce((best, reading) => (reading.known.length > best.known.length ? reading : best));
}

/** True if the first line of `head` looks like a header of this format, even one with mistakes in it. */
export function looksLikeHeader(head: Uint8Array): boolean {
  const { known } = headerLine(head);
  return known.includes('time_ns') || known.length >= 2;
}
