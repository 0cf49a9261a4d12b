/** Reads an opened trace to its end (or to a limit) and says what is in it. */
import { basename } from 'node:path';
import type { OpenTrace } from '../readers/reader.js';
import { readerReport } from '../readers/reader-report.js';
import { InspectCollector } from './collector.js';
import { INSPECT_SCHEMA, type InspectDocument } from './document.js';

/** How far to read, and whom to tell. */
export interface InspectOptions {
  /** Stop after so many events. */
  readonly limit?: number | undefined;
  readonly onProgress?: ((bytesRead: number, totalBytes: number | undefined, events: number) => void) | undefined;
}

/** Walk the batches of `trace` and build the document. */
export async function inspectTrace(trace: OpenTrace, options: InspectOptions = {}): Promise<InspectDocument> {
  const limit = options.limit ?? Number.POSITIVE_INFINITY;
  const collector = new InspectCollector();
  let limited = false;
  for await (const batch of trace.batches) {
    const room = limit - collector.eventCount;
    collector.add(batch, Math.min(batch.count, room));
    options.onProgress?.(trace.bytesRead(), trace.totalBytes, collector.eventCount);
    if (batch.count > room) {
      limited = true;
      break;
    }
  }
  return {
    schema: INSPECT_SCHEMA,
    trace: { file: basename(trace.file), sha256: trace.sha256(), compression: trace.compression, limited },
    reader: readerReport(trace.statistics),
    ...(trace.join?.report() === undefined ? {} : { join: trace.join.report() }),
    ...collector.counts(trace.statistics.timeBase === 'clock'),
  };
}
