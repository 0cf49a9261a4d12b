/**
 * The hooks behind a timeline: who did what, from when to when, on simulated time.
 *
 * They are apart from `ReplayProbe` because nobody who only counts needs them: a machine without a timeline tests one field
 * per step and calls nothing. Contract: times are integer ns since the trace's start; the spans of one thread neither
 * overlap nor run backwards; hooks must not change the model; `submission` is valid during the call only.
 */
import type { EngineTimeline } from '../machine/engine/contracts.js';
import type { Submission } from '../strategies/path/submission.js';

/** Span of a vCPU that a worker serves, instead of a cost id. */
export const SERVED_BY_WORKER = -1;

/** Observer of a replay's course in time. */
export interface TimelineProbe extends EngineTimeline {
  /** Thread `actor` exists: number `index` of its `kind` (see THREAD_KINDS) in VM `vm`. */
  onThread(actor: number, kind: number, vm: number, index: number): void;
  /** A vCPU takes up `submission`, whose rows may be tagged now (`rowTag`, from 1 on; 0: not followed). */
  onStart(submission: Submission): void;
  /** Thread `actor` spent the time on cost id `cost`, or is SERVED_BY_WORKER. */
  onSpan(actor: number, cost: number, fromNs: number, untilNs: number): void;
  /** The submission taken up by vCPU `actor` at `startNs` has ended. */
  onSubmissionEnd(actor: number, submission: Submission, startNs: number, doneNs: number): void;
  /** Worker `actor` has drained `commands` guest commands, or the host's own traffic has put that many into a queue. */
  onDrain(actor: number, commands: number, startNs: number, endNs: number): void;
  /** Thread `actor` has held the VMM lock of VM `vm`. */
  onLockHeld(vm: number, actor: number, sinceNs: number, untilNs: number): void;
  /** A walker of SMMU `smmu` has walked to the page of `iovaPage` (4 KiB pages) for `sid` (timed DMA only). */
  onWalk(smmu: number, sid: number, iovaPage: number, fromNs: number, untilNs: number): void;
}
