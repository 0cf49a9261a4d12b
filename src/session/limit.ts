/**
 * Reading at most a number of events.
 */
import type { EventBatch } from '../trace/events.js';

/** The first `limit` events of `batches`; all of them without a limit. The last batch is cut by its count. */
export async function* limited(
  batches: AsyncGenerator<EventBatch>,
  limit: number | undefined,
): AsyncGenerator<EventBatch, void, void> {
  let left = limit ?? Number.POSITIVE_INFINITY;
  if (left <= 0) return;
  for await (const batch of batches) {
    if (batch.count > left) batch.count = left;
    left -= batch.count;
    yield batch;
    if (left <= 0) return;
  }
}
