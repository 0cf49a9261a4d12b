/**
 * The fast path: rows without quotes, straight from bytes into columns.
 *
 * A row is decoded here only if every cell of it is written plainly and is right; any other row (blanks, mistakes,
 * unusual spellings) goes cell by cell through `RowDecoder`, so that there is one meaning and one set of messages.
 * Nothing is allocated per plain row.
 */
import { extractField, insertField } from '../../trace/command.js';
import { Access, EVENT_NAMES, EventFlag, EventKind, OUTCOME_NAMES } from '../../trace/events.js';
import { OPCODE_NAMES, OPCODES as OPCODE_NUMBERS } from '../../trace/opcodes.js';
import { granuleLog2OfTg, PAGE_SHIFT, pageOf } from '../../trace/units.js';
import type { ReaderStatistics } from '../reader.js';
import { COLUMNS_OF_KIND, Column, type ColumnName, IGNORED } from '../rows/columns.js';
import { opcodeColumns } from '../rows/command-row.js';
import { ALL_FLAGS, countFlags, flagsText } from '../rows/flags.js';
import type { RowDecoder } from '../rows/row-decoder.js';
import {
  NOT_PLAIN,
  PlainWords,
  plainDecimal,
  plainHigh,
  plainInteger,
  plainLow,
  readPlainAddress,
  readPlainHex,
} from './plain-values.js';

const LINE_FEED = 10;
const CARRIAGE_RETURN = 13;
const MAX_INT32 = 2 ** 31 - 1;

const KINDS = new PlainWords(EVENT_NAMES.map((name, kind) => [name, kind]));
const OUTCOMES = new PlainWords(OUTCOME_NAMES.slice(1).map((name, index) => [name, index + 1]));
const OPCODES = new PlainWords(OPCODE_NAMES.map((name) => [name, OPCODE_NUMBERS[name]]));
/** The MSI bit above the Access values. */
const MSI = 4;
const ACCESSES = new PlainWords([
  ['r', Access.Read],
  ['w', Access.Write],
  ['rw', Access.ReadWrite],
  ['msi', Access.Write | MSI],
]);
const FLAGS = new PlainWords(Array.from({ length: ALL_FLAGS }, (_, index) => [flagsText(index + 1), index + 1]));

const COLUMN_COUNT = Object.keys(Column).length;
/** Columns of command fields in the order in which they are looked at. */
const FIELD_COLUMNS = (
  ['sid', 'ssid', 'asid', 'vmid', 'iova', 'num', 'scale', 'tg', 'ttl', 'leaf', 'size_log2'] satisfies ColumnName[]
).map((name) => Column[name]);
const { time_ns, event, vcpu, queue, opcode, cmd0, cmd1, iova, num, tg, access, page_size, outcome, flags } = Column;
const IDENTIFIERS = [
  { column: Column.sid, field: 'sid', max: 2 ** 32 - 1 },
  { column: Column.ssid, field: 'ssid', max: 2 ** 20 - 1 },
  { column: Column.asid, field: 'asid', max: 2 ** 16 - 1 },
  { column: Column.vmid, field: 'vmid', max: 2 ** 16 - 1 },
] as const;

/** Decodes blocks of whole lines that hold no quote. */
export class PlainRows {
  private readonly from = new Int32Array(COLUMN_COUNT);
  private readonly to = new Int32Array(COLUMN_COUNT);
  private readonly parts = [0, 0, 0, 0];
  private readonly separator: number;

  constructor(
    private readonly rows: RowDecoder,
    private readonly statistics: ReaderStatistics,
    private readonly delimiter: string,
  ) {
    this.separator = delimiter.charCodeAt(0);
  }

  /** Decode `block` from `start` on. */
  decode(block: Uint8Array, start = 0): void {
    const { length } = block;
    let at = start;
    while (at < length) {
      let end = at;
      while (end < length && block[end] !== LINE_FEED) end++;
      const next = end + 1;
      if (end > at && block[end - 1] === CARRIAGE_RETURN) end--;
      if (end === at) this.rows.skipBlankLine();
      else if (!this.decodePlain(block, at, end)) this.decodeAnyway(block, at, end);
      at = next;
    }
  }

  /** The row as strings, through the decoder that knows everything. */
  private decodeAnyway(block: Uint8Array, start: number, end: number): void {
    const text = Buffer.from(block.buffer, block.byteOffset + start, end - start).toString('utf8');
    this.rows.add(text.split(this.delimiter));
  }

  /** Decode the line; false, with nothing done, if it is not plain. */
  private decodePlain(block: Uint8Array, start: number, end: number): boolean {
    const { rows, from, to } = this;
    const { columns, sink } = rows;
    if (columns === undefined) return false;
    const present = this.split(block, start, end, columns);
    if (present === NOT_PLAIN) return false;
    const kind = KINDS.lookup(block, from[event], to[event]);
    const timeNs = plainDecimal(block, from[time_ns], to[time_ns]);
    if (kind === NOT_PLAIN || timeNs < sink.lastTimeNs || (present & ~COLUMNS_OF_KIND[kind]) !== 0) return false;
    let vcpuNumber = NOT_PLAIN;
    if ((present & (1 << vcpu)) !== 0) {
      vcpuNumber = plainInteger(block, from[vcpu], to[vcpu]);
      if (vcpuNumber === NOT_PLAIN || vcpuNumber > MAX_INT32) return false;
    }
    let queueNumber = 0;
    if ((present & (1 << queue)) !== 0) {
      queueNumber = plainInteger(block, from[queue], to[queue]);
      if (queueNumber === NOT_PLAIN || queueNumber > MAX_INT32) return false;
    }
    let flagBits = 0;
    if ((present & (1 << flags)) !== 0) {
      flagBits = FLAGS.lookup(block, from[flags], to[flags]);
      if (flagBits === NOT_PLAIN) return false;
    }
    if (kind === EventKind.Cmd && !this.readCommand(block, present)) return false;
    const row = sink.append(kind as EventKind, timeNs, sink.nextLine);
    if (kind === EventKind.Cmd) {
      const { batch } = sink;
      batch.cmd0Low[row] = this.parts[0];
      batch.cmd0High[row] = this.parts[1];
      batch.cmd1Low[row] = this.parts[2];
      batch.cmd1High[row] = this.parts[3];
    } else if (kind >= EventKind.Dma && !this.fillAddress(block, kind, row, present)) {
      sink.withdraw(row);
      return false;
    }
    // An absent vCPU is -1, like a cell that is not plain.
    sink.batch.vcpu[row] = vcpuNumber;
    sink.batch.queue[row] = queueNumber;
    sink.batch.flags[row] |= flagBits;
    countFlags(flagBits, this.statistics);
    sink.lastTimeNs = timeNs;
    sink.nextLine++;
    this.statistics.lines++;
    return true;
  }

  /** Note where each cell is; returns the set of those that are not empty, NOT_PLAIN if the row has another length. */
  private split(block: Uint8Array, start: number, end: number, columns: readonly number[]): number {
    const { from, to, separator } = this;
    const count = columns.length;
    let present = 0;
    let position = 0;
    let cellStart = start;
    for (let at = start; at <= end; at++) {
      if (at !== end && block[at] !== separator) continue;
      if (position === count) return NOT_PLAIN;
      const column = columns[position++];
      if (column !== IGNORED) {
        from[column] = cellStart;
        to[column] = at;
        if (at > cellStart) present |= 1 << column;
      }
      cellStart = at + 1;
    }
    return position === count ? present : NOT_PLAIN;
  }

  private readCommand(block: Uint8Array, present: number): boolean {
    const { from, to, parts } = this;
    const named = (present & (1 << opcode)) === 0 ? NOT_PLAIN : OPCODES.lookup(block, from[opcode], to[opcode]);
    if (named === NOT_PLAIN && (present & (1 << opcode)) !== 0) return false;
    const hasWords = (present & (1 << cmd0)) !== 0;
    parts[0] = named;
    parts[1] = 0;
    parts[2] = 0;
    parts[3] = 0;
    if (hasWords) {
      if (!readPlainHex(block, from[cmd0], to[cmd0])) return false;
      parts[0] = plainLow;
      parts[1] = plainHigh;
      if (named !== NOT_PLAIN && named !== (plainLow & 0xff)) return false;
      if ((present & (1 << cmd1)) !== 0) {
        if (!readPlainHex(block, from[cmd1], to[cmd1])) return false;
        parts[2] = plainLow;
        parts[3] = plainHigh;
      }
    } else if (named === NOT_PLAIN || (present & (1 << cmd1)) !== 0) {
      return false;
    }
    return this.readFields(block, present, hasWords);
  }

  /** Set the fields that have a cell, or compare them with the words. */
  private readFields(block: Uint8Array, present: number, hasWords: boolean): boolean {
    const { from, to, parts } = this;
    const { byColumn, ssv } = opcodeColumns(parts[0] & 0xff);
    for (let i = 0; i < FIELD_COLUMNS.length; i++) {
      const column = FIELD_COLUMNS[i];
      if ((present & (1 << column)) === 0) continue;
      const field = byColumn[column];
      if (field === undefined) return false;
      let value: number;
      if (column === iova) {
        if (!readPlainAddress(block, from[column], to[column]) || (plainLow & 0xfff) !== 0) return false;
        value = pageOf(plainHigh, plainLow);
      } else {
        value = plainInteger(block, from[column], to[column]);
      }
      if (value === NOT_PLAIN || value >= 2 ** field.bits) return false;
      const at = field.word * 2;
      if (!hasWords) insertField(parts, at, field.low, value);
      else if (extractField(parts[at], parts[at + 1], field.low, field.bits) !== value) return false;
      if (column !== Column.ssid || ssv === undefined) continue;
      if (!hasWords) insertField(parts, 0, ssv.low, 1);
      else if (extractField(parts[0], parts[1], ssv.low, 1) !== 1) return false;
    }
    return true;
  }

  private fillAddress(block: Uint8Array, kind: number, row: number, present: number): boolean {
    const { from, to } = this;
    const { batch } = this.rows.sink;
    for (let i = 0; i < IDENTIFIERS.length; i++) {
      const { column, field, max } = IDENTIFIERS[i];
      if ((present & (1 << column)) === 0) continue;
      const value = plainInteger(block, from[column], to[column]);
      if (value === NOT_PLAIN || value > max) return false;
      batch[field][row] = value;
    }
    if ((present & (1 << iova)) === 0 || !readPlainAddress(block, from[iova], to[iova])) return false;
    batch.iovaPage[row] = pageOf(plainHigh, plainLow);
    batch.iovaOffset[row] = plainLow & 0xfff;
    if ((present & (1 << page_size)) !== 0) {
      const size = plainDecimal(block, from[page_size], to[page_size]);
      const log2 = size === NOT_PLAIN ? 0 : Math.log2(size);
      if (!Number.isInteger(log2) || log2 < PAGE_SHIFT) return false;
      batch.pageSizeLog2[row] = log2;
    } else if (kind !== EventKind.Dma) {
      batch.pageSizeLog2[row] = PAGE_SHIFT;
    }
    return kind === EventKind.Dma ? this.fillDma(block, row, present) : this.fillMapping(block, row, present);
  }

  private fillDma(block: Uint8Array, row: number, present: number): boolean {
    const { from, to } = this;
    const { batch } = this.rows.sink;
    if ((present & (1 << tg)) !== 0) {
      const code = plainDecimal(block, from[tg], to[tg]);
      if (code === NOT_PLAIN || code > 3) return false;
      batch.granuleLog2[row] = code === 0 ? 0 : granuleLog2OfTg(code);
    }
    if ((present & (1 << access)) !== 0) {
      const value = ACCESSES.lookup(block, from[access], to[access]);
      if (value === NOT_PLAIN) return false;
      batch.access[row] = value & ~MSI;
      if ((value & MSI) !== 0) batch.flags[row] = EventFlag.Msi;
    }
    if ((present & (1 << outcome)) === 0) return true;
    const value = OUTCOMES.lookup(block, from[outcome], to[outcome]);
    if (value === NOT_PLAIN) return false;
    batch.outcome[row] = value;
    return true;
  }

  private fillMapping(block: Uint8Array, row: number, present: number): boolean {
    let pages = 1;
    if ((present & (1 << num)) !== 0) {
      pages = plainDecimal(block, this.from[num], this.to[num]);
      if (pages === NOT_PLAIN || pages < 1) return false;
    }
    this.rows.sink.batch.pages[row] = pages;
    return true;
  }
}
