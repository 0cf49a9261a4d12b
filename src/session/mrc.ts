/**
 * Miss-ratio curves of traces: one pass each, every size at once.
 */
import { MRC_MODEL, MRC_SCHEMA, type MrcDocument, type MrcResult } from '../analysis/mrc/document.js';
import { MissRatioCurve } from '../analysis/mrc/miss-ratio-curve.js';
import { openRecording, type RecordingOptions, requireSingleTrace } from '../formats/open-recording.js';
import { readerReport } from '../formats/reader-report.js';
import { transformSettings } from '../guest/transforms/registry.js';
import type { TransformOptions } from '../guest/transforms/transform.js';
import type { RunHooks } from './run-options.js';
import { toolIdentity } from './tool-identity.js';
import { joinProvenance, readingProvenance, traceName } from './trace-provenance.js';
import { transformed } from './transformed.js';

/** What decides a curve. */
export interface MrcOptions extends RecordingOptions {
  /** Sizes to report; empty: powers of two and, if there are few, every size at which the curve drops. */
  readonly sizes: readonly number[];
  readonly msi: boolean;
  readonly limit: number | undefined;
  /** Guest-side what-ifs; absent: the trace as recorded. */
  readonly transforms?: TransformOptions | undefined;
}

/** Read every trace and draw its curve. */
export async function missRatioCurves(
  traces: readonly string[],
  options: MrcOptions,
  hooks: RunHooks = {},
): Promise<MrcDocument> {
  requireSingleTrace(traces, options.with);
  const results: MrcResult[] = [];
  const provenance: Record<string, unknown>[] = [];
  for (const path of traces) {
    const trace = await openRecording(path, options);
    const curve = new MissRatioCurve({ skipMsi: !options.msi });
    let events = 0;
    const guest = transformed(trace, path, options);
    for await (const batch of guest.batches) {
      curve.consume(batch);
      events += batch.count;
      hooks.onProgress?.(trace.bytesRead(), trace.totalBytes, events);
    }
    await trace.batches.return(undefined);
    results.push(curve.result(traceName(path), options.sizes));
    provenance.push({
      file: traceName(path),
      sha256: trace.sha256(),
      compression: trace.compression,
      reader: readerReport(trace.statistics),
      ...joinProvenance(trace),
      events,
      transforms: guest.report(),
    });
  }
  return {
    schema: MRC_SCHEMA,
    provenance: {
      tool: toolIdentity(),
      model: MRC_MODEL,
      traces: provenance,
      transforms: transformSettings(options.transforms ?? {}),
      msi: options.msi,
      limit_events: options.limit ?? null,
      ...readingProvenance(options),
    },
    results,
  };
}
