/**
 * A host kernel thread that consumes a software vCMDQ (facts L §0.1, §5.5; M §4.3 row C).
 *
 * It sleeps or polls when idle. Submissions that arrive while it runs are absorbed: they form the next drain, without a
 * wake-up. A transport may let it gather before every drain, whether it was idle or has just ended another: what arrives
 * meanwhile is in that drain. A submission that waits is charged the wait until the gathering begins, its part of that, then
 * whatever the drain spends until its last command is complete.
 */
import type { Compiler } from '../strategies/path/compiler.js';
import { Cost } from '../strategies/path/costs.js';
import type { PathBuilder } from '../strategies/path/path-builder.js';
import { Program } from '../strategies/path/program.js';
import { Submission } from '../strategies/path/submission.js';
import type { Transport } from '../strategies/transport.js';
import { CostTrail } from './cost-trail.js';
import { FaultyPath } from './faults/faulty-path.js';
import { ThreadKind } from './probe.js';
import { Thread } from './thread.js';
import type { VmContext, WorkerPort } from './vm-context.js';
import { type WaitingThread, WaitingThreads } from './waiting-threads.js';

/** What a worker does before a drain. */
const enum Prelude {
  WakeUp = 0,
  /** An adaptive worker still polled. */
  FoundPolling = 1,
  Gather = 2,
}

/** Consumer of guest commands in the host kernel. */
export class Worker extends Thread implements WorkerPort {
  /** What it does before drains, by Prelude and whether that counts. */
  private readonly preludes: (Program | undefined)[] = [];
  private draining = new Submission();
  private arriving = new Submission();
  /** Waiters of the submissions in `draining` and `arriving`. */
  private drainWaiters = new WaitingThreads();
  private arrivingWaiters = new WaitingThreads();
  private state: 'idle' | 'waking' | 'gathering' | 'draining' = 'idle';
  /** How it gathered before the present drain, and from when on; empty and the drain's start if it does not. */
  private readonly gathered = new CostTrail();
  private gatherStartNs = 0;
  /** When an adaptive worker ran out of work, and since when it has polled; -1: it has never had any. */
  private idleSinceNs = -1;
  /** The wake-up under way is none: the worker was polling. */
  private isFoundPolling = false;
  private drainStartNs = 0;
  private released = 0;
  /** Drains run, and submissions that needed no wake-up of their own. */
  drains = 0;
  absorbed = 0;
  /** Told when it has nothing left to do. */
  onIdle: () => void = () => {};
  /** Submissions that found an idle adaptive worker still polling, and its time of polling. */
  foundPolling = 0;
  polledNs = 0;

  constructor(
    context: VmContext,
    private readonly transport: Transport,
    /** Of its preludes. */
    private readonly preludePath: PathBuilder,
    /** Of its drains. */
    private readonly compiler: Compiler,
  ) {
    super(context, ThreadKind.Worker);
  }

  /** Nothing to do, and nothing on its way. */
  get isIdle(): boolean {
    return this.state === 'idle';
  }

  /** It polls for a while before it sleeps. */
  get spins(): boolean {
    return this.transport.workerSpinNs !== undefined;
  }

  protected get rows(): Submission {
    return this.draining;
  }

  submit(submission: Submission, waiter: WaitingThread | undefined): void {
    if (this.context.faults.isWorkerDead) return;
    this.arriving.append(submission);
    if (this.state !== 'idle') this.absorbed++;
    const isPolling = this.state === 'idle' && this.stopPolling();
    if (waiter !== undefined) {
      const waitCost =
        this.state === 'draining'
          ? Cost.queueWait
          : this.transport.isWorkerPolling || isPolling || this.isFoundPolling
            ? Cost.pollDelay
            : Cost.wakeUp;
      this.arrivingWaiters.add(waiter, this.arriving.guestCount, waitCost);
    }
    if (this.state !== 'idle') return;
    this.state = 'waking';
    this.isFoundPolling = isPolling;
    if (isPolling) this.foundPolling++;
    const kind = isPolling ? Prelude.FoundPolling : Prelude.WakeUp;
    this.program = this.prelude(kind, submission, submission.measured);
    // The signaller's own step is not over yet: start through the schedule, in this same instant.
    this.startAt(this.context.simulator.nowNs);
  }

  /** What it does before a drain, for the sake of `rows`; compiled when first needed, or each time if the transport wants that. */
  private prelude(kind: Prelude, rows: Submission, measured: boolean): Program {
    const { transport, preludePath: path, preludes } = this;
    const index = 2 * kind + (measured ? 1 : 0);
    const known = preludes[index];
    if (known !== undefined && transport.compilesEach !== true) return known;
    const program = known ?? new Program();
    preludes[index] = program;
    path.begin(program, measured, rows);
    if (kind === Prelude.FoundPolling) path.host(Cost.pollDelay);
    else if (kind === Prelude.WakeUp) transport.wakeWorker(path);
    else transport.gather?.(path);
    return program;
  }

  /** The replay has ended: whatever this worker has polled until now is spent. */
  end(): void {
    if (this.state === 'idle') this.stopPolling();
  }

  /** The idle worker is needed, or the replay ends: account for its polling. Returns whether it still polls. */
  private stopPolling(): boolean {
    const spinNs = this.transport.workerSpinNs ?? 0;
    if (spinNs === 0 || this.idleSinceNs < 0) return false;
    const idleNs = this.context.simulator.nowNs - this.idleSinceNs;
    const polledNs = Math.min(idleNs, spinNs);
    this.polledNs += polledNs;
    this.context.probe.onHostCpu(ThreadKind.Worker, polledNs);
    this.idleSinceNs = -1;
    return idleNs < spinNs;
  }

  protected start(): void {
    const now = this.context.simulator.nowNs;
    this.begin(now, Cost.queueWait, now);
  }

  protected finished(): void {
    if (this.state === 'draining' && this.released < this.drainWaiters.count) {
      throw new Error('a drain ended without completing every submission');
    }
    if (this.state === 'draining') {
      const { timeline, simulator } = this.context;
      timeline?.onDrain(this.actor, this.draining.guestCount, this.drainStartNs, simulator.nowNs);
    }
    if (this.arriving.guestCount === 0) {
      this.state = 'idle';
      this.isFoundPolling = false;
      this.idleSinceNs = this.context.simulator.nowNs;
      this.onIdle();
      return;
    }
    const now = this.context.simulator.nowNs;
    if (this.state === 'gathering') this.gathered.append(this.trail);
    else {
      this.gatherStartNs = now;
      this.gathered.clear();
      if (this.transport.gather !== undefined) {
        this.gather(now);
        return;
      }
    }
    this.drain(now);
  }

  /** Let more submissions arrive. */
  private gather(now: number): void {
    const { arriving } = this;
    this.state = 'gathering';
    this.program = this.prelude(Prelude.Gather, arriving, arriving.rowMeasured[0] === 1);
    this.begin(now, Cost.queueWait, now);
  }

  /** Take what has arrived. */
  private drain(now: number): void {
    const done = this.draining;
    this.draining = this.arriving;
    this.arriving = done;
    done.clear();
    const completed = this.drainWaiters;
    this.drainWaiters = this.arrivingWaiters;
    this.arrivingWaiters = completed;
    completed.count = 0;
    this.released = 0;
    this.state = 'draining';
    this.drains++;
    this.drainStartNs = now;
    this.program = this.compileDrain();
    this.begin(now, Cost.queueWait, now);
  }

  forget(thread: WaitingThread): void {
    this.arrivingWaiters.remove(thread, 0);
    this.drainWaiters.remove(thread, this.released);
  }

  /** The drain, up to the row at which an injected fault kills this worker. */
  private compileDrain(): Program {
    const { draining, compiler } = this;
    const { path } = compiler;
    const measured = draining.rowMeasured[0] === 1;
    const deathRow = this.context.faults.deathRow(draining);
    if (deathRow < 0 || !(path instanceof FaultyPath)) return compiler.programOf(draining, measured);
    const { guestCount } = draining;
    draining.guestCount = deathRow;
    const program = compiler.programOf(draining, measured);
    draining.guestCount = guestCount;
    path.die(deathRow);
    return program;
  }

  protected override completeRows(rows: number): void {
    const { drainWaiters } = this;
    while (this.released < drainWaiters.count && drainWaiters.endRow[this.released] <= rows) {
      const at = this.released++;
      drainWaiters.thread[at].releaseFromWorker(
        this.trail,
        this.gathered,
        this.gatherStartNs,
        drainWaiters.waitCost[at],
      );
    }
  }
}
