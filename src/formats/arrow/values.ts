/**
 * Event columns → Arrow buffers: for each native column its values, and which rows have one.
 */
import { ABSENT, type EventBatch, EventFlag, EventKind } from '../../trace/events.js';
import { highWordOfPage, lowWordOfPage, tgOfGranuleLog2 } from '../../trace/units.js';

/** Buffers of one column. */
export interface Buffers {
  readonly data: Int32Array | Uint32Array | Uint16Array | Uint8Array | BigInt64Array | BigUint64Array;
  /** One bit per row, 1 = has a value. */
  readonly nullBitmap: Uint8Array | undefined;
  readonly nullCount: number;
}

/** Values of a column of at most 32 bits. */
interface NarrowColumn {
  readonly width: 8 | 16 | 32 | -32;
  /** Value of a row; ABSENT for none. */
  value(batch: EventBatch, row: number): number;
}

/** Values of a 64-bit column as two halves. */
interface WideColumn {
  readonly width: 64 | -64;
  /** True if the row has a value. */
  has(batch: EventBatch, row: number): boolean;
  low(batch: EventBatch, row: number): number;
  high(batch: EventBatch, row: number): number;
}

const TWO_32 = 2 ** 32;

const always = () => true;
const isAddress = ({ kind }: EventBatch, row: number) => kind[row] >= EventKind.Dma;
const isMapping = ({ kind }: EventBatch, row: number) => kind[row] > EventKind.Dma;
/** A command of which only the opcode is known has no words. */
function hasWords({ kind, flags, cmd0Low, cmd0High, cmd1Low, cmd1High }: EventBatch, row: number): boolean {
  if (kind[row] !== EventKind.Cmd) return false;
  if ((flags[row] & EventFlag.OpcodeOnly) === 0) return true;
  return cmd0Low[row] > 0xff || cmd0High[row] !== 0 || cmd1Low[row] !== 0 || cmd1High[row] !== 0;
}
const zeroAsAbsent = (value: number) => (value === 0 ? ABSENT : value);
/** A column that only dma, map and unmap rows have. */
const ofAddress = (value: NarrowColumn['value']) => (batch: EventBatch, row: number) =>
  isAddress(batch, row) ? value(batch, row) : ABSENT;
const ofDma = (value: NarrowColumn['value']) => (batch: EventBatch, row: number) =>
  batch.kind[row] === EventKind.Dma ? zeroAsAbsent(value(batch, row)) : ABSENT;
/** Halves of a whole number below 2^53. */
const whole = (value: (batch: EventBatch, row: number) => number) => ({
  low: (batch: EventBatch, row: number) => value(batch, row) % TWO_32,
  high: (batch: EventBatch, row: number) => Math.floor(value(batch, row) / TWO_32),
});

/** How each column of the table is made of an event batch. */
export const NATIVE_VALUES: Readonly<Record<string, NarrowColumn | WideColumn>> = {
  time_ns: { width: -64, has: always, ...whole(({ timeNs }, row) => timeNs[row]) },
  event: { width: 8, value: ({ kind }, row) => kind[row] },
  vcpu: { width: -32, value: ({ vcpu }, row) => vcpu[row] },
  queue: { width: -32, value: ({ queue }, row) => queue[row] },
  opcode: { width: 8, value: ({ kind, cmd0Low }, row) => (kind[row] === EventKind.Cmd ? cmd0Low[row] & 0xff : ABSENT) },
  cmd0: {
    width: 64,
    has: hasWords,
    low: (batch, row) => batch.cmd0Low[row],
    high: (batch, row) => batch.cmd0High[row],
  },
  cmd1: {
    width: 64,
    has: hasWords,
    low: (batch, row) => batch.cmd1Low[row],
    high: (batch, row) => batch.cmd1High[row],
  },
  sid: { width: 32, value: ofAddress(({ sid }, row) => sid[row]) },
  ssid: { width: 32, value: ofAddress(({ ssid }, row) => ssid[row]) },
  asid: { width: 16, value: ofAddress(({ asid }, row) => asid[row]) },
  vmid: { width: 16, value: ofAddress(({ vmid }, row) => vmid[row]) },
  iova: {
    width: 64,
    has: isAddress,
    low: ({ iovaPage, iovaOffset }, row) => lowWordOfPage(iovaPage[row]) + iovaOffset[row],
    high: ({ iovaPage }, row) => highWordOfPage(iovaPage[row]),
  },
  num: { width: 64, has: isMapping, ...whole(({ pages }, row) => pages[row]) },
  tg: { width: 8, value: ofDma(({ granuleLog2 }, row) => tgOfGranuleLog2(granuleLog2[row])) },
  access: { width: 8, value: ofDma(({ access }, row) => access[row]) },
  page_size: {
    width: 64,
    // 0 says of a mapping that its page size is not known; an absent one would mean 4 KiB.
    has: (batch, row) => isMapping(batch, row) || (isAddress(batch, row) && batch.pageSizeLog2[row] !== 0),
    low: ({ pageSizeLog2 }, row) => bitInHalf(pageSizeLog2[row], 0),
    high: ({ pageSizeLog2 }, row) => bitInHalf(pageSizeLog2[row], 32),
  },
  outcome: { width: 8, value: ofDma(({ outcome }, row) => outcome[row]) },
  flags: { width: 8, value: ({ flags }, row) => zeroAsAbsent(flags[row]) },
  x_line: { width: -64, has: always, ...whole(({ line }, row) => line[row]) },
};

/** 2^log2 in a half that begins at bit `from`; 0 if it is in the other half, and for an unknown size (log2 0). */
const bitInHalf = (log2: number, from: number): number =>
  log2 > 0 && log2 >= from && log2 < from + 32 ? 2 ** (log2 - from) : 0;

/** Makes the buffers of one batch. */
export class ColumnBuffers {
  constructor(private readonly batch: EventBatch) {}

  make(column: NarrowColumn | WideColumn): Buffers {
    return 'value' in column ? this.narrow(column) : this.wide(column);
  }

  private narrow({ width, value }: NarrowColumn): Buffers {
    const { batch } = this;
    const { count } = batch;
    const data = arrayOf(width, count);
    const nulls = new Nulls(count);
    for (let row = 0; row < count; row++) {
      const found = value(batch, row);
      if (found === ABSENT) nulls.add(row);
      else data[row] = found;
    }
    return { data, ...nulls.buffers() };
  }

  private wide({ width, has, low, high }: WideColumn): Buffers {
    const { batch } = this;
    const { count } = batch;
    const halves = new Uint32Array(2 * count);
    const nulls = new Nulls(count);
    for (let row = 0; row < count; row++) {
      if (!has(batch, row)) {
        nulls.add(row);
        continue;
      }
      halves[2 * row] = low(batch, row);
      halves[2 * row + 1] = high(batch, row);
    }
    const data = width === 64 ? new BigUint64Array(halves.buffer) : new BigInt64Array(halves.buffer);
    return { data, ...nulls.buffers() };
  }
}

function arrayOf(width: NarrowColumn['width'], length: number): Int32Array | Uint32Array | Uint16Array | Uint8Array {
  switch (width) {
    case 8:
      return new Uint8Array(length);
    case 16:
      return new Uint16Array(length);
    case 32:
      return new Uint32Array(length);
    default:
      return new Int32Array(length);
  }
}

/** The rows without a value. */
class Nulls {
  private count = 0;
  private readonly bits: Uint8Array;

  constructor(rows: number) {
    this.bits = new Uint8Array(Math.ceil(rows / 8)).fill(0xff);
  }

  add(row: number): void {
    this.count++;
    this.bits[row >> 3] &= ~(1 << (row & 7));
  }

  buffers(): Pick<Buffers, 'nullBitmap' | 'nullCount'> {
    return { nullBitmap: this.count === 0 ? undefined : this.bits, nullCount: this.count };
  }
}
