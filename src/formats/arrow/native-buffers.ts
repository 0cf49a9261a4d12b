/**
 * The buffers of a record batch as the columns that native-batch.ts decodes.
 */
import type { Data, RecordBatch, Vector } from 'apache-arrow';
import { DICTIONARIES, NATIVE_COLUMNS, type NativeName } from './native-columns.js';

/** Code of a name that is not ours. */
export const NOT_KNOWN = 255;

/** One column of a record batch. */
export interface NativeColumn {
  /** Values of one byte: codes, TG. */
  readonly bytes: Uint8Array;
  /** Values of 16 bits. */
  readonly shorts: Uint16Array;
  /** Values of 32 bits as signed integers. */
  readonly integers: Int32Array;
  /** Values of 32 bits unsigned; 64-bit values as pairs of 32-bit halves, the lower one first. */
  readonly halves: Uint32Array;
  /** Validity bitmap; the bit of the first value is `bitOffset`. */
  readonly bits: Uint8Array;
  readonly bitOffset: number;
  readonly hasNulls: boolean;
  /** No row of the record batch has a value. */
  readonly isEmpty: boolean;
  /** Code of each dictionary index; NOT_KNOWN for a name that is not ours. */
  readonly codes: Uint8Array;
}

/** Columns of one record batch, by name. */
export type Columns = Partial<Record<NativeName, NativeColumn>>;

/** The columns of `batch`; undefined if a buffer is shorter than it claims. */
export function nativeColumns(batch: RecordBatch): Columns | undefined {
  const columns: Columns = {};
  for (const { name } of NATIVE_COLUMNS) {
    const data = batch.getChild(name)?.data[0] as Data | undefined;
    if (data === undefined) continue;
    const column = columnOf(name, data);
    if (column === undefined || data.length < batch.numRows) return undefined;
    columns[name] = column;
  }
  return columns;
}

function columnOf(name: string, data: Data): NativeColumn | undefined {
  const { values, offset, length, nullBitmap, nullCount } = data;
  if (values === undefined || values.length < length) return undefined;
  const hasNulls = nullCount !== 0 && nullBitmap !== undefined && nullBitmap.length > 0;
  if (hasNulls && nullBitmap.length * 8 < offset + length) return undefined;
  const { buffer, byteOffset, byteLength, BYTES_PER_ELEMENT: width } = values as Uint8Array;
  return {
    bytes: width === 1 ? new Uint8Array(buffer, byteOffset, byteLength) : EMPTY_BYTES,
    shorts: width === 2 ? new Uint16Array(buffer, byteOffset, byteLength / 2) : EMPTY_SHORTS,
    integers: width === 4 ? new Int32Array(buffer, byteOffset, byteLength / 4) : EMPTY_INTEGERS,
    halves: width >= 4 ? new Uint32Array(buffer, byteOffset, byteLength / 4) : EMPTY_HALVES,
    bits: nullBitmap,
    bitOffset: offset,
    hasNulls,
    isEmpty: hasNulls && nullCount === length,
    codes: data.dictionary === undefined ? NO_CODES : codesOf(name, data.dictionary),
  };
}

const EMPTY_BYTES = new Uint8Array(0);
const EMPTY_SHORTS = new Uint16Array(0);
const EMPTY_INTEGERS = new Int32Array(0);
const EMPTY_HALVES = new Uint32Array(0);

/** Entries that an index of one byte can name. */
const INDEXABLE = 256;

/** Codes of a column without a dictionary: none is ours. */
const NO_CODES = new Uint8Array(INDEXABLE).fill(NOT_KNOWN);

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
