/**
 * Records of cells → canonical events.
 */
import { suggestion, TraceFormatError } from '../../trace/errors.js';
import { Access, EVENT_NAMES, EventFlag, EventKind, OUTCOME_NAMES } from '../../trace/events.js';
import { granuleLog2OfTg, PAGE_SHIFT, pageOf } from '../../trace/units.js';
import { CUT_NOTE, isRestart, RESTART_CAUSE } from '../clock-order.js';
import type { ColumnMap } from '../csv/column-map.js';
import { addNote } from '../notes.js';
import type { ReaderContext } from '../reader.js';
import { COLUMNS_OF_KIND, Column, CSV_HEADER, columnsOfHeader, IGNORED } from './columns.js';
import { commandParts } from './command-row.js';
import { countFlags, flagsOf } from './flags.js';
import { RestartError, RowError } from './row-error.js';
import { RowSink } from './row-sink.js';
import { highHalf, integerOf, lowHalf, pageSizeLog2Of, quoted, readAddress, timeOf } from './values.js';

const MAX_SID = 2 ** 32 - 1;
const MAX_SSID = 2 ** 20 - 1;
const MAX_ID = 2 ** 16 - 1;
const MAX_INT32 = 2 ** 31 - 1;
const MAX_PAGES = 2 ** 52;
const SPACE = 0x20;

/** `access` spellings; `msi` is a write that is a message-signalled interrupt. */
const ACCESS_OF_NAME: Readonly<Record<string, number>> = {
  r: Access.Read,
  read: Access.Read,
  w: Access.Write,
  write: Access.Write,
  rw: Access.ReadWrite,
  msi: Access.Write,
};

/** Decodes one file, record by record. */
export class RowDecoder {
  readonly sink = new RowSink();
  /** Column number of each position; undefined before the header. */
  columns: readonly number[] | undefined;
  /** The record being decoded, by column number; '' where it has nothing. */
  readonly cells: string[] = new Array(CSV_HEADER.length).fill('');

  private isCut = false;

  constructor(
    private readonly context: ReaderContext,
    private readonly map?: ColumnMap,
  ) {}

  /** One record, the header first. @throws TraceFormatError for a bad header, and for a bad row unless lenient */
  add(record: readonly string[]): void {
    const line = this.sink.nextLine;
    this.sink.nextLine++;
    this.context.statistics.lines++;
    if (record.length === 1 && record[0].trim() === '') return;
    try {
      if (this.columns === undefined) this.columns = columnsOfHeader(record, this.map);
      else this.addCells(this.spread(record), line);
    } catch (error) {
      if (this.columns === undefined) throw this.described(error, line);
      this.refuseOrSkip(error, line);
    }
  }

  /** A line without anything on it. */
  skipBlankLine(): void {
    this.sink.nextLine++;
    this.context.statistics.lines++;
  }

  /** Fail because of a row that cannot be read, or leave it out if lenient; other errors pass. */
  refuseOrSkip(error: unknown, line: number): void {
    if (!(error instanceof RowError) || !this.context.lenient) throw this.described(error, line);
    if (error instanceof RestartError) {
      this.isCut = true;
      this.sink.lastTimeNs = Number.POSITIVE_INFINITY;
    }
    this.skipped(line);
  }

  /** A row that is left out. */
  skipped(line: number): void {
    const { statistics } = this.context;
    if (this.isCut) {
      addNote(statistics, line, CUT_NOTE);
      return;
    }
    statistics.skippedRows++;
    addNote(statistics, line, 'malformed row: skipped');
  }

  private described(error: unknown, line: number): unknown {
    if (!(error instanceof RowError)) return error;
    return new TraceFormatError(this.context.file, line, error.expected, error.found);
  }

  /**
   * The row in `cells`.
   * @param present set of the columns that are not empty
   * @throws RowError; the sink is then as before
   */
  addCells(present: number, line: number): void {
    const { cells, sink } = this;
    const kind = kindOf(cells[Column.event]);
    const meaningless = present & ~COLUMNS_OF_KIND[kind];
    if (meaningless !== 0) {
      const column = 31 - Math.clz32(meaningless);
      throw new RowError(`an empty ${CSV_HEADER[column]} on a ${EVENT_NAMES[kind]} row`, quoted(cells[column]));
    }
    const timeNs = timeOf(cells[Column.time_ns]);
    if (timeNs < sink.lastTimeNs) {
      throw timeError(timeNs, sink.lastTimeNs, sink.firstTimeNs);
    }
    const row = sink.append(kind as EventKind, timeNs, line);
    try {
      this.fill(kind, row, present);
    } catch (error) {
      if (error instanceof RowError) sink.withdraw(row);
      throw error;
    }
    sink.lastTimeNs = timeNs;
    countFlags(sink.batch.flags[row], this.context.statistics);
  }

  /** Put the record's cells under their column numbers; returns the set of those that are not empty. */
  private spread(record: readonly string[]): number {
    const columns = this.columns as readonly number[];
    if (record.length !== columns.length) throw new RowError(`${columns.length} cells`, String(record.length));
    let present = 0;
    for (let position = 0; position < columns.length; position++) {
      const column = columns[position];
      const cell = record[position];
      if (column === IGNORED) {
        // The only cells that may hold line feeds without being an error.
        if (cell.includes('\n')) this.countLineFeeds(cell);
        continue;
      }
      const text = trimmed(cell);
      this.cells[column] = text;
      if (text !== '') present |= 1 << column;
    }
    return present;
  }

  private countLineFeeds(cell: string): void {
    const lineFeeds = cell.split('\n').length - 1;
    this.sink.nextLine += lineFeeds;
    this.context.statistics.lines += lineFeeds;
  }

  private fill(kind: number, row: number, present: number): void {
    const { cells } = this;
    const { batch } = this.sink;
    if (cells[Column.vcpu] !== '') batch.vcpu[row] = integerOf(cells[Column.vcpu], 'vcpu', MAX_INT32);
    if (cells[Column.queue] !== '') batch.queue[row] = integerOf(cells[Column.queue], 'queue', MAX_INT32);
    if (cells[Column.flags] !== '') batch.flags[row] = flagsOf(cells[Column.flags]);
    if (kind === EventKind.Cmd) {
      const parts = commandParts(cells, present);
      batch.cmd0Low[row] = parts[0];
      batch.cmd0High[row] = parts[1];
      batch.cmd1Low[row] = parts[2];
      batch.cmd1High[row] = parts[3];
    } else if (kind !== EventKind.Doorbell && kind !== EventKind.SyncDone) {
      this.fillAddress(kind, row);
      if (kind === EventKind.Dma) this.fillDma(row);
      else this.fillMapping(row);
    }
  }

  private fillAddress(kind: number, row: number): void {
    const { cells } = this;
    const { batch } = this.sink;
    if (cells[Column.sid] !== '') batch.sid[row] = integerOf(cells[Column.sid], 'sid', MAX_SID);
    if (cells[Column.ssid] !== '') batch.ssid[row] = integerOf(cells[Column.ssid], 'ssid', MAX_SSID);
    if (cells[Column.asid] !== '') batch.asid[row] = integerOf(cells[Column.asid], 'asid', MAX_ID);
    if (cells[Column.vmid] !== '') batch.vmid[row] = integerOf(cells[Column.vmid], 'vmid', MAX_ID);
    const text = cells[Column.iova];
    if (text === '') throw new RowError(`an iova on a ${EVENT_NAMES[kind]} row`, 'an empty cell');
    readAddress(text);
    batch.iovaPage[row] = pageOf(highHalf, lowHalf);
    batch.iovaOffset[row] = lowHalf & 0xfff;
  }

  private fillDma(row: number): void {
    const { cells } = this;
    const { batch } = this.sink;
    if (cells[Column.page_size] !== '') batch.pageSizeLog2[row] = pageSizeLog2Of(cells[Column.page_size]);
    if (cells[Column.tg] !== '') {
      const tg = integerOf(cells[Column.tg], 'tg', 3);
      batch.granuleLog2[row] = tg === 0 ? 0 : granuleLog2OfTg(tg);
    }
    const access = cells[Column.access];
    if (access !== '') {
      if (!Object.hasOwn(ACCESS_OF_NAME, access)) throw new RowError('access r, w, rw or msi', quoted(access));
      batch.access[row] = ACCESS_OF_NAME[access];
      if (access === 'msi') batch.flags[row] |= EventFlag.Msi;
    }
    const outcome = OUTCOME_NAMES.indexOf(cells[Column.outcome]);
    if (outcome < 0) {
      throw new RowError(`outcome ${OUTCOME_NAMES.slice(1).join(', ')} or nothing`, quoted(cells[Column.outcome]));
    }
    batch.outcome[row] = outcome;
  }

  private fillMapping(row: number): void {
    const { cells } = this;
    const { batch } = this.sink;
    const size = cells[Column.page_size];
    // A page that is not given is one of 4 KiB; 0 says that its size is not known.
    if (size !== '0') batch.pageSizeLog2[row] = size === '' ? PAGE_SHIFT : pageSizeLog2Of(size);
    batch.pages[row] = cells[Column.num] === '' ? 1 : integerOf(cells[Column.num], 'num', MAX_PAGES, 1);
  }
}

function kindOf(text: string): number {
  const kind = EVENT_NAMES.indexOf(text);
  if (kind >= 0) return kind;
  if (text === '') throw new RowError(`an event (${EVENT_NAMES.join(', ')})`, 'an empty cell');
  throw new RowError('a known event', `${quoted(text)}${suggestion(text, EVENT_NAMES)}`);
}

/** `cell` without surrounding blanks; most cells have none, and then no string is made. */
function trimmed(cell: string): string {
  const { length } = cell;
  if (length === 0) return cell;
  return cell.charCodeAt(0) <= SPACE || cell.charCodeAt(length - 1) <= SPACE ? cell.trim() : cell;
}

function timeError(timeNs: number, lastNs: number, firstNs: number): RowError {
  const expected = `time_ns not below the ${lastNs} of the row before`;
  if (!isRestart(timeNs, lastNs, firstNs)) return new RowError(expected, String(timeNs));
  return new RestartError(expected, `${timeNs}: ${RESTART_CAUSE}`);
}
