/**
 * Arrow metadata verified before the library sees it: every part is where it says, counts and lengths are no more than the
 * bytes there are, buffers lie in the body, dictionaries are those of the schema (Arrow format 1.5: Message.fbs,
 * Schema.fbs, File.fbs; the numbers of fields are theirs).
 */
import { ArrowError, FlatBuffer, type FlatTable, type FlatVector } from './flatbuffer.js';

/** Largest body of a message that is read; a batch of a million events has about 60 MiB. */
export const MAX_MESSAGE_BYTES = 2 ** 28;
/** Largest metadata of a message; a schema of ours has about a kilobyte. */
export const MAX_METADATA_BYTES = 2 ** 24;
/** Deltas that one dictionary may have: the library walks all earlier ones at each. */
export const MAX_DELTAS = 1000;
/** How deep types may nest. */
const MAX_DEPTH = 32;
/** Versions before 4 lay buffers out in another way. */
const OLDEST_VERSION = 3;
const NEWEST_VERSION = 4;

/** What a message is. */
export const enum MessageKind {
  Schema = 1,
  DictionaryBatch = 2,
  RecordBatch = 3,
}

const KIND_NAMES: Readonly<Record<number, string>> = {
  [MessageKind.Schema]: 'a schema',
  [MessageKind.DictionaryBatch]: 'a dictionary batch',
  [MessageKind.RecordBatch]: 'a record batch',
};

/** The part of a verified message that says where the next one is. */
export interface VerifiedMessage {
  readonly kind: MessageKind;
  readonly bodyBytes: number;
}

/** Number, in the union of types, of those with more in them than numbers. */
const enum TypeWith {
  Timestamp = 10,
  Union = 14,
}

/** Widths of the numbers of each type, in the order of their fields. */
const NUMBERS_OF_TYPE: Readonly<Record<number, readonly (1 | 2 | 4)[]>> = {
  2: [4, 1], // Int
  3: [2], // FloatingPoint
  7: [4, 4, 4], // Decimal
  8: [2], // Date
  9: [2, 4], // Time
  10: [2], // Timestamp
  11: [2], // Interval
  14: [2], // Union
  15: [4], // FixedSizeBinary
  16: [4], // FixedSizeList
  17: [1], // Map
  18: [2], // Duration
};

/** Verifies the messages of one stream or file, in order. */
export class ArrowVerifier {
  /** Dictionaries of the schema, and how often each was extended. */
  private readonly deltas = new Map<number, number>();

  /** @throws ArrowError for metadata that is not what it says */
  message(metadata: Uint8Array): VerifiedMessage {
    const buffer = new FlatBuffer(metadata);
    const message = buffer.root();
    checkVersion(message);
    const kind = message.number(1, 1) ?? 0;
    if (KIND_NAMES[kind] === undefined) throw new ArrowError(`a message of kind ${kind}`);
    const bodyBytes = message.long(3);
    if (bodyBytes < 0) throw new ArrowError(`a body of ${bodyBytes} bytes`);
    if (bodyBytes > MAX_MESSAGE_BYTES) {
      throw new ArrowError(`a message of more than ${MAX_MESSAGE_BYTES / 2 ** 20} MiB`);
    }
    checkKeyValues(message, 4);
    const header = message.required(2, 'its header');
    if (kind === MessageKind.Schema) {
      if (bodyBytes !== 0) throw new ArrowError('a schema with a body');
      this.schema(header);
    } else if (kind === MessageKind.RecordBatch) checkBatch(buffer, header, bodyBytes);
    else this.dictionary(buffer, header, bodyBytes);
    return { kind, bodyBytes };
  }

  /** The schema of a message or footer. */
  schema(schema: FlatTable): void {
    this.deltas.clear();
    schema.number(0, 2);
    for (const field of schema.tables(1)) this.field(field, 0);
    checkKeyValues(schema, 2);
    schema.vector(3, 8);
  }

  private field(field: FlatTable, depth: number): void {
    if (depth > MAX_DEPTH) throw new ArrowError(`types nested more than ${MAX_DEPTH} deep`);
    field.checkText(0);
    field.number(1, 1);
    const type = field.number(2, 1) ?? 0;
    const details = field.table(3);
    for (const [index, bytes] of (NUMBERS_OF_TYPE[type] ?? []).entries()) details?.number(index, bytes);
    if (type === TypeWith.Timestamp) details?.checkText(1);
    if (type === TypeWith.Union) details?.vector(1, 4);
    const dictionary = field.table(4);
    if (dictionary !== undefined) {
      this.deltas.set(dictionary.long(0), 0);
      const index = dictionary.table(1);
      index?.number(0, 4);
      index?.number(1, 1);
      dictionary.number(2, 1);
    }
    for (const child of field.tables(5)) this.field(child, depth + 1);
    checkKeyValues(field, 6);
  }

  private dictionary(buffer: FlatBuffer, header: FlatTable, bodyBytes: number): void {
    const id = header.long(0);
    const deltas = this.deltas.get(id);
    if (deltas === undefined) throw new ArrowError(`a dictionary ${id} that the schema does not have`);
    const isDelta = (header.number(2, 1) ?? 0) !== 0;
    if (isDelta && deltas === MAX_DELTAS) throw new ArrowError(`more than ${MAX_DELTAS} deltas of one dictionary`);
    this.deltas.set(id, isDelta ? deltas + 1 : 0);
    checkBatch(buffer, header.required(1, 'its values'), bodyBytes);
  }
}

/** @throws ArrowError unless a message or footer is of a version whose layout is known */
export function checkVersion(table: FlatTable): void {
  const version = table.number(0, 2) ?? 0;
  if (version >= OLDEST_VERSION && version <= NEWEST_VERSION) return;
  throw new ArrowError(`metadata of version ${version + 1}, neither 4 nor 5`);
}

/** A table of keys and values. */
export function checkKeyValues(table: FlatTable, field: number): void {
  for (const pair of table.tables(field)) {
    pair.checkText(0);
    pair.checkText(1);
  }
}

function checkBatch(buffer: FlatBuffer, batch: FlatTable, bodyBytes: number): void {
  if (batch.table(3) !== undefined) {
    throw new ArrowError('compressed ones; write it uncompressed', 'Arrow without compressed buffers');
  }
  const rows = batch.long(0);
  // Each row has an event, which takes a byte at least; each entry of a dictionary more.
  if (rows < 0 || rows > bodyBytes) throw new ArrowError(`${rows} rows in ${bodyBytes} bytes`);
  const nodes = batch.vector(1, 16);
  for (let index = 0; index < nodes.count; index++) checkNode(buffer, nodes.at + 16 * index, bodyBytes);
  const buffers = batch.vector(2, 16);
  for (let index = 0; index < buffers.count; index++) checkRange(buffer, buffers.at + 16 * index, bodyBytes);
  checkCounts(buffer, batch.vector(4, 8), buffers.count);
}

/** Values of a column and nulls among them; a value has a bit at least. */
function checkNode(buffer: FlatBuffer, at: number, bodyBytes: number): void {
  const values = buffer.int64(at);
  const nulls = buffer.int64(at + 8);
  if (values < 0 || values > 8 * bodyBytes) throw new ArrowError(`a column of ${values} values in ${bodyBytes} bytes`);
  if (nulls < -1 || nulls > values) throw new ArrowError(`a column of ${values} values with ${nulls} nulls`);
}

function checkRange(buffer: FlatBuffer, at: number, bodyBytes: number): void {
  const offset = buffer.int64(at);
  const bytes = buffer.int64(at + 8);
  if (offset >= 0 && bytes >= 0 && offset + bytes <= bodyBytes) return;
  throw new ArrowError(`a buffer of ${bytes} bytes from ${offset} on in a body of ${bodyBytes}`);
}

/** How many buffers of text each column of views has. */
function checkCounts(buffer: FlatBuffer, counts: FlatVector, buffers: number): void {
  let left = buffers;
  for (let index = 0; index < counts.count; index++) {
    const count = buffer.int64(counts.at + 8 * index);
    left -= count;
    if (count < 0 || left < 0) throw new ArrowError(`a column of ${count} buffers among ${buffers}`);
  }
}

/** What a message is, in words. */
export const kindName = (kind: MessageKind): string => KIND_NAMES[kind];
