/**
 * The one way to open a trace: source → decompression → format by content → batches of canonical events.
 */
import { TraceFormatError, UsageError } from '../trace/errors.js';
import type { EventBatch } from '../trace/events.js';
import { csvReader } from './csv.js';
import { addNote } from './notes.js';
import { unpack } from './packing/unpack.js';
import { peek } from './peek.js';
import {
  emptyStatistics,
  type OpenTrace,
  type ReaderContext,
  type ReaderOptions,
  SNIFF_BYTES,
  type TraceReader,
} from './reader.js';
import { readerByContent, readerByName } from './registry.js';
import { type ByteSource, openSource } from './source.js';

/** How to open a trace. */
export interface OpenTraceOptions extends ReaderOptions {
  /** Reader name; recognised by content when absent. */
  readonly format?: string | undefined;
  /** Skip and count malformed rows instead of failing. */
  readonly lenient?: boolean | undefined;
  /** Stands in for `process.stdin` when the path is `-`. */
  readonly stdin?: NodeJS.ReadableStream | undefined;
  /** Largest chunk handed to the reader, in bytes; tests shrink it to hit every boundary. */
  readonly chunkBytes?: number | undefined;
}

/**
 * Open the trace at `path` (`-` is standard input) and recognise what it is; its events are read as batches are drawn.
 * @throws UsageError for a missing or unreadable file, a directory, or an unknown format name
 * @throws TraceFormatError for an empty, truncated, corrupt or unrecognised content; while drawing, for a malformed row
 */
export async function openTrace(path: string, options: OpenTraceOptions = {}): Promise<OpenTrace> {
  const named = readerOf(options);
  const source = await openSource(path, options);
  try {
    const unchecked: string[] = [];
    const unpacked = await unpack(source.chunks, source.name, (what) => unchecked.push(what));
    const { head, all } = await peek(unpacked.chunks, SNIFF_BYTES);
    if (head.length === 0) {
      throw new TraceFormatError(source.name, 0, 'a trace', `an empty file inside the ${unpacked.compression} stream`);
    }
    const reader = named ?? readerByContent(head, source.name);
    const statistics = emptyStatistics(reader.name);
    const context: ReaderContext = { file: source.name, lenient: options.lenient ?? false, options, statistics };
    const chunks = options.chunkBytes === undefined ? all : rechunked(all, options.chunkBytes);
    return {
      file: source.name,
      compression: unpacked.compression,
      statistics,
      totalBytes: source.totalBytes,
      batches: closing(source, refusingNoEvents(reader.read(chunks, context), context, unchecked)),
      sha256: () => source.sha256(),
      bytesRead: () => source.bytesRead(),
    };
  } catch (error) {
    source.close();
    throw error;
  }
}

/** The reader that is asked for by name, or by a map of columns, which only CSV has. */
function readerOf({ format, csvMap }: OpenTraceOptions): TraceReader | undefined {
  if (csvMap === undefined) return format === undefined ? undefined : readerByName(format);
  if (format === undefined || format === csvReader.name) return csvReader;
  throw new UsageError(`--csv-map: expected a CSV beside it, found --format ${format}`);
}

/** The same bytes in chunks of at most `chunkBytes`. */
async function* rechunked(
  chunks: AsyncIterable<Uint8Array>,
  chunkBytes: number,
): AsyncGenerator<Uint8Array, void, void> {
  for await (const chunk of chunks) {
    for (let at = 0; at < chunk.length; at += chunkBytes) yield chunk.subarray(at, at + chunkBytes);
  }
}

/**
 * Pass batches on; at the end, note what could not be checked about the compression. A trace without a single event is as
 * useless as an empty file and is refused like one.
 */
async function* refusingNoEvents(
  batches: AsyncGenerator<EventBatch>,
  context: ReaderContext,
  unchecked: readonly string[],
): AsyncGenerator<EventBatch, void, void> {
  let any = false;
  for await (const batch of batches) {
    any = true;
    yield batch;
  }
  for (const what of unchecked) addNote(context.statistics, 1, what);
  if (any) return;
  const { format, lines, skippedRows } = context.statistics;
  const skipped = skippedRows > 0 ? ` (${skippedRows} malformed and skipped)` : '';
  const where = lines === 1 ? 'one line' : `${lines} lines`;
  throw new TraceFormatError(context.file, 0, `at least one ${format} event`, `none in ${where}${skipped}`);
}

/** `batches` that also gives up the source, even when no batch was ever drawn. */
function closing(source: ByteSource, batches: AsyncGenerator<EventBatch>): AsyncGenerator<EventBatch> {
  return {
    next: () => batches.next(),
    async return(value) {
      const result = await batches.return(value);
      source.close();
      return result;
    },
    async throw(error) {
      source.close();
      return batches.throw(error);
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  } as AsyncGenerator<EventBatch>;
}
