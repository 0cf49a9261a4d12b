/**
 * The tables of a flatbuffer, every access checked: Arrow's metadata (messages, schemas, footers) is one, and the Arrow
 * library believes all offsets and lengths in it.
 *
 * Offsets lead forward only, so nothing contains itself; what is visited costs work, and the work is bounded by the size of
 * the buffer, so that a table that is named a thousand times is not walked a thousand times (format: flatbuffers.dev,
 * "Internals").
 */

/** What is wrong with Arrow data, as a message says what was found. */
export class ArrowError extends Error {
  constructor(
    readonly found: string,
    readonly expected = 'well-formed Arrow IPC',
  ) {
    super(found);
  }
}

/** Work allowed per byte of metadata, in bytes looked at, and for a buffer of whatever size. */
const WORK_PER_BYTE = 4;
const LEAST_WORK = 4096;
/** Work of a table beside its fields; its vtable may be shared. */
const TABLE_WORK = 16;
/** Offsets in a vtable are read as signed numbers by the library. */
const MAX_VTABLE_OFFSET = 2 ** 15;
const TWO_32 = 2 ** 32;
const MAX_EXACT = Number.MAX_SAFE_INTEGER;

/** Elements of a vector: where the first is, and how many. */
export interface FlatVector {
  readonly at: number;
  readonly count: number;
}

/** A buffer and the work that is left in it. */
export class FlatBuffer {
  readonly view: DataView;
  private work: number;

  constructor({ buffer, byteOffset, length }: Uint8Array) {
    this.view = new DataView(buffer, byteOffset, length);
    this.work = LEAST_WORK + WORK_PER_BYTE * length;
  }

  /** The table at the top. @throws ArrowError */
  root(): FlatTable {
    return new FlatTable(this, this.follow(0));
  }

  /** `bytes` bytes at `at` are there, and are looked at. @throws ArrowError */
  spend(at: number, bytes: number): void {
    this.work -= bytes;
    if (this.work < 0) throw new ArrowError('metadata that refers to its parts over and over');
    if (at >= 0 && at + bytes <= this.view.byteLength) return;
    throw new ArrowError(`metadata of ${this.view.byteLength} bytes that refers beyond its end`);
  }

  /** Where the offset at `at` leads. */
  follow(at: number): number {
    this.spend(at, 4);
    const offset = this.view.getInt32(at, true);
    if (offset <= 0) throw new ArrowError('metadata that refers backwards');
    return at + offset;
  }

  /** The 64-bit number at `at`, which has been looked at. @throws ArrowError unless a double holds it exactly */
  int64(at: number): number {
    const value = this.view.getInt32(at + 4, true) * TWO_32 + this.view.getUint32(at, true);
    if (value <= MAX_EXACT && value >= -MAX_EXACT) return value;
    throw new ArrowError(`a length or offset of ${value}`);
  }

  /** The 32-bit number at `at`, which has been looked at. */
  int32(at: number): number {
    return this.view.getInt32(at, true);
  }
}

/** One table. Fields are named by their numbers in Arrow's schema files, from 0. */
export class FlatTable {
  private readonly vtable: number;
  private readonly vtableBytes: number;

  /** @throws ArrowError if the table or its vtable is not in the buffer */
  constructor(
    private readonly buffer: FlatBuffer,
    private readonly at: number,
  ) {
    const { view } = buffer;
    buffer.spend(at, 4);
    this.vtable = at - view.getInt32(at, true);
    buffer.spend(this.vtable, 4);
    this.vtableBytes = view.getUint16(this.vtable, true);
    if (this.vtableBytes < 4 || this.vtableBytes >= MAX_VTABLE_OFFSET) throw new ArrowError('a malformed vtable');
    buffer.spend(this.vtable, Math.min(TABLE_WORK, this.vtableBytes));
    if (this.vtable + this.vtableBytes > view.byteLength) throw new ArrowError('a vtable beyond the metadata');
  }

  /** A number of `bytes` bytes; undefined if it is absent. */
  number(field: number, bytes: 1 | 2 | 4): number | undefined {
    const at = this.find(field, bytes);
    if (at === 0) return undefined;
    const { view } = this.buffer;
    if (bytes === 1) return view.getUint8(at);
    return bytes === 2 ? view.getInt16(at, true) : view.getInt32(at, true);
  }

  /** A 64-bit number, 0 if it is absent. */
  long(field: number): number {
    const at = this.find(field, 8);
    return at === 0 ? 0 : this.buffer.int64(at);
  }

  table(field: number): FlatTable | undefined {
    const at = this.find(field, 4);
    return at === 0 ? undefined : new FlatTable(this.buffer, this.buffer.follow(at));
  }

  /** A table that has to be there. @throws ArrowError without it */
  required(field: number, what: string): FlatTable {
    const table = this.table(field);
    if (table === undefined) throw new ArrowError(`a message without ${what}`);
    return table;
  }

  /** Elements of `bytes` bytes each, none if the field is absent. */
  vector(field: number, bytes: number): FlatVector {
    const at = this.find(field, 4);
    if (at === 0) return { at: 0, count: 0 };
    const start = this.buffer.follow(at);
    this.buffer.spend(start, 4);
    const count = this.buffer.int32(start);
    if (count < 0) throw new ArrowError(`a list of ${count}`);
    this.buffer.spend(start + 4, count * bytes);
    return { at: start + 4, count };
  }

  /** A vector of tables, one after the other. */
  *tables(field: number): Generator<FlatTable, void, void> {
    const { at, count } = this.vector(field, 4);
    for (let index = 0; index < count; index++) yield new FlatTable(this.buffer, this.buffer.follow(at + 4 * index));
  }

  /** A text is in the buffer, if there is one. */
  checkText(field: number): void {
    this.vector(field, 1);
  }

  /** Where a field of `bytes` bytes is; 0 if it is absent. */
  private find(field: number, bytes: number): number {
    const entry = 4 + 2 * field;
    if (entry + 2 > this.vtableBytes) return 0;
    const offset = this.buffer.view.getUint16(this.vtable + entry, true);
    if (offset === 0) return 0;
    if (offset >= MAX_VTABLE_OFFSET) throw new ArrowError('a malformed vtable');
    this.buffer.spend(this.at + offset, bytes);
    return this.at + offset;
  }
}
