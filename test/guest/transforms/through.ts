/** One trace in memory through the transforms, as the command line applies them. */

import { TransformPipeline, type TransformReport } from '../../../src/guest/transforms/registry.js';
import type { TransformOptions } from '../../../src/guest/transforms/transform.js';
import type { TopologyFile } from '../../../src/topology/schema.js';
import { BatchSink } from '../../../src/trace/batch-sink.js';
import type { EventBatch } from '../../../src/trace/events.js';
import type { TraceBuilder } from '../../support/trace-builder.js';
import { summaryOf } from '../../support/traces.js';

export interface Transformed {
  readonly batches: readonly EventBatch[];
  readonly report: readonly TransformReport[];
}

/** What the flags of a test may add. */
export interface ThroughSettings {
  readonly topology?: TopologyFile;
  readonly timeBase?: 'clock' | 'order-only';
  /** Rows per batch that goes in. */
  readonly rows?: number;
}

/** `trace` through `options`. */
export async function through(
  trace: TraceBuilder | readonly EventBatch[],
  options: TransformOptions,
  { topology, timeBase = 'clock', rows = 3 }: ThroughSettings = {},
): Promise<Transformed> {
  const source = 'batch' in trace ? [trace.batch] : trace;
  const pipeline = new TransformPipeline(options, { file: 'test.csv', topology, timeBase: () => timeBase });
  const batches: EventBatch[] = [];
  for await (const batch of pipeline.apply(inPieces(source, rows), () => inPieces(source, rows))) batches.push(batch);
  return { batches, report: pipeline.report() };
}

/** Its rows as short lines. */
export async function linesThrough(
  trace: TraceBuilder,
  options: TransformOptions,
  settings?: ThroughSettings,
): Promise<string[]> {
  return summaryOf((await through(trace, options, settings)).batches);
}

/** Fresh copies of the rows, a few per batch, so that nothing may depend on where batches end. */
async function* inPieces(batches: readonly EventBatch[], rows: number): AsyncGenerator<EventBatch> {
  for (const batch of batches) {
    for (let from = 0; from < batch.count; from += rows) {
      const sink = new BatchSink();
      for (let row = from; row < Math.min(batch.count, from + rows); row++) sink.copy(batch, row);
      yield* sink.takeRest();
    }
  }
}
