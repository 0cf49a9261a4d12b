/**
 * Where in the trace the operations are and take their time, by the number of their first event: what --warmup counts in. At
 * most `MOST_BINS` bins: when a trace has more events, pairs become one and the bins are twice as wide.
 */
import { z } from 'zod';
import type { Operation } from '../replay/operation.js';
import { metric, UNIT_KEYWORD, type Unit } from '../results/declaration/metric.js';
import type { Counter, Metric } from './metric.js';

/** Bins at most. */
const MOST_BINS = 64;

/** One value per bin. */
function bins(unit: Unit, description: string) {
  return z.array(z.int()).meta({ description, [UNIT_KEYWORD]: unit });
}

const KEYS = {
  operations_over_events: z
    .object({
      bin_events: metric('count', 'neutral', 'events of the trace per bin of the operations’ course'),
      operations: bins('count', 'operations by the bin of their first PROD write; they sum to latency.operation.count'),
      held_ns: bins('ns', 'their time; it sums to that of latency.operation'),
    })
    .optional()
    .meta({ description: 'operations and their time by number of event, from the first of the trace on' }),
};

class OperationsOverEvents implements Counter<typeof KEYS> {
  private binEvents = 1;
  private readonly operations = new Float64Array(MOST_BINS);
  private readonly heldNs = new Float64Array(MOST_BINS);
  private last = -1;

  onOperation({ measured, hasWork, event, heldNs }: Operation): void {
    if (!measured || !hasWork) return;
    while (event > MOST_BINS * this.binEvents) this.widen();
    const bin = Math.floor((event - 1) / this.binEvents);
    this.operations[bin]++;
    this.heldNs[bin] += heldNs;
    if (bin > this.last) this.last = bin;
  }

  result() {
    const kept = (values: Float64Array) => [...values.subarray(0, this.last + 1)];
    return {
      operations_over_events: {
        bin_events: this.binEvents,
        operations: kept(this.operations),
        held_ns: kept(this.heldNs),
      },
    };
  }

  private widen(): void {
    const { operations, heldNs } = this;
    for (const values of [operations, heldNs]) {
      for (let bin = 0; bin < MOST_BINS / 2; bin++) values[bin] = values[2 * bin] + values[2 * bin + 1];
      values.fill(0, MOST_BINS / 2);
    }
    this.binEvents *= 2;
    this.last >>= 1;
  }
}

export const operationsOverEvents: Metric<typeof KEYS> = { keys: KEYS, count: () => new OperationsOverEvents() };
