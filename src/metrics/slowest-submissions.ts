/** The slowest submissions of a replay, with where their time went: a bounded list, whatever the trace's length. */
import { COST_COUNT, STAGE_OF_COST, STAGES } from '../path/costs.js';
import type { Submission } from '../path/submission.js';

/** Submissions that are kept. */
export const SLOWEST_KEPT = 16;

/** One of them; times in integer ns. */
export interface SlowSubmission {
  /** Number of the event that published it. */
  readonly event: number;
  readonly vm: number;
  readonly vcpu: number;
  readonly published_ns: number;
  readonly latency_ns: number;
  /** Guest commands, SYNCs included. */
  readonly commands: number;
  /** Stages with time in them; they sum to `latency_ns`. */
  readonly breakdown_ns: Readonly<Record<string, number>>;
}

/** Keeps the slowest; of equally slow ones the earlier. */
export class SlowestSubmissions {
  /** Slowest first. */
  readonly list: SlowSubmission[] = [];
  /** A submission has to be slower than this to be kept. */
  private thresholdNs = -1;

  /** One comparison for all but the slowest. */
  offer(submission: Submission, publishedNs: number, latencyNs: number, spentNs: Float64Array): void {
    if (latencyNs <= this.thresholdNs) return;
    const { event, vm, vcpu, guestCount: commands } = submission;
    const breakdown_ns = breakdown(spentNs);
    const at = this.list.findIndex((one) => one.latency_ns < latencyNs);
    const slow = { event, vm, vcpu, published_ns: publishedNs, latency_ns: latencyNs, commands, breakdown_ns };
    this.list.splice(at < 0 ? this.list.length : at, 0, slow);
    if (this.list.length > SLOWEST_KEPT) this.list.pop();
    if (this.list.length === SLOWEST_KEPT) this.thresholdNs = this.list[SLOWEST_KEPT - 1].latency_ns;
  }
}

function breakdown(spentNs: Float64Array): Record<string, number> {
  const byStage = new Array<number>(STAGES.length).fill(0);
  for (let cost = 0; cost < COST_COUNT; cost++) byStage[STAGE_OF_COST[cost]] += spentNs[cost];
  return Object.fromEntries(STAGES.map((stage, i) => [stage, byStage[i]] as const).filter(([, ns]) => ns > 0));
}
