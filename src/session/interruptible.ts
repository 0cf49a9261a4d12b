/** Work on a trace that can be given up. */
import { setImmediate } from 'node:timers/promises';
import type { EventBatch } from '../trace/events.js';

/** Work between two looks at what else the thread has to do, ms. */
const BREATH_MS = 50;

/**
 * `batches` until `signal` is aborted. A trace that lies in memory, or unpacks to much, waits for nothing: without a breath
 * now and then nobody could abort anything.
 * @throws the signal's reason
 */
export async function* interruptible(
  batches: AsyncGenerator<EventBatch>,
  signal: AbortSignal | undefined,
): AsyncGenerator<EventBatch, void, void> {
  let breathedMs = performance.now();
  for await (const batch of batches) {
    if (signal !== undefined && performance.now() - breathedMs > BREATH_MS) {
      await setImmediate();
      breathedMs = performance.now();
    }
    signal?.throwIfAborted();
    yield batch;
  }
}
