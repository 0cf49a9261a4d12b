/** The slowest operations of a replay, with where their time went: a bounded list, whatever the trace's length. */

import type { CostTrail } from '../replay/cost-trail.js';
import type { Operation } from '../replay/operation.js';
import { MOST_COSTS, nsByStage, stageName, stageOf } from '../strategies/path/own-times.js';

/** Operations that are kept. */
const SLOWEST_KEPT = 16;

/** One of them, as the result document declares it (results/declaration/course.ts); times in integer ns. */
export type SlowOperation = ReturnType<typeof slowOperation>;

/** Keeps the slowest; of equally slow ones the earlier. */
export class SlowestOperations {
  /** Slowest first. */
  readonly list: SlowOperation[] = [];
  /** An operation has to be slower than this to be kept. */
  private thresholdNs = -1;

  /** One comparison for all but the slowest. */
  offer(operation: Operation): void {
    const { heldNs: latencyNs } = operation;
    if (latencyNs <= this.thresholdNs) return;
    const at = this.list.findIndex((one) => one.latency_ns < latencyNs);
    this.list.splice(at < 0 ? this.list.length : at, 0, slowOperation(operation));
    if (this.list.length > SLOWEST_KEPT) this.list.pop();
    if (this.list.length === SLOWEST_KEPT) this.thresholdNs = this.list[SLOWEST_KEPT - 1].latency_ns;
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
