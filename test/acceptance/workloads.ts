/**
 * The guests of the acceptance suite: closed systems of many vCPUs, and open streams straight at the engine.
 */
import { ReplayMetrics } from '../../src/metrics/replay-metrics.js';
import { seededRandom } from '../analysis/oracle/random.js';
import { type FinishedReplay, type HarnessOptions, replayThrough } from '../support/replay-harness.js';
import { TraceBuilder } from '../support/trace-builder.js';

/** `vcpus` vCPUs that start together; each publishes `rounds` lists of `commands` TLBIs and a SYNC, `thinkNs` apart. */
export interface Storm {
  readonly vcpus: number;
  readonly rounds: number;
  readonly thinkNs: number;
  readonly commands?: number;
}

/** Run a storm through the strategy `spec`. */
export function runStorm(storm: Storm, spec: string, options: HarnessOptions = {}): Promise<FinishedReplay> {
  const { vcpus, rounds, thinkNs, commands = 1 } = storm;
  const trace = new TraceBuilder(vcpus * rounds * (commands + 2));
  for (let round = 0; round < rounds; round++) {
    trace.at(round * thinkNs);
    for (let vcpu = 0; vcpu < vcpus; vcpu++) trace.vcpu(vcpu).tlbis(commands).sync().doorbell();
  }
  return replayThrough(trace, spec, options);
}

/** Mean time per operation of one vCPU, think time included, ns. */
export function perOperationNs(storm: Storm, { result }: FinishedReplay): number {
  return (storm.vcpus / result.throughput.submissions_per_s) * 1e9;
}

/** Service time of the open streams, ns: fetch and execute. */
export const SERVICE_NS = 300;
/** The producer costs nothing, so that a publication is an arrival at the engine. */
const BARE_ENGINE = [
  'smmu.mem_latency_ns=200',
  'smmu.exec_tlbi_ns=100',
  'smmu.cmdq_log2=19',
  'software.mmio_write_posted_ns=0',
  'software.cmdq_insert_fixed_ns=0',
  'software.cmdq_insert_per_cmd_ns=0',
];

class WaitLog extends ReplayMetrics {
  readonly waitsNs: number[] = [];
  override onCommandEffect(_opcode: number, publishedNs: number, effectNs: number): void {
    this.waitsNs.push(effectNs - publishedNs - SERVICE_NS);
  }
}

/** Waiting time before service of each single command that arrives at `timesNs`, ns. */
export async function waitsAtEngine(timesNs: readonly number[]): Promise<readonly number[]> {
  const trace = new TraceBuilder(timesNs.length * 2);
  for (const timeNs of timesNs) trace.at(timeNs).tlbis(1).doorbell();
  const metrics = new WaitLog();
  await replayThrough(trace, 'native', { set: BARE_ENGINE, pacing: 'recorded', metrics });
  return metrics.waitsNs;
}

/** Arrival times of a Poisson stream of `perSecond`, rounded to whole ns. */
export function poissonTimes(count: number, perSecond: number, seed: number): number[] {
  const random = seededRandom(seed);
  const resolution = 2 ** 31;
  let exactNs = 0;
  return Array.from({ length: count }, () => {
    exactNs -= (Math.log((random(resolution) + 0.5) / resolution) * 1e9) / perSecond;
    return Math.round(exactNs);
  });
}
