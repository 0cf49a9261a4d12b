/**
 * A thread of the host or guest that executes programs on simulated time: the base of vCPUs and workers.
 *
 * Every nanosecond between the start of a program and its end is charged to exactly one cost: the thread's clock moves
 * only together with a charge, so the charges of a submission sum to its latency by construction.
 */
import { HALTING, type SyncWaiter } from '../machine/engine/contracts.js';
import type { Actor } from '../machine/sim/simulator.js';
import { Cost } from '../strategies/path/costs.js';
import { FaultPoint, Program, STEP_OPERANDS, Step } from '../strategies/path/program.js';
import type { Submission } from '../strategies/path/submission.js';
import { Opcode } from '../trace/opcodes.js';
import { CostTrail } from './cost-trail.js';
import { IrqSection } from './irq-section.js';
import { PollDeadline } from './poll-deadline.js';
import { ThreadKind } from './probe.js';
import { Producer, Reserving } from './producer.js';
import { SyncWait } from './sync-wait.js';
import { SERVED_BY_WORKER, type TimelineProbe } from './timeline-probe.js';
import type { VmContext } from './vm-context.js';
import { Waiting } from './waiting.js';
import type { WaitingThread } from './waiting-threads.js';

/** What stands behind the commands of each issuing step: a CMD_SYNC, a halting command, or nothing (-1). */
const CLOSED_BY: Readonly<Record<number, number>> = {
  [Step.Issue]: -1,
  [Step.IssueClosed]: Opcode.SYNC,
  [Step.IssueHalting]: HALTING,
};

/** Executes one program at a time. */
export abstract class Thread implements Actor, SyncWaiter, WaitingThread {
  readonly actor: number;
  syncsOutstanding = 0;
  /** What has been charged since the program began. */
  readonly trail = new CostTrail();
  /** Being executed. */
  protected program = new Program();
  private readonly owner: number;
  private step = 0;
  private waiting: number = Waiting.Nothing;
  private isStarting = false;
  private readonly producer: Producer;
  private readonly syncWait: SyncWait;
  private readonly irqs: IrqSection;
  private readonly timeline: TimelineProbe | undefined;
  /** Only with faults: ends waits that last too long; the lock was given up while the queue is stopped. */
  private readonly deadline: PollDeadline | undefined;
  private isLockGivenUp = false;
  /** A wait of the running program has ended in -ETIMEDOUT. */
  protected hasTimedOut = false;
  /** Time up to which everything is charged. */
  protected clockNs = 0;

  constructor(
    protected readonly context: VmContext,
    /** What this thread's own work counts as. */
    private readonly threadKind: number,
  ) {
    this.actor = context.simulator.register(this);
    this.owner = context.engines.addWaiter(this);
    this.timeline = context.timeline;
    const { engines, effects, timeline } = context;
    this.producer = new Producer(engines.queues, this, this.owner, effects.refillRaces, timeline);
    this.irqs = new IrqSection(context.probe);
    this.syncWait = new SyncWait(context, threadKind);
    const limitNs = context.faults.pollTimeoutNs;
    if (limitNs > 0) this.deadline = new PollDeadline(context.simulator, limitNs, () => this.giveUp());
  }

  /** Rows that the running program refers to. */
  protected abstract get rows(): Submission;

  /** The program has ended. */
  protected abstract finished(): void;

  /** Rows of a worker's drain are complete (workers only). */
  protected completeRows(_rows: number): void {}

  chargeUntil(cost: number, untilNs: number): void {
    if (untilNs <= this.clockNs) return;
    this.trail.add(cost, untilNs - this.clockNs);
    if (this.timeline !== undefined) this.timeline.onSpan(this.actor, cost, this.clockNs, untilNs);
    this.clockNs = untilNs;
  }

  /** Begin the compiled program now; the time since `fromNs` is charged to `waitCost`. */
  protected begin(fromNs: number, waitCost: number, nowNs: number): void {
    this.trail.clear();
    this.clockNs = fromNs;
    this.chargeWait(waitCost, nowNs);
    this.step = 0;
    this.waiting = Waiting.Nothing;
    this.hasTimedOut = false;
    this.execute();
  }

  /** Charge the time between a program's publication and its start, `nowNs`. */
  protected chargeWait(waitCost: number, nowNs: number): void {
    this.chargeUntil(waitCost, nowNs);
  }

  /**
   * The worker has completed this thread's submission: take over its charges and go on. Until `gatherStartNs` the wait counts
   * as `waitCost`, then as what the worker gathered with, then comes its drain.
   */
  releaseFromWorker(drained: CostTrail, gathered: CostTrail, gatherStartNs: number, waitCost: number): void {
    this.chargeUntil(waitCost, gatherStartNs);
    let untilNs = gatherStartNs;
    for (let at = 0; at < gathered.count; at++) {
      untilNs += gathered.ns[at];
      this.chargeUntil(gathered.cost[at], untilNs);
    }
    this.trail.append(drained);
    const { simulator } = this.context;
    this.timeline?.onSpan(this.actor, SERVED_BY_WORKER, this.clockNs, simulator.nowNs);
    this.clockNs = simulator.nowNs;
    this.waiting = Waiting.Nothing;
    this.deadline?.disarm();
    simulator.schedule(this.clockNs, this.actor);
  }

  wake(): void {
    const now = this.context.simulator.nowNs;
    if (this.waiting === Waiting.Lock) {
      this.chargeUntil(Cost.lockWait, now);
    } else if (this.waiting === Waiting.Reservation) {
      this.chargeUntil(Cost.casWait, now);
    } else if (this.waiting === Waiting.Gather) {
      this.chargeUntil(Cost.gatherWait, now);
    } else if (this.waiting === Waiting.Stop) {
      this.chargeUntil(Cost.errorWait, now);
    } else if (this.waiting === Waiting.Room) {
      this.irqs.leaveOut(now - this.clockNs);
      this.chargeUntil(Cost.queueWait, now);
      this.producer.isRoomGranted = true;
    } else if (this.waiting === Waiting.Sync) {
      if (this.readsOn(now)) return;
      this.syncWait.end();
    }
    this.waiting = Waiting.Nothing;
    this.deadline?.disarm();
    this.resume();
  }

  /** The SYNC is done, but the thread looks again later only: it is woken then. */
  private readsOn(nowNs: number): boolean {
    const seenNs = this.syncWait.seenNs();
    if (seenNs === nowNs) return false;
    this.chargeUntil(Cost.syncPoll, seenNs);
    this.context.simulator.schedule(seenNs, this.actor);
    return true;
  }

  /** Be woken at `atNs` to `start` something new. */
  protected startAt(atNs: number): void {
    this.isStarting = true;
    this.context.simulator.schedule(atNs, this.actor);
  }

  /** The time given to `startAt` has come. */
  protected abstract start(): void;

  /** Continue after a wake-up. */
  private resume(): void {
    const { isStarting } = this;
    this.isStarting = false;
    if (isStarting) this.start();
    else this.execute();
  }

  /** Run steps until the thread has to wait or the program ends. */
  protected execute(): void {
    const { program, context } = this;
    const { operations, operands, spentNs, length } = program;
    for (let step = this.step; step < length; step++) {
      const at = step * STEP_OPERANDS;
      // Where to go on if the thread has to wait.
      this.step = step + 1;
      switch (operations[step]) {
        case Step.Spend:
          if (!this.spend(spentNs[step], operands[at + 1], operands[at + 2])) return;
          break;
        case Step.Lock:
          if (!context.vmmLock.acquire(this.actor)) {
            this.waiting = Waiting.Lock;
            return;
          }
          break;
        case Step.Unlock:
          context.vmmLock.release();
          break;
        case Step.Reserve:
          if (!this.reserve(step, operands[at], operands[at + 1], operands[at + 2])) return;
          break;
        case Step.IrqsOff:
          this.irqs.off(operands[at] === 1, operands[at + 1] === 1, context.simulator.nowNs);
          break;
        case Step.IrqsOn:
          this.irqs.on(context.simulator.nowNs);
          break;
        case Step.Reserved:
          this.producer.leaveWord(operands[at]);
          break;
        case Step.SpendAsOwner:
          if (!this.producer.isOwner) break;
          if (!this.spend(spentNs[step], operands[at + 1], operands[at + 2])) return;
          break;
        case Step.Issue:
        case Step.IssueClosed:
        case Step.IssueHalting:
        case Step.IssueOwn:
          if (!this.issue(step, operands[at], operands[at + 1], operands[at + 2])) return;
          break;
        case Step.Restart:
          context.engines.queues[operands[at]].restart();
          break;
        case Step.AwaitSync:
          if (this.syncsOutstanding > 0) {
            this.waiting = Waiting.Sync;
            this.deadline?.arm();
            this.syncWait.begin(operands[at], operations[step - 1] === Step.IssueHalting);
            return;
          }
          break;
        case Step.SignalWorker:
          this.signal(operands[at], step + 1 < length && operations[step + 1] === Step.AwaitWorker);
          break;
        case Step.AwaitWorker:
          this.waiting = Waiting.Worker;
          if (context.faults.isWorkerWaitLimited) this.deadline?.arm();
          return;
        case Step.Effect:
          this.effect(operands[at]);
          break;
        case Step.Complete:
          this.completeRows(operands[at]);
          break;
        case Step.Fault:
          if (!this.reachFault(step, operands[at], operands[at + 1], operands[at + 2])) return;
          break;
        default:
          throw new Error(`unknown step ${operations[step]}`);
      }
    }
    this.irqs.on(context.simulator.nowNs);
    this.finished();
  }

  /** Returns false if the thread has to be woken when the time has passed. */
  private spend(ns: number, cost: number, cpu: number): boolean {
    const { simulator, probe } = this.context;
    this.trail.add(cost, ns);
    if (this.timeline !== undefined) this.timeline.onSpan(this.actor, cost, this.clockNs, this.clockNs + ns);
    this.clockNs += ns;
    if (cpu === 1) probe.onHostCpu(this.threadKind, ns);
    else if (cpu === 2) probe.onHostCpu(ThreadKind.Vmm, ns);
    if (ns === 0 || simulator.tryAdvance(simulator.nowNs + ns)) return true;
    simulator.schedule(simulator.nowNs + ns, this.actor);
    return false;
  }

  /** Returns false if the thread has to be woken for the slots, which this step then asks for again, or when its retries are over. */
  private reserve(step: number, queue: number, cpu: number, slots: number): boolean {
    const reserving = this.producer.reserve(queue, slots, cpu >= 0);
    if (reserving !== Reserving.Done) {
      this.step = step;
      this.waiting = reserving === Reserving.AwaitsRoom ? Waiting.Room : Waiting.Reservation;
      return false;
    }
    if (cpu < 0) return true;
    return this.spend(this.context.casRetryNs * this.producer.competitors(queue), Cost.casRetry, cpu);
  }

  /**
   * Fill the reserved slots; their owner publishes the gather set. Returns false if the owner has to wait for others, and
   * then publishes in this step.
   */
  private issue(step: number, a: number, b: number, queue: number): boolean {
    const { producer, program, rows } = this;
    if (!producer.isFilled) {
      const operation = program.operation(step);
      const next = step + 1;
      const isAwaited = next < program.length && program.operation(next) === Step.AwaitSync;
      if (operation === Step.IssueOwn) producer.fillOwn(rows, a, b, queue);
      else producer.fill(rows, a, b, queue, CLOSED_BY[operation], isAwaited);
    }
    if (producer.publish(queue)) return true;
    this.step = step;
    this.waiting = Waiting.Gather;
    return false;
  }

  /** A point of an injected fault; false: this thread waits and reaches it again, or (a worker that dies) is never woken. */
  private reachFault(step: number, point: number, b: number, row: number): boolean {
    const { vmmLock, faults } = this.context;
    if (this.isLockGivenUp) {
      // Woken with the queue running, or with the lock: it may have stopped again meanwhile.
      this.isLockGivenUp = false;
      if (!vmmLock.acquire(this.actor)) {
        this.step = step;
        this.waiting = Waiting.Lock;
        return false;
      }
    }
    const publishedNs = point === FaultPoint.AwaitRunning ? -1 : this.rows.rowPublishedNs[row];
    if (faults.reach(point, b, publishedNs, this, this.context.vm)) return point !== FaultPoint.Die;
    this.step = step;
    this.waiting = Waiting.Stop;
    vmmLock.release();
    this.isLockGivenUp = true;
    return false;
  }

  /** Whatever this thread polls for has not come within the driver's time. */
  private giveUp(): void {
    const { context, waiting } = this;
    const now = context.simulator.nowNs;
    if (waiting === Waiting.Sync ? this.syncsOutstanding === 0 : waiting !== Waiting.Worker) return;
    const isHost = waiting === Waiting.Sync && this.syncWait.isOnHost;
    if (waiting === Waiting.Sync) for (const engine of context.engines.engines) engine.disown(this.owner);
    else for (const worker of context.workers) worker.forget(this);
    this.chargeUntil(Cost.pollTimeout, now);
    if (isHost) context.probe.onHostCpu(this.threadKind, this.syncWait.polledNs);
    this.waiting = Waiting.Nothing;
    this.hasTimedOut = true;
    const recoveryNs = context.faults.onPollTimeout(isHost, waiting === Waiting.Worker, this.rows);
    if (this.spend(recoveryNs, Cost.gerrorHandler, 0)) this.execute();
  }

  private signal(worker: number, isAwaited: boolean): void {
    this.context.workers[worker].submit(this.rows, isAwaited ? this : undefined);
  }

  private effect(row: number): void {
    const { rows } = this;
    this.context.effects.execute(rows.guestRef[row], -1);
    this.context.probe.onCommandEffect(
      rows.guestOpcode[row],
      rows.rowPublishedNs[row],
      this.context.simulator.nowNs,
      rows.rowMeasured[row] === 1,
    );
  }
}
