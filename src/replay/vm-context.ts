/** What the threads of one VM find around them: the host that VMs share, and what is the VM's own. */
import type { CommandEngines } from '../machine/engine/command-engines.js';
import type { SyncBackoff } from '../machine/engine/sync-backoff.js';
import type { FifoLock } from '../machine/sim/fifo-lock.js';
import type { Simulator } from '../machine/sim/simulator.js';
import type { Submission } from '../strategies/path/submission.js';
import type { Topology } from '../topology/topology.js';
import type { Effects } from './effects.js';
import type { Faults } from './faults/faults.js';
import type { ReplayProbe } from './probe.js';
import type { TimelineProbe } from './timeline-probe.js';
import type { WaitingThread } from './waiting-threads.js';

/** What a VM finds on its host, shared by all VMs. */
export interface VmHost {
  readonly simulator: Simulator;
  readonly engines: CommandEngines;
  readonly probe: ReplayProbe;
  readonly effects: Effects;
  readonly topology: Topology;
  /** ns per cost id. */
  readonly costNs: Float64Array;
  /** One compare-and-swap retry, ns. */
  readonly casRetryNs: number;
  /** How threads poll for SYNCs; undefined: they see them as soon as the SMMU says so (MSI write-back). */
  readonly backoff: SyncBackoff | undefined;
  /** What fails, injected or in the trace. */
  readonly faults: Faults;
  /** Observer of the course in time, if any. */
  readonly timeline: TimelineProbe | undefined;
}

/**
 * What all threads of one VM share: the host, and a lock and workers of its own. A class and no literal, because threads read
 * it at every step: an object that is spread together is of another shape in each of a study's replays, and slow to read.
 */
export class VmContext implements Omit<VmHost, 'topology' | 'costNs'> {
  readonly simulator: Simulator;
  readonly engines: CommandEngines;
  readonly probe: ReplayProbe;
  readonly effects: Effects;
  readonly casRetryNs: number;
  readonly backoff: SyncBackoff | undefined;
  readonly faults: Faults;
  readonly timeline: TimelineProbe | undefined;

  constructor(
    host: VmHost,
    readonly vmmLock: FifoLock,
    /** Workers by number, for SignalWorker. */
    readonly workers: readonly WorkerPort[],
    /** Number of the VM. */
    readonly vm: number,
  ) {
    this.simulator = host.simulator;
    this.engines = host.engines;
    this.probe = host.probe;
    this.effects = host.effects;
    this.casRetryNs = host.casRetryNs;
    this.backoff = host.backoff;
    this.faults = host.faults;
    this.timeline = host.timeline;
  }
}

/** What a vCPU needs of a worker. */
export interface WorkerPort {
  /** Take over `submission`; `waiter` (if any) is released when its last command is complete. */
  submit(submission: Submission, waiter: WaitingThread | undefined): void;
  /** `waiter` has given up. */
  forget(waiter: WaitingThread): void;
}
