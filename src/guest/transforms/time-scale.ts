/**
 * `--time-scale X`: every time since the first event is X times as long, rounded to the nearest ns. 2 halves the pressure
 * on closed and recorded pacing alike, 0.5 doubles it. Latencies that the recording shows are scaled with the rest.
 */
import { UsageError } from '../../trace/errors.js';
import type { EventBatch } from '../../trace/events.js';
import type { Transform, TransformContext, TransformDefinition } from './transform.js';

class TimeScale implements Transform {
  private events = 0;

  constructor(
    private readonly factor: number,
    private readonly context: TransformContext,
  ) {}

  async *transform(batches: AsyncIterable<EventBatch>): AsyncGenerator<EventBatch, void, void> {
    const { factor, context } = this;
    let originNs = -1;
    for await (const batch of batches) {
      const { timeNs, count } = batch;
      if (originNs < 0) {
        originNs = timeNs[0];
        if (context.timeBase() === 'order-only') {
          throw new UsageError(`${context.file}: --time-scale: expected a trace with times, found order only`);
        }
      }
      for (let row = 0; row < count; row++) timeNs[row] = originNs + Math.round((timeNs[row] - originNs) * factor);
      this.events += count;
      yield batch;
    }
  }

  counts(): Readonly<Record<string, number>> {
    return { events: this.events };
  }
}

export const timeScale: TransformDefinition = {
  name: 'time-scale',
  settings: ({ timeScale: factor }) => (factor === undefined ? undefined : { factor }),
  create: ({ timeScale: factor }, context) => new TimeScale(factor ?? 1, context),
};
