/**
 * The hooks through which everything observes a replay. The model never prints and never aggregates: metrics are probes.
 *
 * Contract: hooks are called in simulated-time order per thread; they must not change the model; they get numbers and
 * short-lived views (`submission`, `trail`, `operation`) that are valid during the call only. `measured` is false while warming up.
 */
import type { EngineProbe } from '../machine/engine/contracts.js';
import type { Submission } from '../strategies/path/submission.js';
import type { PathTally } from '../strategies/path/tally.js';
import type { CostTrail } from './cost-trail.js';
import type { Operation } from './operation.js';

/** Kinds of host threads: keys of `host.cpu_ns` (design §8). */
export const THREAD_KINDS = ['vcpu', 'worker', 'vmm', 'background'] as const;

/** Indices into THREAD_KINDS. */
export const enum ThreadKind {
  Vcpu = 0,
  Worker = 1,
  Vmm = 2,
  Background = 3,
}

/** Reads the main TLBs' counters (see smmu/main-counters.ts) at times of its own choice; ordered DMA only. */
export interface CounterSampler {
  /** Trace time at which it wants them next. */
  readonly dueNs: number;
  /** The warm-up is over. */
  start(atNs: number, counters: readonly number[]): void;
  /** They stand like this before the event at `atNs`, which is not before `dueNs`. */
  sample(atNs: number, counters: readonly number[]): void;
}

/** Observer of one replay. */
export interface ReplayProbe extends EngineProbe, PathTally {
  /** A guest command was published on guest queue `queue`, in its order; `isForwarded`: it goes to the physical SMMU as itself. */
  onGuestCommand(opcode: number, isForwarded: boolean, measured: boolean, queue: number): void;
  /** The path refused a guest command: it has no effect. */
  onRefused(opcode: number, measured: boolean): void;
  /** The path dropped a guest command silently: it has no effect, and the guest counts it as done. */
  onSwallowed(opcode: number, measured: boolean): void;
  /** `count` translations that followed each other took `ns` each, on an idle SMMU with ordered DMA. */
  onTranslations(ns: number, count: number, measured: boolean): void;
  /**
   * A vCPU has finished a submission: it has seen its SYNC, or (no SYNC in it) resumed after the PROD write. `hasWork`: the path
   * had something to do for it.
   */
  onSubmission(submission: Submission, publishedNs: number, doneNs: number, trail: CostTrail, hasWork: boolean): void;
  /** The vCPU has seen the SYNC that ends `operation`. */
  onOperation(operation: Operation): void;
  /** The trace has ended before a SYNC that would end `operation`. */
  onUnfinishedOperation(operation: Operation): void;
  /** A vCPU has unmapped something: an unmap event of the trace. */
  onUnmap(measured: boolean): void;
  /** The host has seen an invalidation of its own done, `ns` after it wanted it (see background.ts). */
  onBackground(ns: number): void;
  readonly sampler?: CounterSampler;
  /** A migration has opened the new path; the old one was drained at `drainedNs`. */
  onPathsChanged?(drainedNs: number): void;
  /** Interrupts were off for `ns` on a CPU of the host or guest while it put commands into a queue and waited. */
  onIrqsOff(isHost: boolean, ns: number, measured: boolean): void;
  /** A host thread was busy for `ns`; `kind` indexes THREAD_KINDS. */
  onHostCpu(kind: number, ns: number): void;
}
