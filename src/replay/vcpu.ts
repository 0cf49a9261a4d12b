/**
 * A guest vCPU: publishes its submissions in order, blocks on each as the strategy says, and thinks in between.
 */
import { Cost } from '../path/costs.js';
import type { PathBuilder } from '../path/path-builder.js';
import { Submission } from '../path/submission.js';
import { SubmissionRing } from '../path/submission-ring.js';
import type { Transport } from '../strategies/transport.js';
import { dueNs, type Pacing } from './pacing.js';
import { ThreadKind } from './probe.js';
import { type Machine, Thread } from './thread.js';

/** One vCPU of the replayed guest. */
export class Vcpu extends Thread {
  private readonly current = new Submission();
  private readonly pending = new SubmissionRing();
  /** True from the time its next submission is known until that has ended. */
  isBusy = false;
  /** Submissions that reached this vCPU after the time at which it would have published them (see Replay). */
  lateStarts = 0;
  /** Simulated time of the publication being worked on, or due next. */
  private publishNs = 0;
  /** Simulated time at which the last submission ended. */
  private lastEndNs = 0;

  constructor(
    machine: Machine,
    /** Dense number of this vCPU. */
    readonly index: number,
    private readonly transport: Transport,
    private readonly path: PathBuilder,
    private readonly pacing: Pacing,
    /** Told when this vCPU has run out of submissions: what it publishes next has not been read yet. */
    private readonly onIdle: (vcpu: Vcpu) => void,
  ) {
    super(machine, ThreadKind.Vcpu);
  }

  protected get rows(): Submission {
    return this.current;
  }

  /** Submissions read from the trace and not yet started. */
  get backlog(): number {
    return this.pending.length;
  }

  /** Queue a submission. Times are relative to the trace's start, ns. */
  enqueue(submission: Submission, doorbellNs: number, previousSeenNs: number): void {
    this.pending.push(submission, doorbellNs, previousSeenNs);
    if (!this.isBusy) this.scheduleNext();
  }

  /**
   * Earliest simulated time at which this vCPU could publish something not yet read from the trace, given that the trace
   * has been read up to `readNs` and this vCPU was last seen completing at `lastSeenNs` (both relative to its start).
   */
  earliestUnreadNs(readNs: number, lastSeenNs: number): number {
    return dueNs(this.pacing, readNs, lastSeenNs, this.lastEndNs);
  }

  private scheduleNext(): void {
    const { pending, machine } = this;
    this.isBusy = true;
    const due = dueNs(this.pacing, pending.doorbellNs, pending.previousSeenNs, this.lastEndNs);
    const now = machine.simulator.nowNs;
    if (due < now && this.pacing !== 'recorded') this.lateStarts++;
    // Open loop: the guest wanted to publish at `due` even if this vCPU was still busy. Otherwise it publishes when it can.
    this.publishNs = this.pacing === 'recorded' ? due : Math.max(due, now);
    this.startAt(Math.max(this.publishNs, now));
  }

  protected start(): void {
    const { current, path, transport } = this;
    this.pending.take(current, this.publishNs);
    current.vcpu = this.index;
    this.machine.effects.publish(current);
    path.begin(this.program, current.measured, current);
    transport.submit(current, path);
    const now = this.machine.simulator.nowNs;
    this.begin(this.publishNs, Cost.vcpuWait, now);
  }

  protected finished(): void {
    const { machine, current, spentNs } = this;
    this.lastEndNs = machine.simulator.nowNs;
    if (!this.hasTimedOut) machine.effects.seen(current);
    machine.probe.onSubmission(current, this.publishNs, this.lastEndNs, spentNs);
    this.isBusy = false;
    if (this.pending.length > 0) this.scheduleNext();
    else this.onIdle(this);
  }
}
