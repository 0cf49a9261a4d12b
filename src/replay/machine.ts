/** What threads of a replay find around them. */
import type { CommandEngines } from '../engine/command-engines.js';
import type { SyncBackoff } from '../engine/sync-backoff.js';
import type { Submission } from '../path/submission.js';
import type { FifoLock } from '../sim/fifo-lock.js';
import type { Simulator } from '../sim/simulator.js';
import type { Effects } from './effects.js';
import type { Faults } from './faults.js';
import type { ReplayProbe } from './probe.js';
import type { Thread } from './thread.js';
import type { TimelineProbe } from './timeline-probe.js';

/** What all threads of one VM share; VMs share everything but the lock and the workers. */
export interface Machine {
  readonly simulator: Simulator;
  readonly engines: CommandEngines;
  readonly vmmLock: FifoLock;
  readonly probe: ReplayProbe;
  readonly effects: Effects;
  /** One compare-and-swap retry, ns. */
  readonly casRetryNs: number;
  /** How threads poll for SYNCs; undefined: they see them as soon as the SMMU says so (MSI write-back). */
  readonly backoff: SyncBackoff | undefined;
  /** Workers by number, for SignalWorker. */
  readonly workers: readonly WorkerPort[];
  /** Injected faults, if any. */
  readonly faults?: Faults | undefined;
  /** Observer of the course in time, if any. */
  readonly timeline?: TimelineProbe | undefined;
}

/** What a vCPU needs of a worker. */
export interface WorkerPort {
  /** Take over `submission`; `waiter` (if any) is released when its last command is complete. */
  submit(submission: Submission, waiter: Thread | undefined): void;
  /** `waiter` has given up. */
  forget(waiter: Thread): void;
}
