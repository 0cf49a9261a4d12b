/** The slowest operations of a replay, with where their time went: a bounded list, whatever the trace's length. */

import type { Course } from '../replay/course.js';
import type { Operation } from '../replay/operation.js';
import { STAGE_OF_COST, STAGES } from '../strategies/path/costs.js';

/** Operations that are kept. */
const SLOWEST_KEPT = 16;

/** One of them; times in integer ns. */
export interface SlowOperation {
  /** Number of the event that published its first commands. */
  readonly event: number;
  readonly vm: number;
  readonly vcpu: number;
  /** Simulated time of its first PROD write. */
  readonly published_ns: number;
  readonly latency_ns: number;
  /** The same by the clock, the guest's own work between its PROD writes included. */
  readonly span_ns: number;
  readonly prod_writes: number;
  /** Guest commands, SYNCs included. */
  readonly commands: number;
  /** Stages with time in them; they sum to `latency_ns`. */
  readonly breakdown_ns: Readonly<Record<string, number>>;
  /** The same in time, each stage as often as it was gone through (see replay/course.ts); earlier results lack it. */
  readonly course?: {
    readonly stage: readonly string[];
    /**
     * End of each interval in held time, which stands still while the guest works between its PROD writes; it begins where
     * the one before ends. The last one is `latency_ns`.
     */
    readonly until_ns: readonly number[];
    /** The most by which a begin or end is off, because short intervals were put together; 0: none were. */
    readonly resolution_ns: number;
  };
}

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
    const { event, vm, vcpu, publishedNs, doneNs, publications, commands, course } = operation;
    const at = this.list.findIndex((one) => one.latency_ns < latencyNs);
    const slow = {
      ...{ event, vm, vcpu, published_ns: publishedNs, latency_ns: latencyNs, span_ns: doneNs - publishedNs },
      ...{ prod_writes: publications, commands },
      breakdown_ns: breakdown(course),
      course: courseResult(course),
    };
    this.list.splice(at < 0 ? this.list.length : at, 0, slow);
    if (this.list.length > SLOWEST_KEPT) this.list.pop();
    if (this.list.length === SLOWEST_KEPT) this.thresholdNs = this.list[SLOWEST_KEPT - 1].latency_ns;
  }
}

function breakdown({ count, cost, ns }: Course): Record<string, number> {
  const byStage = new Array<number>(STAGES.length).fill(0);
  for (let at = 0; at < count; at++) byStage[STAGE_OF_COST[cost[at]]] += ns[at];
  return Object.fromEntries(STAGES.map((name, i) => [name, byStage[i]] as const).filter(([, sum]) => sum > 0));
}

/** By stage: costs of one stage that follow each other are one interval. */
function courseResult({ count, cost, ns, resolutionNs }: Course): NonNullable<SlowOperation['course']> {
  const stages: string[] = [];
  const ends: number[] = [];
  let untilNs = 0;
  for (let at = 0; at < count; at++) {
    untilNs += ns[at];
    const stage = STAGES[STAGE_OF_COST[cost[at]]];
    if (stage === stages.at(-1)) ends[ends.length - 1] = untilNs;
    else {
      stages.push(stage);
      ends.push(untilNs);
    }
  }
  return { stage: stages, until_ns: ends, resolution_ns: resolutionNs };
}
