/**
 * Any readable trace to any writable format.
 */
import type { Writable } from 'node:stream';
import { openRecording, type RecordingOptions } from '../formats/open-recording.js';
import type { OpenTrace } from '../formats/open-trace.js';
import { pack } from '../formats/packing/pack.js';
import { outputForm, type SavedTrace, saveTrace } from '../formats/save-trace.js';
import { writerContext } from '../formats/writer.js';
import type { TransformOptions } from '../guest/transforms/transform.js';
import type { EventBatch } from '../trace/events.js';
import { interruptible } from './interruptible.js';
import { limited } from './limit.js';
import type { RunHooks } from './run-options.js';
import { transformed } from './transformed.js';

/** What decides a conversion. */
export interface ConvertOptions extends RecordingOptions {
  /** Writer name; by the output's suffix when absent. */
  readonly to?: string | undefined;
  /** `none`, `gz` or `zst`; by the output's suffix when absent. */
  readonly compression?: string | undefined;
  /** Events to read at most, before any transform. */
  readonly limit?: number | undefined;
  /** Guest-side what-ifs; absent: the trace as recorded. */
  readonly transforms?: TransformOptions | undefined;
  /** Stands in for `process.stdout` when the output is `-`. */
  readonly stdout?: Writable | undefined;
}

/**
 * Convert the trace at `input` to `output`.
 * @throws UsageError for what cannot be written, TraceFormatError for what cannot be read; no part of a file is left
 */
export async function convertTrace(
  input: string,
  output: string,
  options: ConvertOptions,
  hooks: RunHooks = {},
): Promise<SavedTrace> {
  let trace: OpenTrace | undefined;
  /** The input is opened at the first draw, when the output is known to be writable. */
  async function* batches(): AsyncGenerator<EventBatch, void, void> {
    trace = await openRecording(input, options);
    const { bytesRead, totalBytes } = trace;
    let events = 0;
    const guest = transformed(trace, input, options);
    yield* observing(interruptible(guest.batches, hooks.signal), (count) => {
      events += count;
      hooks.onProgress?.(bytesRead(), totalBytes, events);
    });
  }
  try {
    return await saveTrace(batches(), output, {
      format: options.to,
      compression: options.compression,
      inputs: [input],
      stdout: options.stdout,
      get source() {
        return trace?.statistics;
      },
    });
  } finally {
    await trace?.batches.return(undefined);
  }
}

/** What a conversion will come to. */
export interface ConversionEstimate {
  readonly format: string;
  readonly compression: string;
  /** Events that were read to know, and what they became. */
  readonly sampledEvents: number;
  readonly writtenEvents: number;
  readonly sampledBytes: number;
  /** True if the sample is the whole trace. */
  readonly isExact: boolean;
  /** Events and bytes of the whole, rounded; undefined if the size of the input is not known. */
  readonly events: number | undefined;
  readonly bytes: number | undefined;
}

/** Events that an estimate converts: enough for the mix of a trace, little enough for a second. */
const SAMPLE_EVENTS = 2 ** 18;

/**
 * Convert the beginning of `input` without writing it, and scale what comes out by what went in.
 * @throws like `convertTrace`
 */
export async function estimateConversion(
  input: string,
  output: string,
  options: ConvertOptions,
): Promise<ConversionEstimate> {
  const { writer, compression } = outputForm(output, { format: options.to, compression: options.compression });
  const { repeat = 1, ...onePass } = options.transforms ?? {};
  const trace = await openRecording(input, options);
  const sampleEvents = Math.min(options.limit ?? SAMPLE_EVENTS, SAMPLE_EVENTS);
  let sampledEvents = 0;
  let drawn = 0;
  try {
    const sample = observing(limited(trace.batches, sampleEvents), (count) => {
      sampledEvents += count;
      drawn = trace.bytesRead();
    });
    let writtenEvents = 0;
    const guest = transformed(trace, input, { ...options, transforms: onePass }, sample);
    const counted = observing(guest.batches, (count) => {
      writtenEvents += count;
    });
    let bytes = 0;
    const context = writerContext(trace.statistics);
    for await (const chunk of pack(writer.write(counted, context), compression)) bytes += chunk.length;
    const { totalBytes } = trace;
    const isWhole = sampledEvents < sampleEvents || sampledEvents === options.limit;
    const scale = isWhole ? 1 : totalBytes === undefined ? undefined : Math.max(1, totalBytes / drawn);
    const room = (options.limit ?? Number.POSITIVE_INFINITY) / sampledEvents;
    const factor = scale === undefined ? undefined : Math.min(scale, room) * repeat;
    return {
      format: writer.name,
      compression,
      sampledEvents,
      writtenEvents,
      sampledBytes: bytes,
      // What a repetition packs to is not what the first pass does.
      isExact: isWhole && repeat === 1,
      events: factor === undefined ? undefined : Math.round(writtenEvents * factor),
      bytes: factor === undefined ? undefined : Math.round(bytes * factor),
    };
  } finally {
    await trace.batches.return(undefined);
  }
}

async function* observing<T extends { readonly count: number }>(
  batches: AsyncGenerator<T>,
  onCount: (count: number) => void,
): AsyncGenerator<T, void, void> {
  for await (const batch of batches) {
    onCount(batch.count);
    yield batch;
  }
}
