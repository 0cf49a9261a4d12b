/**
 * Batches of events → a file that appears complete or not at all, or a stream.
 */
import { once } from 'node:events';
import type { Writable } from 'node:stream';
import { AtomicFile } from '../files/atomic-file.js';
import { UsageError } from '../trace/errors.js';
import type { EventBatch } from '../trace/events.js';
import { Losses } from './losses.js';
import { writerByFile, writerByName } from './output-registry.js';
import { compressionByFile, pack } from './packing/pack.js';
import type { ReaderStatistics } from './reader.js';
import type { TraceWriter, WriterContext } from './writer.js';

/** How to save. */
export interface SaveOptions {
  /** Writer name; by the file's suffix when absent. */
  readonly format?: string | undefined;
  /** `none`, `gz` or `zst`; by the file's suffix when absent. */
  readonly compression?: string | undefined;
  /** Paths that are being read and must not be overwritten. */
  readonly inputs?: readonly string[] | undefined;
  /** Statistics of the reading that the batches come from. */
  readonly source?: ReaderStatistics | undefined;
  /** Stands in for `process.stdout` when the path is `-`. */
  readonly stdout?: Writable | undefined;
}

/** What was saved. */
export interface SavedTrace {
  readonly format: string;
  readonly compression: string;
  readonly events: number;
  /** Bytes written, after compression. */
  readonly bytes: number;
  /** What the format could not hold. */
  readonly losses: Losses;
}

/** What `format`, `compression` and the file's name decide together. */
export interface OutputForm {
  readonly writer: TraceWriter;
  readonly compression: string;
}

/**
 * The writer and compression for `path`.
 * @throws UsageError for an unknown name, or if neither name nor options tell
 */
export function outputForm(path: string, options: Pick<SaveOptions, 'format' | 'compression'> = {}): OutputForm {
  const packed = compressionByFile(path);
  if (path === '-' && options.format === undefined) {
    throw new UsageError('<stdout>: expected the format by name, standard output has no suffix that tells it');
  }
  return {
    writer: options.format === undefined ? writerByFile(packed.bare) : writerByName(options.format),
    compression: options.compression ?? packed.compression,
  };
}

/**
 * Write `batches` to `outputPath` (`-` is standard output). Memory does not grow with the trace. Whatever fails, the
 * source is given up and no part of a file is left.
 * @throws UsageError for an unknown format or compression, or an output that cannot be written
 */
export async function saveTrace(
  batches: AsyncIterable<EventBatch>,
  outputPath: string,
  options: SaveOptions = {},
): Promise<SavedTrace> {
  const { writer, compression } = outputForm(outputPath, options);
  // Asked for when a writer wants it: a trace may be opened only once the output is known to be writable.
  const context: WriterContext = {
    losses: new Losses(),
    get source() {
      return options.source;
    },
  };
  const counted = new CountedEvents(batches);
  const chunks = pack(writer.write(counted, context), compression);
  const bytes =
    outputPath === '-'
      ? await writeToStream(chunks, options.stdout ?? process.stdout)
      : await writeToFile(chunks, outputPath, options.inputs ?? []);
  return { format: writer.name, compression, events: counted.events, bytes, losses: context.losses };
}

async function writeToFile(
  chunks: AsyncIterable<Uint8Array>,
  path: string,
  inputs: readonly string[],
): Promise<number> {
  const file = AtomicFile.open(path, inputs);
  let bytes = 0;
  try {
    for await (const chunk of chunks) {
      file.write(chunk);
      bytes += chunk.length;
    }
    file.commit();
  } finally {
    file.discard();
  }
  return bytes;
}

async function writeToStream(chunks: AsyncIterable<Uint8Array>, stream: Writable): Promise<number> {
  let bytes = 0;
  for await (const chunk of chunks) {
    bytes += chunk.length;
    if (!stream.write(chunk)) await once(stream, 'drain');
  }
  return bytes;
}

/** Passes batches on and counts their events. */
class CountedEvents implements AsyncIterable<EventBatch> {
  events = 0;

  constructor(private readonly batches: AsyncIterable<EventBatch>) {}

  async *[Symbol.asyncIterator](): AsyncGenerator<EventBatch, void, void> {
    for await (const batch of this.batches) {
      this.events += batch.count;
      yield batch;
    }
  }
}
