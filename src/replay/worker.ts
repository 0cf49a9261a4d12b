/**
 * A host kernel thread that consumes a software vCMDQ (facts L §0.1, §5.5; M §4.3 row C).
 *
 * It sleeps or polls when idle. Submissions that arrive while it runs are absorbed: they form the next drain, without a
 * wake-up. A submission that waits is charged the wait until its drain begins, then whatever the drain spends until its
 * last command is complete.
 */
import { Cost } from '../path/costs.js';
import type { PathBuilder } from '../path/path-builder.js';
import { Submission } from '../path/submission.js';
import type { Transport } from '../strategies/transport.js';
import { FaultyPath } from './faulty-path.js';
import { ThreadKind } from './probe.js';
import { type Machine, Thread, type WorkerPort } from './thread.js';

interface WaitingSubmission {
  readonly thread: Thread;
  /** Guest rows of the drain up to and including this submission's last. */
  readonly endRow: number;
  /** What the wait until the drain counts as. */
  readonly waitCost: number;
}

/** Consumer of guest commands in the host kernel. */
export class Worker extends Thread implements WorkerPort {
  private draining = new Submission();
  private arriving = new Submission();
  private drainWaiters: WaitingSubmission[] = [];
  private arrivingWaiters: WaitingSubmission[] = [];
  private state: 'idle' | 'waking' | 'draining' = 'idle';
  private drainStartNs = 0;
  private released = 0;
  /** Drains run, and submissions that needed no wake-up of their own. */
  drains = 0;
  absorbed = 0;

  constructor(
    machine: Machine,
    private readonly transport: Transport,
    private readonly path: PathBuilder,
  ) {
    super(machine, ThreadKind.Worker);
  }

  protected get rows(): Submission {
    return this.draining;
  }

  submit(submission: Submission, waiter: Thread | undefined): void {
    if (this.machine.faults?.isWorkerDead === true) return;
    this.arriving.append(submission);
    if (this.state !== 'idle') this.absorbed++;
    if (waiter !== undefined) {
      const waitCost =
        this.state === 'draining' ? Cost.queueWait : this.transport.isWorkerPolling ? Cost.pollDelay : Cost.wakeUp;
      this.arrivingWaiters.push({ thread: waiter, endRow: this.arriving.guestCount, waitCost });
    }
    if (this.state !== 'idle') return;
    this.state = 'waking';
    this.path.begin(this.program, submission.measured);
    this.transport.wakeWorker(this.path);
    // The signaller's own step is not over yet: start through the schedule, in this same instant.
    this.startAt(this.machine.simulator.nowNs);
  }

  protected start(): void {
    const now = this.machine.simulator.nowNs;
    this.begin(now, Cost.queueWait, now);
  }

  protected finished(): void {
    if (this.state === 'draining' && this.released < this.drainWaiters.length) {
      throw new Error('a drain ended without completing every submission');
    }
    if (this.arriving.guestCount === 0) {
      this.state = 'idle';
      return;
    }
    const done = this.draining;
    this.draining = this.arriving;
    this.arriving = done;
    done.clear();
    this.drainWaiters = this.arrivingWaiters;
    this.arrivingWaiters = [];
    this.released = 0;
    this.state = 'draining';
    this.drains++;
    this.drainStartNs = this.machine.simulator.nowNs;
    this.path.begin(this.program, this.draining.rowMeasured[0] === 1, this.draining);
    this.compileDrain();
    this.begin(this.drainStartNs, Cost.queueWait, this.drainStartNs);
  }

  forget(thread: Thread): void {
    this.arrivingWaiters = this.arrivingWaiters.filter((waiting) => waiting.thread !== thread);
    this.drainWaiters = this.drainWaiters.filter((waiting, at) => at < this.released || waiting.thread !== thread);
  }

  /** The drain, up to the row at which an injected fault kills this worker. */
  private compileDrain(): void {
    const { draining, transport, path } = this;
    const deathRow = this.machine.faults?.deathRow(draining) ?? -1;
    if (deathRow < 0 || !(path instanceof FaultyPath)) {
      transport.drain(draining, path);
      return;
    }
    const { guestCount } = draining;
    draining.guestCount = deathRow;
    if (deathRow > 0) transport.drain(draining, path);
    draining.guestCount = guestCount;
    path.die(deathRow);
  }

  protected override completeRows(rows: number): void {
    const { drainWaiters } = this;
    while (this.released < drainWaiters.length && drainWaiters[this.released].endRow <= rows) {
      const { thread, waitCost } = drainWaiters[this.released++];
      thread.releaseFromWorker(this.spentNs, this.drainStartNs, waitCost);
    }
  }
}
