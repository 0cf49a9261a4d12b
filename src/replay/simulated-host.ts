/**
 * The simulated host without its caches: command engines, what fails, and the VMs with their paths. A replay runs on it, and so
 * does a single submission (idle-machine.ts).
 */
import { CommandEngine } from '../machine/engine/command-engine.js';
import { CommandEngines } from '../machine/engine/command-engines.js';
import { syncBackoff } from '../machine/engine/sync-backoff.js';
import type { Simulator } from '../machine/sim/simulator.js';
import type { LoadedProfile } from '../profiles/load.js';
import type { Smmus } from '../smmu/smmus.js';
import { Cost } from '../strategies/path/costs.js';
import type { StrategyChoice } from '../strategies/spec.js';
import type { Topology } from '../topology/topology.js';
import { type Effects, OrderedEffects, TimedEffects } from './effects.js';
import type { Fault } from './faults/fault.js';
import { Faults } from './faults/faults.js';
import { Guest } from './guest.js';
import { makePaths, ownQueuesOf } from './migration/paths.js';
import type { ReplayProbe } from './probe.js';
import type { TimelineProbe } from './timeline-probe.js';

/** What a host is made for. */
export interface HostOptions {
  /** Commands act when the machine gets to them, not at their doorbell's place in the trace (see effects.ts). */
  readonly isTimed: boolean;
  /** Paravirtual requests come from unmap events. */
  readonly takesUnmaps: boolean;
  /** VMIDs of the trace are real: commands keep theirs. */
  readonly hasVmids: boolean;
  readonly faults: readonly Fault[];
  readonly timeline: TimelineProbe | undefined;
}

/** The command side of a host, and its VMs. */
export class SimulatedHost {
  readonly effects: Effects;
  readonly engines: CommandEngines;
  readonly faults: Faults;
  readonly guests: readonly Guest[];

  constructor(
    choice: StrategyChoice,
    profile: LoadedProfile,
    /** ns per cost id (see costTable). */
    costNs: Float64Array,
    topology: Topology,
    smmus: Smmus,
    simulator: Simulator,
    probe: ReplayProbe,
    { isTimed, takesUnmaps, hasVmids, faults, timeline }: HostOptions,
  ) {
    const paths = Array.from({ length: topology.vms }, () => makePaths(choice, profile));
    // A SYNC in one SMMU's queue says nothing about commands that another vCPU has yet to put there.
    const isQueuePerVcpu = paths[0].map(
      ({ transport, choice: { transport: definition } }) =>
        transport.isQueuePerVcpu === true || (definition.queuesAreMapped === true && topology.smmuCount > 1),
    );
    this.effects = isTimed ? new TimedEffects(smmus, isQueuePerVcpu, topology.vms) : new OrderedEffects(smmus);
    const { effects } = this;
    const queuesPerSmmu = 1 + topology.vms * ownQueuesOf(paths[0]);
    const makeEngine = (_: unknown, smmu: number) =>
      new CommandEngine(
        simulator,
        profile,
        costNs,
        queuesPerSmmu,
        probe,
        (ref) => effects.execute(ref, smmu),
        timeline,
        smmu,
      );
    this.engines = new CommandEngines(Array.from({ length: topology.smmuCount }, makeEngine), queuesPerSmmu);
    const { engines } = this;
    this.faults = new Faults(faults, paths[0], profile, costNs, topology, simulator, probe);
    for (const engine of engines.engines) this.faults.attach(engine);
    const host = {
      ...{ simulator, engines, probe, effects, topology, costNs, timeline, faults: this.faults },
      casRetryNs: costNs[Cost.casRetry],
      backoff: syncBackoff(profile),
    };
    const steWrites = profile.number('software.host_ste_writes');
    this.guests = paths.map((own, vm) => new Guest(host, own, vm, steWrites, takesUnmaps, hasVmids));
  }
}
