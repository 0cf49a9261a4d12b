/**
 * A trace decoded once and read by many: its columns lie in shared memory, one block per batch (trace/shared-batch.ts).
 * Nobody writes into a batch after its reader handed it out.
 */
import { setImmediate } from 'node:timers/promises';
import type { JoinReport } from '../formats/join/report.js';
import { openRecording, type RecordingOptions } from '../formats/open-recording.js';
import type { OpenTrace, ReaderStatistics } from '../formats/reader.js';
import { limited } from '../session/limit.js';
import type { EventBatch } from '../trace/events.js';
import { type SharedBatch, shareBatch, viewOf } from '../trace/shared-batch.js';

/** A decoded trace; can be posted to another thread, which then reads the same memory. */
export interface SharedTrace {
  readonly compression: string;
  /** As they stand when the events have been drawn. */
  readonly statistics: ReaderStatistics;
  readonly sha256: string;
  readonly totalBytes: number | undefined;
  readonly bytesRead: number;
  /** How two joined recordings agree. */
  readonly join: { readonly report: JoinReport | undefined; readonly recorderVersion: string } | undefined;
  readonly blocks: readonly SharedBatch[];
}

/**
 * Decode the first `limit` events of the trace at `path`, or all of them.
 * @throws UsageError, TraceFormatError as `openRecording`
 */
export async function decodeShared(
  path: string,
  options: RecordingOptions,
  limit: number | undefined,
): Promise<SharedTrace> {
  const trace = await openRecording(path, options);
  const blocks: SharedBatch[] = [];
  try {
    for await (const batch of limited(trace.batches, limit)) blocks.push(shareBatch(batch));
  } finally {
    await trace.batches.return(undefined);
  }
  return {
    compression: trace.compression,
    statistics: trace.statistics,
    sha256: trace.sha256(),
    totalBytes: trace.totalBytes,
    bytesRead: trace.bytesRead(),
    join: trace.join && { report: trace.join.report(), recorderVersion: trace.join.recorderVersion() },
    blocks,
  };
}

/**
 * `shared` as a replay opens it, under the name of the file at `path`.
 * @param isChanged whoever reads it writes into its batches, as transforms may: it has copies
 */
export function openShared(shared: SharedTrace, path: string, isChanged: boolean): OpenTrace {
  const { join } = shared;
  return {
    file: path,
    compression: shared.compression,
    // A replay may keep what it is given: the lists are its own, the columns everybody's.
    statistics: structuredClone(shared.statistics),
    batches: batchesOf(shared, isChanged),
    totalBytes: shared.totalBytes,
    sha256: () => shared.sha256,
    bytesRead: () => shared.bytesRead,
    ...(join === undefined ? {} : { join: { report: () => join.report, recorderVersion: () => join.recorderVersion } }),
  };
}

async function* batchesOf({ blocks }: SharedTrace, isChanged: boolean): AsyncGenerator<EventBatch> {
  for (const { count, memory } of blocks) {
    // Nothing else here waits for the system: without this a Ctrl-C would be heard when the whole sweep has ended.
    await setImmediate();
    yield viewOf({ count, memory: isChanged ? memory.slice(0) : memory });
  }
}
