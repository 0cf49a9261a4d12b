/**
 * Sets of rows of a slice, one bit each in the order of Arrow's validity bitmaps (bit 0 of byte 0 is the first row), so
 * that eight rows are checked at a time: which rows have a value, and which may have one.
 */
import { BATCH_ROWS, EventKind } from '../../trace/events.js';
import { COLUMNS_OF_KIND, Column, columnSet } from '../rows/columns.js';
import type { NativeColumn } from './native-buffers.js';
import type { NativeName } from './native-columns.js';

/** Bytes of a set of the rows of one slice. */
const SET_BYTES = BATCH_ROWS / 8;

/** Kinds that may have the same columns are one group; each has a byte in an element of `KindGroups.groups`. */
const GROUP_SHIFT: readonly number[] = (() => {
  const shifts: number[] = [];
  shifts[EventKind.Cmd] = 0;
  shifts[EventKind.Doorbell] = 8;
  shifts[EventKind.SyncDone] = 8;
  shifts[EventKind.Dma] = 16;
  shifts[EventKind.Map] = 24;
  shifts[EventKind.Unmap] = 24;
  return shifts;
})();
const COMMANDS = 0xff << GROUP_SHIFT[EventKind.Cmd];
const ADDRESSES = (0xff << GROUP_SHIFT[EventKind.Dma]) | (0xff << GROUP_SHIFT[EventKind.Map]);
/** One bit of a byte, as a factor: the byte in each of the four groups. */
const IN_EVERY_GROUP = 0x01010101;

/** Native columns that a command may have; its fields are in its words. */
const OF_COMMAND = columnSet('time_ns', 'event', 'vcpu', 'queue', 'opcode', 'cmd0', 'cmd1', 'flags');
const ONLY_COMMAND = columnSet('opcode', 'cmd0', 'cmd1');

/** The groups, as bytes of a mask, whose rows may not have a value in column `name`. */
export function forbiddenGroups(name: NativeName): number {
  let mask = 0;
  COLUMNS_OF_KIND.forEach((set, kind) => {
    const allowed = kind === EventKind.Cmd ? OF_COMMAND : set & ~ONLY_COMMAND;
    if ((allowed & (1 << Column[name])) === 0) mask |= 0xff << GROUP_SHIFT[kind];
  });
  return mask;
}

/** The rows of a slice that have a value in one column. */
export class RowSet {
  readonly bytes = new Uint8Array(SET_BYTES);

  /** Rows `from … from + count - 1` of `column`; bits beyond are 0. */
  take({ hasNulls, isEmpty, bits, bitOffset }: NativeColumn, from: number, count: number): void {
    const { bytes } = this;
    const used = (count + 7) >> 3;
    if (isEmpty) bytes.fill(0, 0, used);
    else if (hasNulls) {
      const at = (bitOffset + from) >> 3;
      const shift = (bitOffset + from) & 7;
      if (shift === 0) bytes.set(bits.subarray(at, at + used));
      // Beyond the end of the bitmap stands undefined, which shifts like 0.
      else for (let i = 0; i < used; i++) bytes[i] = (bits[at + i] >> shift) | (bits[at + i + 1] << (8 - shift));
    } else bytes.fill(0xff, 0, used);
    if ((count & 7) !== 0) bytes[used - 1] &= (1 << (count & 7)) - 1;
  }

  clear(): void {
    this.bytes.fill(0);
  }

  /** Add the rows of a set of the same slice. */
  add({ bytes: others }: RowSet): void {
    const { bytes } = this;
    for (let byte = 0; byte < SET_BYTES; byte++) bytes[byte] |= others[byte];
  }

  /** True if every row of a set of the same slice is in this one. */
  includes({ bytes: others }: RowSet, count: number): boolean {
    const { bytes } = this;
    const used = (count + 7) >> 3;
    let missing = 0;
    for (let byte = 0; byte < used; byte++) missing |= others[byte] & ~bytes[byte];
    return missing === 0;
  }
}

/** Which rows of a slice are of which kinds. */
export class KindGroups {
  /** Per eight rows a byte of rows for each group. */
  private readonly groups = new Int32Array(SET_BYTES);
  private used = 0;

  /** Look at the kinds of `kind.length` rows. */
  take(kind: Uint8Array): void {
    const { groups } = this;
    const { length } = kind;
    this.used = (length + 7) >> 3;
    for (let byte = 0; byte < this.used; byte++) {
      const end = Math.min(length, 8 * byte + 8);
      let set = 0;
      for (let row = 8 * byte; row < end; row++) set |= 1 << (GROUP_SHIFT[kind[row]] + (row & 7));
      groups[byte] = set;
    }
  }

  /** True if no row of `rows` is of a group in `forbidden`. */
  allow({ bytes }: RowSet, forbidden: number): boolean {
    const { groups, used } = this;
    let wrong = 0;
    for (let byte = 0; byte < used; byte++) wrong |= Math.imul(bytes[byte], IN_EVERY_GROUP) & groups[byte];
    return (wrong & forbidden) === 0;
  }

  /** True if every dma, map and unmap is in `rows`. */
  everyAddressIn(rows: RowSet): boolean {
    return this.everyIn(rows, ADDRESSES);
  }

  /** True if every command is in `rows`. */
  everyCommandIn(rows: RowSet): boolean {
    return this.everyIn(rows, COMMANDS);
  }

  private everyIn({ bytes }: RowSet, mask: number): boolean {
    const { groups, used } = this;
    let missing = 0;
    for (let byte = 0; byte < used; byte++) missing |= groups[byte] & ~Math.imul(bytes[byte], IN_EVERY_GROUP);
    return (missing & mask) === 0;
  }
}
