/**
 * Native Arrow columns → event batches, column by column: no object, string or bigint per event.
 *
 * As in CSV's fast path, only what is right is decoded here. Anything else makes `decode` say so and decide nothing;
 * the rows then go one by one through the decoder that knows every message.
 *
 * Each loop below sees one kind of typed array only and, where most rows have a value, no branch: the set of rows that
 * have one becomes a mask, all ones for such a row and 0 for the others. A value that no row may have is collected in
 * `wrong` and looked at once.
 */
import { ABSENT, EventBatch, EventKind } from '../../trace/events.js';
import { pageOf } from '../../trace/units.js';
import { type Columns, type NativeColumn, NOT_KNOWN } from './native-buffers.js';
import { NATIVE_COLUMNS, type NativeName } from './native-columns.js';
import { forbiddenGroups, KindGroups, RowSet } from './row-sets.js';

const TWO_32 = 2 ** 32;
/** Upper half of the first time that is not exact any more, 2^53 ns. */
const TIME_HIGH_LIMIT = 2 ** 21;
const MAX_PAGES = 2 ** 52;
/** Bits that no vCPU, queue or SubstreamID has: the sign, and what lies above 20 bits. */
const NOT_IN_INT32 = ~(2 ** 31 - 1);
const NOT_IN_SSID = ~(2 ** 20 - 1);
/** log2 of the granule for each TG; 0 = not known. */
const GRANULE_CODES = new Uint8Array(256).fill(NOT_KNOWN);
GRANULE_CODES.set([0, 12, 14, 16]);

const FORBIDDEN = Object.fromEntries(NATIVE_COLUMNS.map(({ name }) => [name, forbiddenGroups(name)])) as Readonly<
  Record<NativeName, number>
>;

/** Decodes one slice after the other. */
export class NativeBatchDecoder {
  /** Time of the last event of the slices so far. */
  lastTimeNs = 0;
  private columns: Columns = {};
  private from = 0;
  private readonly groups = new KindGroups();
  private hasMappings = false;
  /** Rows with a value in the column at hand. */
  private readonly rows = new RowSet();
  /** Rows with a value in a column that the one at hand depends on. */
  private readonly others = new RowSet();

  /**
   * Rows `from … to - 1` of `columns`, at most BATCH_ROWS, as a fresh batch; undefined if any of them has to be looked
   * at one by one.
   * @param firstRecord record number of row `from`
   */
  decode(columns: Columns, from: number, to: number, firstRecord: number): EventBatch | undefined {
    const count = to - from;
    const batch = new EventBatch(count);
    batch.count = count;
    this.columns = columns;
    this.from = from;
    const { lastTimeNs } = this;
    const isRight =
      this.readKinds(batch.kind) &&
      this.readTimes(batch.timeNs) &&
      this.readIntegers('vcpu', batch.vcpu, ABSENT, NOT_IN_INT32) &&
      this.readIntegers('queue', batch.queue, 0, NOT_IN_INT32) &&
      this.readIntegers('ssid', batch.ssid, ABSENT, NOT_IN_SSID) &&
      this.readStreams(batch.sid) &&
      this.readShorts('asid', batch.asid) &&
      this.readShorts('vmid', batch.vmid) &&
      this.readCodes('access', batch.access) &&
      this.readCodes('outcome', batch.outcome) &&
      this.readCodes('flags', batch.flags) &&
      this.readCodes('tg', batch.granuleLog2, GRANULE_CODES) &&
      this.readWords(batch) &&
      this.readIovas(batch) &&
      this.readPageSizes(batch) &&
      this.readPages(batch);
    if (!isRight) {
      this.lastTimeNs = lastTimeNs;
      return undefined;
    }
    const { line } = batch;
    for (let row = 0; row < count; row++) line[row] = firstRecord + row;
    return batch;
  }

  /** Column `name` with the rows that have a value in `rows`; undefined if none has. `isAllowed` then says if they may. */
  private take(name: NativeName, count: number, rows = this.rows): NativeColumn | undefined {
    const column = this.columns[name];
    if (column === undefined || column.isEmpty) return undefined;
    rows.take(column, this.from, count);
    return column;
  }

  private isAllowed(name: NativeName, rows = this.rows): boolean {
    const forbidden = FORBIDDEN[name];
    return forbidden === 0 || this.groups.allow(rows, forbidden);
  }

  private readKinds(out: Uint8Array): boolean {
    const column = this.columns.event;
    if (column === undefined || column.hasNulls) return false;
    const { bytes, codes } = column;
    const { from } = this;
    let greatest = 0;
    for (let row = 0; row < out.length; row++) {
      const code = codes[bytes[from + row]];
      if (code > greatest) greatest = code;
      out[row] = code;
    }
    if (greatest === NOT_KNOWN) return false;
    this.hasMappings = greatest > EventKind.Dma;
    this.groups.take(out);
    return true;
  }

  private readTimes(out: Float64Array): boolean {
    const column = this.columns.time_ns;
    if (column === undefined || column.hasNulls) return false;
    const { halves } = column;
    let at = 2 * this.from;
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

  /** A column of 32 bits whose values have none of the bits `tooHigh`. */
  private readIntegers(name: 'vcpu' | 'queue' | 'ssid', out: Int32Array, absent: number, tooHigh: number): boolean {
    const column = this.take(name, out.length);
    if (column === undefined) {
      if (absent !== 0) out.fill(absent);
      return true;
    }
    const { integers } = column;
    const { bytes } = this.rows;
    const { from } = this;
    let wrong = 0;
    for (let row = 0; row < out.length; row++) {
      const mask = -((bytes[row >> 3] >> (row & 7)) & 1);
      const value = integers[from + row] & mask;
      wrong |= value;
      out[row] = value | (absent & ~mask);
    }
    return (wrong & tooHigh) === 0 && this.isAllowed(name);
  }

  /** A column of 16 bits. */
  private readShorts(name: 'asid' | 'vmid', out: Int32Array): boolean {
    const column = this.take(name, out.length);
    if (column === undefined) {
      out.fill(ABSENT);
      return true;
    }
    const { shorts } = column;
    const { bytes } = this.rows;
    const { from } = this;
    for (let row = 0; row < out.length; row++) {
      // ABSENT is all ones.
      out[row] = shorts[from + row] | (((bytes[row >> 3] >> (row & 7)) & 1) - 1);
    }
    return this.isAllowed(name);
  }

  private readStreams(out: Float64Array): boolean {
    const column = this.take('sid', out.length);
    if (column === undefined) {
      out.fill(ABSENT);
      return true;
    }
    const { halves } = column;
    const { bytes } = this.rows;
    const { from } = this;
    for (let row = 0; row < out.length; row++) {
      out[row] = ((bytes[row >> 3] >> (row & 7)) & 1) === 0 ? ABSENT : halves[from + row];
    }
    return this.isAllowed('sid');
  }

  /** A column of codes of one byte. */
  private readCodes(
    name: 'access' | 'outcome' | 'flags' | 'tg',
    out: Uint8Array,
    codes = this.columns[name]?.codes,
  ): boolean {
    const column = this.take(name, out.length);
    if (column === undefined || codes === undefined) return true;
    const { bytes: values } = column;
    const { bytes } = this.rows;
    const { from } = this;
    let greatest = 0;
    for (let row = 0; row < out.length; row++) {
      if (((bytes[row >> 3] >> (row & 7)) & 1) === 0) continue;
      const code = codes[values[from + row]];
      if (code > greatest) greatest = code;
      out[row] = code;
    }
    return greatest !== NOT_KNOWN && this.isAllowed(name);
  }

  /** The words of commands; a command of which only the opcode is known has none. */
  private readWords({ count, cmd0Low, cmd0High, cmd1Low, cmd1High }: EventBatch): boolean {
    const { rows, others, groups } = this;
    const cmd1 = this.take('cmd1', count);
    const cmd0 = this.take('cmd0', count, others);
    if (cmd0 === undefined) others.clear();
    else this.readHalves(cmd0, others, cmd0Low, cmd0High);
    if (!this.isAllowed('cmd0', others)) return false;
    if (cmd1 !== undefined) {
      if (!others.includes(rows, count)) return false;
      this.readHalves(cmd1, rows, cmd1Low, cmd1High);
    }
    const opcode = this.take('opcode', count);
    if (opcode === undefined) return groups.everyCommandIn(others);
    if (!this.isAllowed('opcode') || !this.readOpcodes(opcode, cmd0Low)) return false;
    rows.add(others);
    return groups.everyCommandIn(rows);
  }

  private readHalves({ halves }: NativeColumn, rows: RowSet, low: Uint32Array, high: Uint32Array): void {
    const { bytes } = rows;
    const { from } = this;
    const used = (low.length + 7) >> 3;
    for (let byte = 0; byte < used; byte++) {
      for (let left = bytes[byte]; left !== 0; left &= left - 1) {
        const row = 8 * byte + 31 - Math.clz32(left & -left);
        const at = 2 * (from + row);
        low[row] = halves[at];
        high[row] = halves[at + 1];
      }
    }
  }

  /** The opcode column: it says what the words do not, and contradicts no word. */
  private readOpcodes({ bytes: values, codes }: NativeColumn, cmd0Low: Uint32Array): boolean {
    const { rows, others } = this;
    const { from } = this;
    const used = (cmd0Low.length + 7) >> 3;
    for (let byte = 0; byte < used; byte++) {
      const withWords = others.bytes[byte];
      for (let left = rows.bytes[byte]; left !== 0; left &= left - 1) {
        const bit = left & -left;
        const row = 8 * byte + 31 - Math.clz32(bit);
        const code = codes[values[from + row]];
        const hasWords = (withWords & bit) !== 0;
        // Code 255 is also the mark of an unknown name; both are rare enough for the other decoder.
        if (code === NOT_KNOWN || (hasWords && code !== (cmd0Low[row] & 0xff))) return false;
        if (!hasWords) cmd0Low[row] = code;
      }
    }
    return true;
  }

  private readIovas({ iovaPage, iovaOffset, count }: EventBatch): boolean {
    const column = this.take('iova', count);
    if (column === undefined) {
      this.rows.clear();
      return this.groups.everyAddressIn(this.rows);
    }
    const { halves } = column;
    const { bytes } = this.rows;
    let at = 2 * this.from;
    for (let row = 0; row < count; row++, at += 2) {
      const mask = -((bytes[row >> 3] >> (row & 7)) & 1);
      const low = halves[at] & mask;
      iovaPage[row] = pageOf(halves[at + 1] & mask, low);
      iovaOffset[row] = low & 0xfff;
    }
    return this.isAllowed('iova') && this.groups.everyAddressIn(this.rows);
  }

  private readPageSizes({ pageSizeLog2, kind, count }: EventBatch): boolean {
    const column = this.take('page_size', count);
    if (this.hasMappings) {
      for (let row = 0; row < count; row++) if (kind[row] > EventKind.Dma) pageSizeLog2[row] = 12;
    }
    if (column === undefined) return true;
    const { halves } = column;
    const { bytes } = this.rows;
    let at = 2 * this.from;
    for (let row = 0; row < count; row++, at += 2) {
      if (((bytes[row >> 3] >> (row & 7)) & 1) === 0) continue;
      const low = halves[at];
      const high = halves[at + 1];
      const log2 = low === 0 ? 63 - Math.clz32(high) : 31 - Math.clz32(low);
      const isPower = low === 0 ? (high & (high - 1)) === 0 : high === 0 && (low & (low - 1)) === 0;
      if ((low | high) === 0) {
        // Of a mapping this says that its page size is not known; of a dma it is a mistake.
        if (kind[row] === EventKind.Dma) return false;
        pageSizeLog2[row] = 0;
      } else if (!isPower || log2 < 12) return false;
      else pageSizeLog2[row] = log2;
    }
    return this.isAllowed('page_size');
  }

  private readPages({ pages, kind, count }: EventBatch): boolean {
    const column = this.take('num', count);
    if (this.hasMappings) {
      for (let row = 0; row < count; row++) if (kind[row] > EventKind.Dma) pages[row] = 1;
    }
    if (column === undefined) return true;
    const { halves } = column;
    const { bytes } = this.rows;
    let at = 2 * this.from;
    for (let row = 0; row < count; row++, at += 2) {
      if (((bytes[row >> 3] >> (row & 7)) & 1) === 0) continue;
      const value = halves[at + 1] * TWO_32 + halves[at];
      if (value < 1 || value > MAX_PAGES) return false;
      pages[row] = value;
    }
    return this.isAllowed('num');
  }
}
