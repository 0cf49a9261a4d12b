/**
 * Records of cells → canonical events.
 */
import { suggestion, TraceFormatError } from '../../trace/errors.js';
import {
  ABSENT,
  Access,
  BATCH_ROWS,
  EVENT_NAMES,
  EventBatch,
  EventFlag,
  EventKind,
  OUTCOME_NAMES,
} from '../../trace/events.js';
import { granuleLog2OfTg, PAGE_SHIFT, pageOf } from '../../trace/units.js';
import { addNote } from '../notes.js';
import type { ReaderContext } from '../reader.js';
import { COLUMNS_OF_KIND, Column, CSV_HEADER, columnsOfHeader, IGNORED } from './columns.js';
import { commandParts } from './command-row.js';
import { RowError } from './row-error.js';
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
  private batch = new EventBatch(BATCH_ROWS);
  private full: EventBatch[] = [];
  /** Column number of each position; undefined before the header. */
  private columns: number[] | undefined;
  private readonly cells: string[] = new Array(CSV_HEADER.length).fill('');
  private lastTimeNs = 0;
  /** Line on which the next record begins. */
  private nextLine = 1;

  constructor(private readonly context: ReaderContext) {}

  /** True once the header was read. */
  get hasHeader(): boolean {
    return this.columns !== undefined;
  }

  /** One record. @throws TraceFormatError for a bad header, and for a bad row unless lenient */
  add(record: readonly string[]): void {
    const line = this.nextLine;
    this.nextLine++;
    this.context.statistics.lines++;
    if (record.length === 1 && record[0].trim() === '') return;
    try {
      if (this.columns === undefined) this.columns = columnsOfHeader(record);
      else this.addRow(record, line);
    } catch (error) {
      if (!(error instanceof RowError)) throw error;
      if (!this.context.lenient || this.columns === undefined) {
        throw new TraceFormatError(this.context.file, line, error.expected, error.found);
      }
      this.skipped(line);
    }
  }

  /** A row that is left out. */
  skipped(line: number): void {
    this.context.statistics.skippedRows++;
    addNote(this.context.statistics, line, 'malformed row: skipped');
  }

  /** Batches that are full by now. */
  takeFull(): EventBatch[] {
    const taken = this.full;
    this.full = [];
    return taken;
  }

  /** All that is left, at the end. */
  takeRest(): EventBatch[] {
    const taken = this.takeFull();
    if (this.batch.count > 0) taken.push(this.batch);
    return taken;
  }

  private addRow(record: readonly string[], line: number): void {
    const present = this.spread(record);
    const { cells } = this;
    const kind = kindOf(cells[Column.event]);
    const meaningless = present & ~COLUMNS_OF_KIND[kind];
    if (meaningless !== 0) {
      const column = 31 - Math.clz32(meaningless);
      throw new RowError(`an empty ${CSV_HEADER[column]} on a ${EVENT_NAMES[kind]} row`, quoted(cells[column]));
    }
    const timeNs = timeOf(cells[Column.time_ns]);
    if (timeNs < this.lastTimeNs) {
      throw new RowError(`time_ns not below the ${this.lastTimeNs} of the row before`, String(timeNs));
    }
    if (this.batch.isFull) {
      this.full.push(this.batch);
      this.batch = new EventBatch(BATCH_ROWS);
    }
    const { batch } = this;
    const row = batch.append(kind as EventKind, timeNs, line);
    try {
      this.fill(kind, row, present);
    } catch (error) {
      // The row is taken back; its slot in the fresh arrays must be as if it had never been used.
      if (error instanceof RowError) this.withdraw(row);
      throw error;
    }
    this.lastTimeNs = timeNs;
  }

  /** Put the record's cells under their column numbers; returns the set of those that are not empty. */
  private spread(record: readonly string[]): number {
    const columns = this.columns as number[];
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
    this.nextLine += lineFeeds;
    this.context.statistics.lines += lineFeeds;
  }

  private fill(kind: number, row: number, present: number): void {
    const { batch, cells } = this;
    if (cells[Column.vcpu] !== '') batch.vcpu[row] = integerOf(cells[Column.vcpu], 'vcpu', MAX_INT32);
    if (cells[Column.queue] !== '') batch.queue[row] = integerOf(cells[Column.queue], 'queue', MAX_INT32);
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
    const { batch, cells } = this;
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
    const { batch, cells } = this;
    if (cells[Column.page_size] !== '') batch.pageSizeLog2[row] = pageSizeLog2Of(cells[Column.page_size]);
    if (cells[Column.tg] !== '') {
      const tg = integerOf(cells[Column.tg], 'tg', 3);
      batch.granuleLog2[row] = tg === 0 ? 0 : granuleLog2OfTg(tg);
    }
    const access = cells[Column.access];
    if (access !== '') {
      if (!Object.hasOwn(ACCESS_OF_NAME, access)) throw new RowError('access r, w, rw or msi', quoted(access));
      batch.access[row] = ACCESS_OF_NAME[access];
      if (access === 'msi') batch.flags[row] = EventFlag.Msi;
    }
    const outcome = OUTCOME_NAMES.indexOf(cells[Column.outcome]);
    if (outcome < 0) {
      throw new RowError(`outcome ${OUTCOME_NAMES.slice(1).join(', ')} or nothing`, quoted(cells[Column.outcome]));
    }
    batch.outcome[row] = outcome;
  }

  private fillMapping(row: number): void {
    const { batch, cells } = this;
    const size = cells[Column.page_size];
    batch.pageSizeLog2[row] = size === '' ? PAGE_SHIFT : pageSizeLog2Of(size);
    batch.pages[row] = cells[Column.num] === '' ? 1 : integerOf(cells[Column.num], 'num', MAX_PAGES, 1);
  }

  private withdraw(row: number): void {
    const { batch } = this;
    batch.count = row;
    for (const column of Object.values(batch)) {
      if (ArrayBuffer.isView(column)) (column as Uint8Array)[row] = 0;
    }
    batch.vcpu[row] = ABSENT;
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
