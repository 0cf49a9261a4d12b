/**
 * One submission through the real machine, with nobody else there: what `strategies show` explains and a calibration fits.
 *
 * It has the threads, queues and engines of a replay and no trace: locks are free and queues empty unless the submission itself
 * fills them. The replay of a trace with this one submission comes to the same ns (test/strategies/explain.test.ts).
 */

import { Simulator } from '../machine/sim/simulator.js';
import type { LoadedProfile } from '../profiles/load.js';
import { Smmus } from '../smmu/smmus.js';
import type { Submission } from '../strategies/path/submission.js';
import type { StrategyChoice } from '../strategies/spec.js';
import { TrialTally } from '../strategies/user/trial.js';
import { Topology } from '../topology/topology.js';
import type { CostTrail } from './cost-trail.js';
import type { ReplayProbe } from './probe.js';
import { SimulatedHost } from './simulated-host.js';
import { Vcpu } from './vcpu.js';

/** What a submission took. */
export interface Passage {
  /** PROD write → its vCPU runs on: the CMD_SYNC seen done, if it has one; ns. */
  readonly latencyNs: number;
  /** ns by cost id, in the order in which the costs were first met; they sum to the latency. */
  readonly spentNs: ReadonlyMap<number, number>;
  /** What the path did for it. */
  readonly tally: TrialTally;
  /** Commands that the SMMU was given, CMD_SYNCs included. */
  readonly hostCommands: number;
}

/** No effect on caches is filed, so that none is needed. */
const NO_SMMUS = new Smmus([], () => 0);
const OPTIONS = { isTimed: false, takesUnmaps: false, hasVmids: false, faults: [], timeline: undefined };

/**
 * Let `submission`, already forwarded, pass on the path of `choice` with a new instance of its transport.
 * @param costNs ns per cost id, as a rule costTable(profile)
 */
export function passIdle(
  choice: StrategyChoice,
  profile: LoadedProfile,
  costNs: Float64Array,
  submission: Submission,
): Passage {
  const simulator = new Simulator();
  const probe = new PassageProbe();
  const topology = new Topology();
  const { guests, engines } = new SimulatedHost(choice, profile, costNs, topology, NO_SMMUS, simulator, probe, OPTIONS);
  new Vcpu(guests[0], 0, 'asap', () => {}).enqueue(submission);
  simulator.run(Number.POSITIVE_INFINITY);
  if (probe.latencyNs < 0) throw new Error(`a submission on ${choice.canonicalName} never ends`);
  const hostCommands = engines.queues.reduce((sum, { ring }) => sum + ring.produced, 0);
  return { latencyNs: probe.latencyNs, spentNs: probe.spentNs, tally: probe, hostCommands };
}

/** Takes down the only submission. */
class PassageProbe extends TrialTally implements ReplayProbe {
  latencyNs = -1;
  readonly spentNs = new Map<number, number>();

  onSubmission(_submission: Submission, publishedNs: number, doneNs: number, { count, cost, ns }: CostTrail): void {
    this.latencyNs = doneNs - publishedNs;
    for (let at = 0; at < count; at++) this.spentNs.set(cost[at], (this.spentNs.get(cost[at]) ?? 0) + ns[at]);
  }

  onGuestCommand(): void {}
  onRefused(): void {}
  onSwallowed(): void {}
  onTranslations(): void {}
  onCommandEffect(): void {}
  onOperation(): void {}
  onUnfinishedOperation(): void {}
  onUnmap(): void {}
  onBackground(): void {}
  onIrqsOff(): void {}
  onHostCpu(): void {}
}
