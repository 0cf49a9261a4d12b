/**
 * The slowest operations of a replay, with where their time went: a bounded list, whatever the trace's length. The charts of it are
 * in reporters/html/course.ts.
 */
import { z } from 'zod';
import type { CostTrail } from '../replay/cost-trail.js';
import type { Operation } from '../replay/operation.js';
import { addedLater, number, quantity, UNIT_KEYWORD } from '../results/declaration/metric.js';
import { MOST_COSTS, nsByStage, stageName, stageOf } from '../strategies/path/own-times.js';
import type { Counter, Metric } from './metric.js';

/** Operations that are kept. */
const SLOWEST_KEPT = 16;

const SLOW_OPERATION = z.object({
  event: number('number of the event that published its first commands, from 1 on'),
  vm: number('VM that published it, from 0 on'),
  vcpu: number('vCPU that published it'),
  published_ns: quantity('ns', 'simulated time of its first PROD write'),
  latency_ns: quantity('ns', 'time for which the path held the vCPU in it'),
  span_ns: quantity('ns', 'from its first PROD write until the guest saw its CMD_SYNC done, by the clock'),
  prod_writes: quantity('count', 'PROD writes that it took'),
  commands: quantity('count', 'guest commands published, CMD_SYNCs included'),
  breakdown_ns: z
    .record(z.string(), z.int())
    .meta({ description: 'stages with time in them; they sum to the latency', [UNIT_KEYWORD]: 'ns' }),
  course: addedLater(
    z.object({
      stage: z.array(z.string()).meta({ description: 'stages in the order in which they were gone through' }),
      until_ns: z.array(z.int()).meta({
        description:
          'end of each in held time, in which the guest’s own work between its PROD writes is left out; it begins where the one before ends, the last ends with the latency',
        [UNIT_KEYWORD]: 'ns',
      }),
      resolution_ns: quantity(
        'ns',
        'the most by which a begin or end is off, because short stages were put together; 0: none were',
      ),
    }),
  ).meta({ description: 'the same in time; at most 256 intervals' }),
});

const KEYS = {
  slowest_operations: z
    .array(SLOW_OPERATION)
    .optional()
    .meta({ description: 'the 16 slowest, slowest first; of equally slow ones the earlier first' }),
};

/** Keeps the slowest; of equally slow ones the earlier. */
class SlowestOperations implements Counter<typeof KEYS> {
  /** Slowest first. */
  private readonly list: z.output<typeof SLOW_OPERATION>[] = [];
  /** An operation has to be slower than this to be kept. */
  private thresholdNs = -1;

  /** One comparison for all but the slowest. */
  onOperation(operation: Operation): void {
    if (!operation.measured || !operation.hasWork) return;
    const { heldNs: latencyNs } = operation;
    if (latencyNs <= this.thresholdNs) return;
    const at = this.list.findIndex((one) => one.latency_ns < latencyNs);
    this.list.splice(at < 0 ? this.list.length : at, 0, slowOperation(operation));
    if (this.list.length > SLOWEST_KEPT) this.list.pop();
    if (this.list.length === SLOWEST_KEPT) this.thresholdNs = this.list[SLOWEST_KEPT - 1].latency_ns;
  }

  result() {
    return { slowest_operations: this.list };
  }
}

function slowOperation({ event, vm, vcpu, publishedNs, heldNs, doneNs, publications, commands, trail }: Operation) {
  return {
    ...{ event, vm, vcpu, published_ns: publishedNs, latency_ns: heldNs, span_ns: doneNs - publishedNs },
    ...{ prod_writes: publications, commands },
    breakdown_ns: breakdown(trail),
    course: courseResult(trail),
  };
}

function breakdown(trail: CostTrail): Record<string, number> {
  const spentNs = new Float64Array(MOST_COSTS);
  trail.addTo(spentNs);
  return Object.fromEntries(Object.entries(nsByStage(spentNs)).filter(([, ns]) => ns > 0));
}

/** By stage: costs of one stage that follow each other are one interval. */
function courseResult({ count, cost, ns, resolutionNs }: CostTrail) {
  const stages: string[] = [];
  const ends: number[] = [];
  let untilNs = 0;
  for (let at = 0; at < count; at++) {
    untilNs += ns[at];
    const stage = stageName(stageOf(cost[at]));
    if (stage === stages.at(-1)) ends[ends.length - 1] = untilNs;
    else {
      stages.push(stage);
      ends.push(untilNs);
    }
  }
  return { stage: stages, until_ns: ends, resolution_ns: resolutionNs };
}

export const slowestOperations: Metric<typeof KEYS> = { keys: KEYS, count: () => new SlowestOperations() };
