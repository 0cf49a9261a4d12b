/**
 * A guest vCPU: publishes its submissions in order, blocks on each as the strategy says, and thinks in between.
 */
import type { Compiler } from '../strategies/path/compiler.js';
import { Cost } from '../strategies/path/costs.js';
import { Submission } from '../strategies/path/submission.js';
import { SubmissionRing } from '../strategies/path/submission-ring.js';
import type { Guest } from './guest.js';
import type { HeldVcpu, Switchover } from './migration/switchover.js';
import { Operation } from './operation.js';
import { dueNs, type Pacing } from './pacing.js';
import { ThreadKind } from './probe.js';
import { Thread } from './thread.js';

/** One vCPU of the replayed guest. */
export class Vcpu extends Thread implements HeldVcpu {
  /** By path. */
  private readonly compilers: readonly Compiler[];
  private current = new Submission();
  /** The submission that is due next, as it was handed over; those that arrive while this vCPU is busy are packed in `pending`. */
  private next = new Submission();
  private hasNext = false;
  private readonly pending = new SubmissionRing();
  /** True from the time its next submission is known until that has ended. */
  isBusy = false;
  /** Submissions that reached this vCPU after the time at which it would have published them (see Replay). */
  lateStarts = 0;
  /** What this vCPU has published since it last saw a SYNC done. */
  readonly operation = new Operation();
  /** Simulated time of the publication being worked on, or due next. */
  private publishNs = 0;
  /** Simulated time at which the last submission ended. */
  private lastEndNs = 0;
  /** Simulated time since which its next submission is held by a change of paths; -1: it is not. */
  private heldSinceNs = -1;

  constructor(
    private readonly guest: Guest,
    /** Dense number of this vCPU within its VM. */
    readonly index: number,
    private readonly pacing: Pacing,
    /** Told when this vCPU has run out of submissions: what it publishes next has not been read yet. */
    private readonly onIdle: (vcpu: Vcpu) => void,
    /** Changes the paths; absent without a migration. */
    private readonly switchover?: Switchover,
  ) {
    super(guest.context, ThreadKind.Vcpu);
    this.compilers = guest.vcpuCompilers();
    guest.context.timeline?.onThread(this.actor, ThreadKind.Vcpu, guest.vm, index);
  }

  protected get rows(): Submission {
    return this.current;
  }

  /** Submissions read from the trace and not yet started. */
  get backlog(): number {
    return this.pending.length + (this.hasNext ? 1 : 0);
  }

  /** Queue a submission, which is this vCPU's from here on; returns another to use. */
  enqueue(submission: Submission): Submission {
    if (this.isBusy) {
      this.pending.push(submission);
      return submission;
    }
    const spare = this.next;
    this.next = submission;
    this.hasNext = true;
    this.scheduleNext(submission);
    return spare;
  }

  /**
   * Earliest simulated time at which this vCPU could publish something not yet read from the trace, given that the trace
   * has been read up to `readNs` and this vCPU was last seen completing at `lastSeenNs` (both relative to its start).
   */
  earliestUnreadNs(readNs: number, lastSeenNs: number): number {
    return dueNs(this.pacing, readNs, lastSeenNs, this.lastEndNs);
  }

  /** Its next submission is known: it starts when it is due. */
  private scheduleNext({ doorbellNs, previousSeenNs }: Pick<Submission, 'doorbellNs' | 'previousSeenNs'>): void {
    const { context } = this;
    this.isBusy = true;
    const due = dueNs(this.pacing, doorbellNs, previousSeenNs, this.lastEndNs);
    const now = context.simulator.nowNs;
    if (due < now && this.pacing !== 'recorded') this.lateStarts++;
    // Open loop: the guest wanted to begin its operation at `due` even if this vCPU was still busy. Otherwise, and within one
    // operation, whose PROD writes follow each other in one function of the driver, it publishes when it can.
    const isOpenLoop = this.pacing === 'recorded' && this.operation.publications === 0;
    this.publishNs = isOpenLoop ? due : Math.max(due, now);
    this.startAt(Math.max(this.publishNs, now));
  }

  protected start(): void {
    const { pending, switchover } = this;
    if (switchover?.admits(this, this.hasNext ? this.next.path : pending.path) === false) {
      this.heldSinceNs = this.context.simulator.nowNs;
      return;
    }
    if (this.hasNext) this.takeNext();
    else pending.take(this.current, this.publishNs);
    const { current } = this;
    current.vcpu = this.index;
    current.vm = this.guest.vm;
    this.context.timeline?.onStart(current);
    this.context.effects.publish(current);
    this.program = this.compilers[current.path].programOf(current, current.measured);
    const now = this.context.simulator.nowNs;
    this.begin(this.publishNs, Cost.vcpuWait, now);
  }

  private takeNext(): void {
    const done = this.current;
    this.current = this.next;
    this.next = done;
    this.hasNext = false;
    this.current.publishAt(this.publishNs);
  }

  /** The new path is open: start what was held; returns how long that was, ns. */
  release(): number {
    const now = this.context.simulator.nowNs;
    this.startAt(now);
    return now - this.heldSinceNs;
  }

  protected override chargeWait(waitCost: number, nowNs: number): void {
    if (this.switchover === undefined || this.heldSinceNs < 0) {
      super.chargeWait(waitCost, nowNs);
      return;
    }
    this.chargeUntil(waitCost, this.heldSinceNs);
    this.chargeUntil(Cost.migrationWait, this.switchover.drainedNs);
    this.chargeUntil(Cost.migrationSwitch, nowNs);
    this.heldSinceNs = -1;
  }

  /** The trace has ended: what is still under way is not finished any more. */
  end(): void {
    if (this.operation.publications > 0) this.context.probe.onUnfinishedOperation(this.operation);
  }

  protected finished(): void {
    const { context, current, trail, operation } = this;
    this.lastEndNs = context.simulator.nowNs;
    if (!this.hasTimedOut) context.effects.seen(current);
    const hasWork = this.program.length > 0;
    context.probe.onSubmission(current, this.publishNs, this.lastEndNs, trail, hasWork);
    operation.add(current, this.publishNs, this.lastEndNs, trail, hasWork);
    if (context.timeline !== undefined) {
      // What an open-loop guest waited for its own vCPU belongs to the submission before.
      const startNs = this.publishNs + trail.spentOn(Cost.vcpuWait);
      context.timeline.onSubmissionEnd(this.actor, current, startNs, this.lastEndNs);
    }
    if (current.syncCount > 0) {
      context.probe.onOperation(operation);
      operation.end();
    }
    this.switchover?.ended(current);
    this.isBusy = false;
    const { pending } = this;
    if (pending.length > 0) this.scheduleNext(pending);
    else this.onIdle(this);
  }
}
