/**
 * The topology that a trace shows, as a file for the user to edit.
 */
import type { OpenTrace } from '../formats/reader.js';
import { TopologyInference } from '../topology/inference.js';
import { limited } from './limit.js';
import type { RunHooks } from './run-options.js';
import { traceName } from './trace-provenance.js';

/** Read `trace` (its first `limit` events) and write down its topology. */
export async function inferTopology(
  trace: OpenTrace,
  limit: number | undefined,
  hooks: RunHooks = {},
): Promise<string> {
  const inference = new TopologyInference();
  let events = 0;
  for await (const batch of limited(trace.batches, limit)) {
    inference.observe(batch);
    events += batch.count;
    hooks.onProgress?.(trace.bytesRead(), trace.totalBytes, events);
  }
  await trace.batches.return(undefined);
  const part = events === limit ? `the first ${events} events` : `all ${events} events`;
  return inference.toYaml(`${traceName(trace.file)}, ${part}`);
}
