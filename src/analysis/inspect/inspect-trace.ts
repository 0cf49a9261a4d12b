/** Reads an opened trace to its end (or to a limit) and says what is in it. */
import { basename } from 'node:path';
import type { OpenTrace } from '../../formats/reader.js';
import { readerReport } from '../../formats/reader-report.js';
import type { EventBatch } from '../../trace/events.js';
import { InspectCollector } from './collector.js';
import { INSPECT_SCHEMA, type InspectDocument } from './document.js';

/** How far to read, and whom to tell. */
export interface InspectOptions {
  /** Stop after so many events of the trace. */
  readonly limit?: number | undefined;
  /** What is made of the events before they are counted. */
  readonly transform?:
    | ((batches: AsyncGenerator<EventBatch>) => {
        readonly batches: AsyncGenerator<EventBatch>;
        report(): InspectDocument['transforms'];
      })
    | undefined;
  readonly onProgress?: ((bytesRead: number, totalBytes: number | undefined, events: number) => void) | undefined;
}

/** Walk the batches of `trace` and build the document. */
export async function inspectTrace(trace: OpenTrace, options: InspectOptions = {}): Promise<InspectDocument> {
  const limit = options.limit ?? Number.POSITIVE_INFINITY;
  const collector = new InspectCollector();
  let limited = false;
  async function* withinLimit(): AsyncGenerator<EventBatch, void, void> {
    let room = limit;
    for await (const batch of trace.batches) {
      if (batch.count > room) {
        limited = true;
        batch.count = room;
      }
      room -= batch.count;
      if (batch.count > 0) yield batch;
      if (limited) return;
    }
  }
  const made = options.transform?.(withinLimit());
  for await (const batch of made?.batches ?? withinLimit()) {
    collector.add(batch);
    options.onProgress?.(trace.bytesRead(), trace.totalBytes, collector.eventCount);
  }
  const { recorded_latency: recorded, ...counts } = collector.counts(trace.statistics.timeBase === 'clock');
  return {
    schema: INSPECT_SCHEMA,
    trace: { file: basename(trace.file), sha256: trace.sha256(), compression: trace.compression, limited },
    reader: readerReport(trace.statistics),
    ...(trace.join?.report() === undefined ? {} : { join: trace.join.report() }),
    transforms: made?.report() ?? [],
    ...counts,
    recorded_latency: recorded && { ...recorded, includes_tracing: trace.statistics.isTracedInside },
  };
}
