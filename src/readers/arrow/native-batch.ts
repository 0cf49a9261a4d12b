/**
 * Native Arrow columns → event batches, column by column: no object, string or bigint per event.
 *
 * As in CSV's fast path, only what is right is decoded here. Anything else makes `decode` say so and decide nothing;
 * the rows then go one by one through the decoder that knows every message.
 */
import type { Data, RecordBatch, Vector } from 'apache-arrow';
import { ABSENT, EventBatch, EventKind } from '../../trace/events.js';
import { granuleLog2OfTg, pageOf } from '../../trace/units.js';
import { COLUMNS_OF_KIND, Column, columnSet } from '../csv/columns.js';
import { DICTIONARIES, NATIVE_COLUMNS, type NativeName } from './native-columns.js';

const TWO_32 = 2 ** 32;
/** Upper half of the first time that is not exact any more, 2^53 ns. */
const TIME_HIGH_LIMIT = 2 ** 21;
const MAX_PAGES = 2 ** 52;
const MAX_SSID = 2 ** 20 - 1;
const NOT_KNOWN = 255;

/** Native columns that each kind of row may have. */
const ALLOWED = COLUMNS_OF_KIND.map((set, kind) =>
  kind === EventKind.Cmd
    ? columnSet('time_ns', 'event', 'vcpu', 'queue', 'opcode', 'cmd0', 'cmd1', 'flags')
    : set & ~columnSet('opcode', 'cmd0', 'cmd1'),
);

/** One column of a record batch. */
interface NativeColumn {
  readonly values: ArrayLike<number> & { readonly length: number };
  /** 64-bit values as pairs of 32-bit halves, the lower one first. */
  readonly halves: Uint32Array;
  readonly offset: number;
  readonly bits: Uint8Array;
  readonly hasNulls: boolean;
  /** No row of the record batch has a value. */
  readonly isEmpty: boolean;
  /** Code of each dictionary index; NOT_KNOWN for a name that is not ours. */
  readonly codes: Uint8Array;
}

type Columns = Partial<Record<NativeName, NativeColumn>>;

/** The columns of `batch`; undefined if a buffer is shorter than it claims. */
export function nativeColumns(batch: RecordBatch): Columns | undefined {
  const columns: Columns = {};
  for (const { name, type } of NATIVE_COLUMNS) {
    const data = batch.getChild(name)?.data[0] as Data | undefined;
    if (data === undefined) continue;
    const column = columnOf(name, data, type.endsWith('64'));
    if (column === undefined || data.length < batch.numRows) return undefined;
    columns[name] = column;
  }
  return columns;
}

function columnOf(name: string, data: Data, isWide: boolean): NativeColumn | undefined {
  const { values, offset, length, nullBitmap, nullCount } = data;
  const end = offset + length;
  if (values === undefined || values.length < end) return undefined;
  const hasNulls = nullCount !== 0 && nullBitmap !== undefined && nullBitmap.length > 0;
  if (hasNulls && nullBitmap.length * 8 < end) return undefined;
  return {
    values: isWide ? [] : values,
    halves: isWide ? new Uint32Array(values.buffer, values.byteOffset, values.length * 2) : EMPTY_HALVES,
    offset,
    bits: nullBitmap,
    hasNulls,
    isEmpty: hasNulls && nullCount === length,
    codes: data.dictionary === undefined ? EMPTY_CODES : codesOf(name, data.dictionary),
  };
}

const EMPTY_HALVES = new Uint32Array(0);
const EMPTY_CODES = new Uint8Array(0);

/** Entries that an index of one byte can name. */
const INDEXABLE = 256;

const KNOWN_CODES = new WeakMap<object, Uint8Array>();

/**
 * Writers are free to number names as they like. A dictionary is shared by many batches and looked at once, no further
 * than an index of eight bits reaches: a damaged length claims millions of names.
 * @throws Error for a dictionary that claims more names than it has buffers for
 */
function codesOf(name: string, dictionary: Vector): Uint8Array {
  const known = KNOWN_CODES.get(dictionary);
  if (known !== undefined) return known;
  const names = DICTIONARIES[name];
  const codes = new Uint8Array(INDEXABLE).fill(NOT_KNOWN);
  for (const { length, valueOffsets } of dictionary.data) {
    if (length === 0 || valueOffsets.length > length) continue;
    throw new Error(`a dictionary of ${length} names with ${valueOffsets.length} offsets`);
  }
  const reachable = Math.min(dictionary.length, INDEXABLE);
  for (let index = 0; index < reachable; index++) {
    const word: unknown = dictionary.get(index);
    const code = word === '' ? -1 : names.indexOf(String(word));
    if (code >= 0) codes[index] = code;
  }
  KNOWN_CODES.set(dictionary, codes);
  return codes;
}

/** Decodes one slice after the other. */
export class NativeBatchDecoder {
  /** Time of the last event of the slices so far. */
  lastTimeNs = 0;
  /** Columns that each row of the slice has. */
  private present = new Int32Array(0);
  private hasMappings = false;

  /**
   * Rows `from … to - 1` of `columns` as a fresh batch; undefined if any of them has to be looked at one by one.
   * @param firstRecord record number of row `from`
   */
  decode(columns: Columns, from: number, to: number, firstRecord: number): EventBatch | undefined {
    const count = to - from;
    const batch = new EventBatch(count);
    batch.count = count;
    if (this.present.length < count) this.present = new Int32Array(count);
    this.present.fill(0, 0, count);
    this.hasMappings = false;
    const lastTimeNs = this.lastTimeNs;
    const isRight =
      this.readKinds(columns.event, from, batch.kind) &&
      this.readTimes(columns.time_ns, from, batch.timeNs) &&
      this.readNumbers('vcpu', columns, from, batch.vcpu, ABSENT, 2 ** 31) &&
      this.readNumbers('queue', columns, from, batch.queue, 0, 2 ** 31) &&
      this.readNumbers('sid', columns, from, batch.sid, ABSENT, TWO_32) &&
      this.readNumbers('ssid', columns, from, batch.ssid, ABSENT, MAX_SSID + 1) &&
      this.readNumbers('asid', columns, from, batch.asid, ABSENT, TWO_32) &&
      this.readNumbers('vmid', columns, from, batch.vmid, ABSENT, TWO_32) &&
      this.readCodes('access', columns, from, batch.access) &&
      this.readCodes('outcome', columns, from, batch.outcome) &&
      this.readCodes('flags', columns, from, batch.flags) &&
      this.readGranules(columns, from, batch.granuleLog2) &&
      this.readWords(columns, from, batch) &&
      this.readIovas(columns, from, batch) &&
      this.readPageSizes(columns, from, batch) &&
      this.readPages(columns, from, batch) &&
      this.isAllowed(batch);
    if (!isRight) {
      this.lastTimeNs = lastTimeNs;
      return undefined;
    }
    const { line } = batch;
    for (let row = 0; row < count; row++) line[row] = firstRecord + row;
    return batch;
  }

  /** Every row has what it must have, and nothing that means nothing for it. */
  private isAllowed({ kind, count }: EventBatch): boolean {
    const { present } = this;
    for (let row = 0; row < count; row++) {
      const set = present[row];
      if ((set & ~ALLOWED[kind[row]]) !== 0) return false;
      if (kind[row] >= EventKind.Dma && (set & IOVA_BIT) === 0) return false;
      if (kind[row] === EventKind.Cmd && (set & COMMAND_BITS) === 0) return false;
      if ((set & SECOND_BIT) !== 0 && (set & WORD_BIT) === 0) return false;
    }
    return true;
  }

  private readKinds(column: NativeColumn | undefined, from: number, out: Uint8Array): boolean {
    if (column === undefined || column.hasNulls) return false;
    const { values, codes } = column;
    const first = column.offset + from;
    for (let row = 0; row < out.length; row++) {
      const code = codes[values[first + row] & 0xff];
      if (code === NOT_KNOWN) return false;
      if (code > EventKind.Dma) this.hasMappings = true;
      out[row] = code;
    }
    return true;
  }

  private readTimes(column: NativeColumn | undefined, from: number, out: Float64Array): boolean {
    if (column === undefined || column.hasNulls) return false;
    const { halves } = column;
    let at = 2 * (column.offset + from);
    let last = this.lastTimeNs;
    for (let row = 0; row < out.length; row++) {
      const high = halves[at + 1];
      const timeNs = high * TWO_32 + halves[at];
      if (high >= TIME_HIGH_LIMIT || timeNs < last) return false;
      out[row] = timeNs;
      last = timeNs;
      at += 2;
    }
    this.lastTimeNs = last;
    return true;
  }

  private readNumbers(
    name: NativeName,
    columns: Columns,
    from: number,
    out: Int32Array | Float64Array,
    absent: number,
    limit: number,
  ): boolean {
    const column = columns[name];
    if (column === undefined || column.isEmpty) {
      if (absent !== 0) out.fill(absent);
      return true;
    }
    const { values, bits, hasNulls } = column;
    const { present } = this;
    const bit = 1 << Column[name];
    const first = column.offset + from;
    for (let row = 0; row < out.length; row++) {
      const at = first + row;
      if (hasNulls && ((bits[at >> 3] >> (at & 7)) & 1) === 0) {
        out[row] = absent;
        continue;
      }
      const value = values[at];
      if (value < 0 || value >= limit) return false;
      out[row] = value;
      present[row] |= bit;
    }
    return true;
  }

  private readCodes(name: NativeName, columns: Columns, from: number, out: Uint8Array): boolean {
    const column = columns[name];
    if (column === undefined || column.isEmpty) return true;
    const { values, bits, hasNulls, codes } = column;
    const { present } = this;
    const bit = 1 << Column[name];
    const first = column.offset + from;
    for (let row = 0; row < out.length; row++) {
      const at = first + row;
      if (hasNulls && ((bits[at >> 3] >> (at & 7)) & 1) === 0) continue;
      const code = codes[values[at] & 0xff];
      if (code === NOT_KNOWN) return false;
      out[row] = code;
      present[row] |= bit;
    }
    return true;
  }

  private readGranules(columns: Columns, from: number, out: Uint8Array): boolean {
    const column = columns.tg;
    if (column === undefined || column.isEmpty) return true;
    const { present } = this;
    const first = column.offset + from;
    for (let row = 0; row < out.length; row++) {
      if (isNull(column, first + row)) continue;
      const tg = column.values[first + row];
      if (tg > 3) return false;
      out[row] = tg === 0 ? 0 : granuleLog2OfTg(tg);
      present[row] |= 1 << Column.tg;
    }
    return true;
  }

  /** The words of commands; a command of which only the opcode is known has none. */
  private readWords({ cmd0, cmd1, opcode }: Columns, from: number, batch: EventBatch): boolean {
    const hasSecond = cmd1 !== undefined && !cmd1.isEmpty;
    const hasFirst = cmd0 !== undefined && !cmd0.isEmpty;
    if (hasFirst) this.readHalves(cmd0, from, batch.cmd0Low, batch.cmd0High, 1 << Column.cmd0);
    if (hasSecond) this.readHalves(cmd1, from, batch.cmd1Low, batch.cmd1High, 1 << Column.cmd1);
    if (opcode === undefined || opcode.isEmpty) return true;
    const { present } = this;
    const { cmd0Low, count } = batch;
    const { codes, values, bits, hasNulls } = opcode;
    const first = opcode.offset + from;
    for (let row = 0; row < count; row++) {
      const at = first + row;
      if (hasNulls && ((bits[at >> 3] >> (at & 7)) & 1) === 0) continue;
      const code = codes[values[at] & 0xff];
      const has0 = (present[row] & WORD_BIT) !== 0;
      // Code 255 is also the mark of an unknown name; both are rare enough for the other decoder.
      if (code === NOT_KNOWN || (has0 && code !== (cmd0Low[row] & 0xff))) return false;
      if (!has0) cmd0Low[row] = code;
      present[row] |= 1 << Column.opcode;
    }
    return true;
  }

  private readHalves(column: NativeColumn, from: number, low: Uint32Array, high: Uint32Array, bit: number): void {
    const { halves, bits, hasNulls } = column;
    const { present } = this;
    const first = column.offset + from;
    for (let row = 0; row < low.length; row++) {
      const at = first + row;
      if (hasNulls && ((bits[at >> 3] >> (at & 7)) & 1) === 0) continue;
      low[row] = halves[2 * at];
      high[row] = halves[2 * at + 1];
      present[row] |= bit;
    }
  }

  private readIovas({ iova }: Columns, from: number, { iovaPage, iovaOffset, count }: EventBatch): boolean {
    if (iova === undefined || iova.isEmpty) return true;
    const { halves, bits, hasNulls } = iova;
    const { present } = this;
    const first = iova.offset + from;
    for (let row = 0; row < count; row++) {
      const at = first + row;
      if (hasNulls && ((bits[at >> 3] >> (at & 7)) & 1) === 0) continue;
      iovaPage[row] = pageOf(halves[2 * at + 1], halves[2 * at]);
      iovaOffset[row] = halves[2 * at] & 0xfff;
      present[row] |= IOVA_BIT;
    }
    return true;
  }

  private readPageSizes({ page_size }: Columns, from: number, { pageSizeLog2, kind, count }: EventBatch): boolean {
    if ((page_size === undefined || page_size.isEmpty) && !this.hasMappings) return true;
    for (let row = 0; row < count; row++) {
      const isMapping = kind[row] > EventKind.Dma;
      const at = page_size === undefined ? 0 : page_size.offset + from + row;
      if (page_size === undefined || isNull(page_size, at)) {
        if (isMapping) pageSizeLog2[row] = 12;
        continue;
      }
      const low = page_size.halves[2 * at];
      const high = page_size.halves[2 * at + 1];
      this.present[row] |= 1 << Column.page_size;
      if (low === 0 && high === 0 && isMapping) continue;
      const log2 = low === 0 ? 63 - Math.clz32(high) : 31 - Math.clz32(low);
      const isPower = low === 0 ? (high & (high - 1)) === 0 : high === 0 && (low & (low - 1)) === 0;
      if (!isPower || log2 < 12) return false;
      pageSizeLog2[row] = log2;
    }
    return true;
  }

  private readPages({ num }: Columns, from: number, { pages, kind, count }: EventBatch): boolean {
    if ((num === undefined || num.isEmpty) && !this.hasMappings) return true;
    for (let row = 0; row < count; row++) {
      const at = num === undefined ? 0 : num.offset + from + row;
      if (num === undefined || isNull(num, at)) {
        if (kind[row] > EventKind.Dma) pages[row] = 1;
        continue;
      }
      const value = num.halves[2 * at + 1] * TWO_32 + num.halves[2 * at];
      if (value < 1 || value > MAX_PAGES) return false;
      pages[row] = value;
      this.present[row] |= 1 << Column.num;
    }
    return true;
  }
}

const IOVA_BIT = columnSet('iova');
const WORD_BIT = columnSet('cmd0');
const SECOND_BIT = columnSet('cmd1');
const COMMAND_BITS = columnSet('cmd0', 'opcode');

function isNull(column: NativeColumn, at: number): boolean {
  return column.hasNulls && ((column.bits[at >> 3] >> (at & 7)) & 1) === 0;
}
