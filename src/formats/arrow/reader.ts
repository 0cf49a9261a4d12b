/**
 * Reader of Arrow IPC, file and stream format (`.arrow`, `.feather`, `.arrows`): what pandas, polars and DuckDB write.
 *
 * Tables of our own writer are taken column by column (native-batch.ts), all others row by row (any-rows.ts). An event's
 * line is its record number. The library is loaded when the first Arrow trace is read.
 */
import type { Data, DataType, RecordBatch, RecordBatchReader, Schema } from 'apache-arrow';
import { TraceFormatError, UserError } from '../../trace/errors.js';
import { BATCH_ROWS, type EventBatch } from '../../trace/events.js';
import { addNote } from '../notes.js';
import { peek } from '../peek.js';
import type { ReaderContext, TraceReader } from '../reader.js';
import { countFlags } from '../rows/flags.js';
import { RowDecoder } from '../rows/row-decoder.js';
import { RowError } from '../rows/row-error.js';
import { AnyRows, columnsOfSchema } from './any-rows.js';
import { ARROW_HEAD_BYTES, ArrowContent, FILE_MAGIC } from './content.js';
import { ArrowError } from './flatbuffer.js';
import { streamMessages, verifyFile } from './messages.js';
import { NativeBatchDecoder } from './native-batch.js';
import { nativeColumns } from './native-buffers.js';
import { isNative, METADATA } from './native-columns.js';

const EXPECTED = 'well-formed Arrow IPC';
/** A stream begins with this mark and the length of its schema. */
const CONTINUATION = 0xffffffff;
const MAX_SCHEMA_BYTES = 2 ** 24;

function sniff(head: Uint8Array): boolean {
  if (FILE_MAGIC.equals(head.subarray(0, FILE_MAGIC.length))) return true;
  if (head.length < 8) return false;
  const view = new DataView(head.buffer, head.byteOffset, head.length);
  const length = view.getUint32(4, true);
  return view.getUint32(0, true) === CONTINUATION && length > 0 && length < MAX_SCHEMA_BYTES && length % 8 === 0;
}

async function* read(chunks: AsyncIterable<Uint8Array>, context: ReaderContext): AsyncGenerator<EventBatch> {
  const { head, all } = await peek(chunks, ARROW_HEAD_BYTES);
  const content = new ArrowContent(all, head, context.file);
  try {
    yield* tableOf(content, context);
    await content.drain();
    if (!content.isComplete) refuseCut(content, context);
  } finally {
    await content.close();
  }
}

/** All events of the table. Whatever the library throws on the way, here or when a value is taken, is a damaged file. */
async function* tableOf(content: ArrowContent, context: ReaderContext): AsyncGenerator<EventBatch, void, void> {
  try {
    const batches = await openBatches(content);
    const table = new TableDecoder(batches.schema, batches.isReadable, context);
    for await (const batch of batches.all) {
      yield* table.decode(batch);
    }
    yield* table.rest();
  } catch (error) {
    throw describe(error, content, context);
  }
}

/** A file without its last bytes is cut; a stream without its end mark may be. */
function refuseCut(content: ArrowContent, { file, statistics }: ReaderContext): void {
  if (content.isFile) throw new TraceFormatError(file, 0, WHOLE_FILE, CUT_FILE);
  addNote(statistics, statistics.lines, 'no end-of-stream mark: the stream may be cut there');
}

interface Batches {
  readonly schema: Schema;
  readonly all: AsyncIterable<RecordBatch>;
  /** True for a type whose values can be ours. */
  isReadable(type: DataType): boolean;
}

/** The library's reader. */
async function openBatches(content: ArrowContent): Promise<Batches> {
  const { RecordBatchReader: Reader, Type } = await import('apache-arrow');
  const readable = new Set<number>([Type.Int, Type.Float, Type.Utf8, Type.LargeUtf8, Type.Bool, Type.Null]);
  readable.add((Type as unknown as Record<string, number>).Utf8View);
  const isReadable = (type: DataType): boolean => {
    const { typeId, dictionary } = type as DataType & { dictionary?: DataType };
    if (typeId === Type.Dictionary && dictionary !== undefined) return isReadable(dictionary);
    return readable.has(typeId as number);
  };
  const reader = content.needsWhole
    ? Reader.from(await verifiedFile(content))
    : await Reader.from(streamMessages(content.bytes()));
  await reader.open();
  if (reader.schema === undefined || reader.schema === null) throw new Error('no schema');
  return { schema: reader.schema, all: batchesOf(reader), isReadable };
}

async function verifiedFile(content: ArrowContent): Promise<Uint8Array> {
  const bytes = await content.whole();
  if (content.isComplete) verifyFile(bytes);
  else throw new ArrowError(CUT_FILE, WHOLE_FILE);
  return bytes;
}

const WHOLE_FILE = 'a complete Arrow file';
const CUT_FILE = 'no end of the file format (truncated)';

/** The batches of a reader of either kind; those of a whole file come without waiting. */
async function* batchesOf(reader: RecordBatchReader): AsyncGenerator<RecordBatch, void, void> {
  yield* reader as AsyncIterable<RecordBatch> | Iterable<RecordBatch>;
}

/** The library's errors in our words. */
function describe(error: unknown, content: ArrowContent, { file }: ReaderContext): unknown {
  if (error instanceof UserError) return error;
  if (content.sourceError !== undefined) return content.sourceError;
  if (error instanceof ArrowError) return new TraceFormatError(file, 0, error.expected, error.found);
  const message = error instanceof Error ? error.message : String(error);
  if (content.isFile && /Expected Schema/.test(message)) {
    const found = 'one whose schema stands only at its end; write it as a stream';
    return new TraceFormatError(file, 0, 'an Arrow file that begins with its schema', found);
  }
  if (content.ended) return new TraceFormatError(file, 0, 'complete Arrow IPC', 'its end inside a message (truncated)');
  const found = `a message that its reader refuses (${message.replace(/\s+/g, ' ').slice(0, 120)})`;
  return new TraceFormatError(file, 0, EXPECTED, found);
}

/** Record batches of one table → event batches. */
class TableDecoder {
  private readonly native: NativeBatchDecoder | undefined;
  private readonly rows: RowDecoder;
  private readonly anyRows: AnyRows;

  constructor(
    schema: Schema,
    isReadable: (type: DataType) => boolean,
    private readonly context: ReaderContext,
  ) {
    const { statistics, file } = context;
    this.rows = new RowDecoder(context);
    try {
      this.anyRows = new AnyRows(this.rows, columnsOfSchema(schema, isReadable));
    } catch (error) {
      if (error instanceof RowError) throw new TraceFormatError(file, 0, error.expected, error.found);
      throw error;
    }
    this.native = isNative(schema) ? new NativeBatchDecoder() : undefined;
    if (schema.metadata.get(METADATA.timeBase) === 'order-only') statistics.timeBase = 'order-only';
    statistics.version = schema.metadata.get(METADATA.version) ?? '';
  }

  *decode(batch: RecordBatch): Generator<EventBatch, void, void> {
    const { statistics } = this.context;
    const columns = this.native === undefined ? undefined : nativeColumns(batch);
    this.refuseShort(batch);
    let isChecked = false;
    for (let from = 0; from < batch.numRows; from += BATCH_ROWS) {
      const to = Math.min(batch.numRows, from + BATCH_ROWS);
      const first = statistics.lines + 1;
      statistics.lines += to - from;
      const whole = columns && this.native?.decode(columns, from, to, first);
      if (whole !== undefined) {
        yield* this.rest();
        const { flags, count } = whole;
        if (this.rows.sink.firstTimeNs < 0) this.rows.sink.firstTimeNs = whole.timeNs[0];
        for (let row = 0; row < count; row++) if (flags[row] !== 0) countFlags(flags[row], statistics);
        yield whole;
        this.rows.sink.lastTimeNs = this.native?.lastTimeNs ?? 0;
      } else {
        if (!isChecked) this.anyRows.check(batch);
        isChecked = true;
        this.anyRows.decode(batch, from, to, first);
        yield* this.rows.sink.takeFull();
        if (this.native !== undefined) this.native.lastTimeNs = this.rows.sink.lastTimeNs;
      }
    }
  }

  /** What is left of the rows decoded one by one. */
  rest(): EventBatch[] {
    return this.rows.sink.takeRest();
  }

  /** A damaged length claims rows that are not there. */
  private refuseShort(batch: RecordBatch): void {
    const isShort = (vector: { data: readonly Data[] } | null) =>
      vector !== null &&
      (!vector.data.every(holdsItsRows) || vector.data.reduce((sum, { length }) => sum + length, 0) < batch.numRows);
    if (!batch.schema.fields.some((_, index) => isShort(batch.getChildAt(index)))) return;
    throw new TraceFormatError(this.context.file, 0, EXPECTED, 'columns shorter than their record batch');
  }
}

/** True if the buffers of a column have as many values as it claims; one of nulls only has no buffers. */
function holdsItsRows({ length, offset, values, valueOffsets, type }: Data): boolean {
  if (valueOffsets !== undefined && valueOffsets.length > 0) return valueOffsets.length > offset + length;
  if (values === undefined || values === null) return true;
  const perElement = (type as { bitWidth?: number }).bitWidth === undefined && values instanceof Uint8Array ? 8 : 1;
  return values.length * perElement >= offset + length;
}

/** Arrow reader. */
export const arrowReader: TraceReader = {
  name: 'arrow',
  summary: 'Arrow IPC, file or stream: columns as those of CSV',
  sniff,
  read,
};
