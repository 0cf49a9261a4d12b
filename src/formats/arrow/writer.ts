/**
 * Writers of Arrow IPC, file and stream format: one record batch per event batch, in the native columns of the reader
 * (formats/arrow/native-columns.ts). The library is loaded when the first Arrow trace is written.
 */
import type * as Arrow from 'apache-arrow';
import type { EventBatch } from '../../trace/events.js';
import type { TraceWriter, WriterContext } from '../writer.js';
import { DICTIONARIES, LINE_COLUMN, METADATA, NATIVE_COLUMNS } from './native-columns.js';
import { ColumnBuffers, NATIVE_VALUES } from './values.js';

type Library = typeof Arrow;

/** A dictionary column's type and the vector of its names. */
interface Names {
  readonly type: Arrow.Dictionary;
  readonly vector: Arrow.Vector;
}

async function* write(
  batches: AsyncIterable<EventBatch>,
  context: WriterContext,
  isFile: boolean,
): AsyncGenerator<Uint8Array> {
  const arrow = await import('apache-arrow');
  const sink = makeSink(arrow);
  const writer = isFile ? makeFileWriter(arrow) : new arrow.RecordBatchStreamWriter();
  const table = new TableMaker(arrow);
  let metadata: Map<string, string> | undefined;
  for await (const batch of batches) {
    if (metadata === undefined) {
      // The reader knows its time base, and as a rule its producer, when the first batch is out.
      metadata = metadataOf(context);
      writer.reset(sink, table.schema(metadata));
    }
    writer.write(table.recordBatch(batch));
    yield* sink.take();
  }
  if (metadata === undefined) writer.reset(sink, table.schema(metadataOf(context)));
  writer.finish();
  yield* sink.take();
  countLateFacts(metadata, context);
}

function metadataOf({ source }: WriterContext): Map<string, string> {
  const metadata = new Map<string, string>();
  if (source === undefined) return metadata;
  metadata.set(METADATA.timeBase, source.timeBase);
  if (source.version !== '') metadata.set(METADATA.version, source.version);
  return metadata;
}

/** What the schema, written at the beginning, could not say yet. */
function countLateFacts(metadata: Map<string, string> | undefined, { source, losses }: WriterContext): void {
  if (source === undefined) return;
  if (source.version !== (metadata?.get(METADATA.version) ?? '')) {
    losses.add(`the producer's version (${source.version}), known only after the beginning was written`);
  }
  for (const { what, count } of source.lossy) losses.add(`the reader's note "${what}"`, count);
}

/**
 * The library's file writer leaves out the schema at the beginning, which the format demands (a file is a stream in a
 * frame) and without which no one can read the file front to back.
 */
function makeFileWriter({ RecordBatchFileWriter, RecordBatchWriter }: Library) {
  const { _writeSchema: writeSchemaMessage } = RecordBatchWriter.prototype as unknown as {
    _writeSchema(schema: Arrow.Schema): unknown;
  };
  class FileWriter extends RecordBatchFileWriter {
    protected override _writeSchema(schema: Arrow.Schema): this {
      super._writeSchema(schema);
      writeSchemaMessage.call(this, schema);
      return this;
    }
  }
  return new FileWriter();
}

/** The library's queue of bytes, emptied after every batch so that nothing piles up in it. */
function makeSink({ AsyncByteQueue }: Library) {
  class Sink extends AsyncByteQueue {
    private pieces: Uint8Array[] = [];

    override write(piece: ArrayBufferView | ArrayBufferLike): void {
      const bytes = ArrayBuffer.isView(piece)
        ? new Uint8Array(piece.buffer, piece.byteOffset, piece.byteLength)
        : new Uint8Array(piece);
      if (bytes.length > 0) this.pieces.push(bytes);
    }

    take(): Uint8Array[] {
      const taken = this.pieces;
      this.pieces = [];
      return taken;
    }
  }
  return new Sink();
}

/** Event batches → record batches of one schema. */
class TableMaker {
  private readonly names = new Map<string, Names>();
  private made: Arrow.Schema | undefined;

  constructor(private readonly arrow: Library) {
    const { Dictionary, Utf8, Uint8, vectorFromArray } = arrow;
    for (const { name, type } of NATIVE_COLUMNS) {
      if (type !== 'dictionary') continue;
      const vector = vectorFromArray([...DICTIONARIES[name]], new Utf8());
      this.names.set(name, { type: new Dictionary(new Utf8(), new Uint8()), vector });
    }
  }

  schema(metadata: Map<string, string>): Arrow.Schema {
    const { Field, Schema, Int64 } = this.arrow;
    const fields = NATIVE_COLUMNS.map(({ name, type }) => new Field(name, this.typeOf(name, type), true));
    this.made = new Schema([...fields, new Field(LINE_COLUMN, new Int64(), true)], metadata);
    return this.made;
  }

  recordBatch(batch: EventBatch): Arrow.RecordBatch {
    const { makeData, RecordBatch, Struct } = this.arrow;
    const schema = this.made as Arrow.Schema;
    const buffers = new ColumnBuffers(batch);
    const children = schema.fields.map(({ name, type }) => {
      const { data, nullBitmap, nullCount } = buffers.make(NATIVE_VALUES[name]);
      const { count: length } = batch;
      const dictionary = this.names.get(name)?.vector;
      return makeData({ type, length, nullCount, nullBitmap, data, dictionary } as never);
    });
    const type = new Struct(schema.fields);
    const rows = makeData({ type, length: batch.count, nullCount: 0, children } as never);
    return new RecordBatch(schema, rows as unknown as Arrow.Data<Arrow.Struct>);
  }

  private typeOf(name: string, type: string): Arrow.DataType {
    const { Int32, Int64, Uint8, Uint16, Uint32, Uint64 } = this.arrow;
    switch (type) {
      case 'int64':
        return new Int64();
      case 'uint64':
        return new Uint64();
      case 'int32':
        return new Int32();
      case 'uint32':
        return new Uint32();
      case 'uint16':
        return new Uint16();
      case 'uint8':
        return new Uint8();
      default:
        return (this.names.get(name) as Names).type;
    }
  }
}

/** Arrow file writer. */
export const arrowWriter: TraceWriter = {
  name: 'arrow',
  summary: 'Arrow IPC file, for pandas, polars and DuckDB',
  suffixes: ['.arrow', '.feather'],
  write: (batches, context) => write(batches, context, true),
};

/** Arrow stream writer. */
export const arrowStreamWriter: TraceWriter = {
  name: 'arrow-stream',
  summary: 'Arrow IPC stream, for pipes',
  suffixes: ['.arrows'],
  write: (batches, context) => write(batches, context, false),
};
