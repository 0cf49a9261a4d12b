/**
 * A trace as its guest-side transforms make it: what replay, compare, mrc, inspect and convert read when they are asked for any.
 */
import { openRecording, type RecordingOptions } from '../formats/open-recording.js';
import type { OpenTrace } from '../formats/reader.js';
import { TransformPipeline, type TransformReport, transformSettings } from '../guest/transforms/registry.js';
import type { TransformOptions } from '../guest/transforms/transform.js';
import type { TopologyFile } from '../topology/schema.js';
import { UsageError } from '../trace/errors.js';
import type { EventBatch } from '../trace/events.js';
import { limited } from './limit.js';

/** Opens the trace at a path, as `openRecording` does. */
export type OpenRecording = (path: string, options: RecordingOptions) => OpenTrace | Promise<OpenTrace>;

/** How a trace is read, and what is made of it. */
export interface TransformedTraceOptions extends RecordingOptions {
  /** Events to read at most, of each repetition, before any transform. */
  readonly limit?: number | undefined;
  readonly transforms?: TransformOptions | undefined;
  readonly topology?: TopologyFile | undefined;
  /** How a repetition opens the trace again (default: from its file). */
  readonly open?: OpenRecording | undefined;
}

/** Batches after the transforms, and what those did. */
export interface TransformedTrace {
  readonly batches: AsyncGenerator<EventBatch>;
  /** Complete when the batches are exhausted; empty without transforms. */
  report(): TransformReport[];
}

/**
 * Apply `options.transforms` to `trace`, which was opened from `path`.
 * @param first its batches, at most `options.limit` events of them
 * @throws UsageError for a repetition of standard input
 */
export function transformed(
  trace: OpenTrace,
  path: string,
  options: TransformedTraceOptions,
  first: AsyncGenerator<EventBatch> = limited(trace.batches, options.limit),
): TransformedTrace {
  const { transforms = {} } = options;
  if (transformSettings(transforms).length === 0) return { batches: first, report: () => [] };
  if ((transforms.repeat ?? 1) > 1 && path === '-') {
    throw new UsageError('--repeat: expected a file, which can be read again, found standard input');
  }
  const pipeline = new TransformPipeline(transforms, {
    file: trace.file,
    topology: options.topology,
    timeBase: () => trace.statistics.timeBase,
  });
  return { batches: pipeline.apply(first, () => reopened(path, options)), report: () => pipeline.report() };
}

/** The same trace once more. */
async function* reopened(path: string, options: TransformedTraceOptions): AsyncGenerator<EventBatch, void, void> {
  const trace = await (options.open ?? openRecording)(path, options);
  try {
    yield* limited(trace.batches, options.limit);
  } finally {
    await trace.batches.return(undefined);
  }
}
