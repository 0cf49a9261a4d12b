/**
 * `--repeat n`: the trace n times in a row, read anew each time. The first event of a repetition falls at the time of the
 * last one before it. Caches stay warm; commands that no doorbell published wait for the first one of the next repetition.
 */
import type { EventBatch } from '../../trace/events.js';

/** Each of `passes` yields the batches of one repetition; they are drawn one after the other. */
export async function* concatenate(
  first: AsyncIterable<EventBatch>,
  again: () => AsyncIterable<EventBatch>,
  times: number,
): AsyncGenerator<EventBatch, void, void> {
  let lastNs = 0;
  for (let pass = 0; pass < times; pass++) {
    let shiftNs = Number.NaN;
    for await (const batch of pass === 0 ? first : again()) {
      const { timeNs, count } = batch;
      if (Number.isNaN(shiftNs)) shiftNs = pass === 0 ? 0 : lastNs - timeNs[0];
      if (shiftNs !== 0) for (let row = 0; row < count; row++) timeNs[row] += shiftNs;
      lastNs = timeNs[count - 1];
      yield batch;
    }
  }
}
