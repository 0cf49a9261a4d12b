/**
 * A thread of the host or guest that executes programs on simulated time: the base of vCPUs and workers.
 *
 * Every nanosecond between the start of a program and its end is charged to exactly one cost: the thread's clock moves
 * only together with a charge, so the charges of a submission sum to its latency by construction.
 */
import { type CommandEngine, HALTING, type SyncWaiter } from '../engine/command-engine.js';
import { COST_COUNT, Cost } from '../path/costs.js';
import { FaultPoint, Program, Step } from '../path/program.js';
import type { Submission } from '../path/submission.js';
import type { FifoLock } from '../sim/fifo-lock.js';
import type { Actor, Simulator } from '../sim/simulator.js';
import { Opcode } from '../trace/opcodes.js';
import type { Effects } from './effects.js';
import type { Faults } from './faults.js';
import { PollDeadline } from './poll-deadline.js';
import { type ReplayProbe, ThreadKind } from './probe.js';

/** What all threads of one replay share. */
export interface Machine {
  readonly simulator: Simulator;
  readonly engine: CommandEngine;
  readonly vmmLock: FifoLock;
  readonly probe: ReplayProbe;
  readonly effects: Effects;
  /** One compare-and-swap retry, ns. */
  readonly casRetryNs: number;
  /** Workers by number, for SignalWorker. */
  readonly workers: readonly WorkerPort[];
  /** Injected faults, if any. */
  readonly faults?: Faults | undefined;
}

/** What a vCPU needs of a worker. */
export interface WorkerPort {
  /** Take over `submission`; `waiter` (if any) is released when its last command is complete. */
  submit(submission: Submission, waiter: Thread | undefined): void;
  /** `waiter` has given up. */
  forget(waiter: Thread): void;
}

const Waiting = { Nothing: 0, Lock: 1, Room: 2, Sync: 3, Worker: 4, Reservation: 5, Stop: 6 } as const;

/** Executes one program at a time. */
export abstract class Thread implements Actor, SyncWaiter {
  readonly actor: number;
  syncsOutstanding = 0;
  /** ns charged per cost id since the program began. */
  readonly spentNs = new Float64Array(COST_COUNT);
  protected readonly program = new Program();
  private readonly owner: number;
  private step = 0;
  private waiting: number = Waiting.Nothing;
  private isRoomGranted = false;
  private isStarting = false;
  /** The reservation word has been asked for. */
  private hasWord = false;
  /** When host CPU began to poll for a SYNC; -1 if it does not. */
  private pollsSinceNs = -1;
  /** Only with faults: ends waits that last too long; the lock was given up while the queue is stopped. */
  private readonly deadline: PollDeadline | undefined;
  private isLockGivenUp = false;
  /** A wait of the running program has ended in -ETIMEDOUT. */
  protected hasTimedOut = false;
  /** Time up to which everything is charged. */
  protected clockNs = 0;

  constructor(
    protected readonly machine: Machine,
    /** What this thread's own work counts as. */
    private readonly threadKind: number,
  ) {
    this.actor = machine.simulator.register(this);
    this.owner = machine.engine.addWaiter(this);
    const limitNs = machine.faults?.pollTimeoutNs ?? 0;
    if (limitNs > 0) this.deadline = new PollDeadline(machine.simulator, limitNs, () => this.giveUp());
  }

  /** Rows that the running program refers to. */
  protected abstract get rows(): Submission;

  /** The program has ended. */
  protected abstract finished(): void;

  /** Rows of a worker's drain are complete (workers only). */
  protected completeRows(_rows: number): void {}

  chargeUntil(cost: number, untilNs: number): void {
    if (untilNs <= this.clockNs) return;
    this.spentNs[cost] += untilNs - this.clockNs;
    this.clockNs = untilNs;
  }

  /** Begin the compiled program now; the time since `fromNs` is charged to `waitCost`. */
  protected begin(fromNs: number, waitCost: number, nowNs: number): void {
    this.spentNs.fill(0);
    this.clockNs = fromNs;
    this.chargeUntil(waitCost, nowNs);
    this.step = 0;
    this.waiting = Waiting.Nothing;
    this.hasTimedOut = false;
    this.execute();
  }

  /** The worker has completed this thread's submission: take over its charges and go on. */
  releaseFromWorker(workerSpentNs: Float64Array, drainStartNs: number, waitCost: number): void {
    this.chargeUntil(waitCost, drainStartNs);
    for (let cost = 0; cost < COST_COUNT; cost++) this.spentNs[cost] += workerSpentNs[cost];
    this.clockNs = this.machine.simulator.nowNs;
    this.waiting = Waiting.Nothing;
    this.deadline?.disarm();
    this.machine.simulator.schedule(this.clockNs, this.actor);
  }

  wake(): void {
    const now = this.machine.simulator.nowNs;
    if (this.waiting === Waiting.Lock) {
      this.chargeUntil(Cost.lockWait, now);
    } else if (this.waiting === Waiting.Reservation) {
      this.chargeUntil(Cost.casWait, now);
    } else if (this.waiting === Waiting.Stop) {
      this.chargeUntil(Cost.errorWait, now);
    } else if (this.waiting === Waiting.Room) {
      this.chargeUntil(Cost.queueWait, now);
      this.isRoomGranted = true;
    } else if (this.waiting === Waiting.Sync && this.pollsSinceNs >= 0) {
      this.machine.probe.onHostCpu(this.threadKind, now - this.pollsSinceNs);
    }
    this.waiting = Waiting.Nothing;
    this.deadline?.disarm();
    this.resume();
  }

  /** Be woken at `atNs` to `start` something new. */
  protected startAt(atNs: number): void {
    this.isStarting = true;
    this.machine.simulator.schedule(atNs, this.actor);
  }

  /** The time given to `startAt` has come. */
  protected abstract start(): void;

  /** Continue after a wake-up. */
  private resume(): void {
    if (!this.isStarting) {
      this.execute();
      return;
    }
    this.isStarting = false;
    this.start();
  }

  /** Run steps until the thread has to wait or the program ends. */
  protected execute(): void {
    const { program } = this;
    while (this.step < program.length) {
      const step = this.step;
      switch (program.operation(step)) {
        case Step.Spend:
          this.step++;
          if (!this.spend(program.a(step), program.b(step), program.c(step))) return;
          break;
        case Step.Lock:
          this.step++;
          if (!this.machine.vmmLock.acquire(this.actor)) {
            this.waiting = Waiting.Lock;
            return;
          }
          break;
        case Step.Unlock:
          this.step++;
          this.machine.vmmLock.release();
          break;
        case Step.Reserve:
          if (!this.reserve(program.a(step), program.b(step))) return;
          break;
        case Step.Reserved:
          this.step++;
          this.machine.engine.reservations[program.a(step)].release();
          break;
        case Step.Issue:
        case Step.IssueClosed:
        case Step.IssueHalting:
          if (!this.issue(program.a(step), program.b(step), program.c(step), program.operation(step))) return;
          this.step++;
          break;
        case Step.Restart:
          this.step++;
          this.machine.engine.restart(program.a(step));
          break;
        case Step.AwaitSync:
          this.step++;
          if (this.syncsOutstanding > 0) {
            this.waiting = Waiting.Sync;
            this.deadline?.arm();
            this.pollsSinceNs = program.a(step) === 1 ? this.machine.simulator.nowNs : -1;
            return;
          }
          break;
        case Step.SignalWorker:
          this.step++;
          this.signal(program.a(step), this.step < program.length && program.operation(this.step) === Step.AwaitWorker);
          break;
        case Step.AwaitWorker:
          this.step++;
          this.waiting = Waiting.Worker;
          if (this.machine.faults?.isWorkerWaitLimited === true) this.deadline?.arm();
          return;
        case Step.Effect:
          this.step++;
          this.effect(program.a(step));
          break;
        case Step.Complete:
          this.step++;
          this.completeRows(program.a(step));
          break;
        case Step.Fault:
          if (!this.reachFault(program.a(step), program.b(step), program.c(step))) return;
          this.step++;
          break;
        default:
          throw new Error(`unknown step ${program.operation(step)}`);
      }
    }
    this.finished();
  }

  /** Returns false if the thread has to be woken when the time has passed. */
  private spend(ns: number, cost: number, cpu: number): boolean {
    const { simulator, probe } = this.machine;
    this.spentNs[cost] += ns;
    this.clockNs += ns;
    if (cpu === 1) probe.onHostCpu(this.threadKind, ns);
    else if (cpu === 2) probe.onHostCpu(ThreadKind.Vmm, ns);
    if (ns === 0 || simulator.tryAdvance(simulator.nowNs + ns)) return true;
    simulator.schedule(simulator.nowNs + ns, this.actor);
    return false;
  }

  /** Win the queue's reservation word; returns false if the thread has to be woken for it, or when its retries are over. */
  private reserve(queue: number, cpu: number): boolean {
    const word = this.machine.engine.reservations[queue];
    if (!this.hasWord) {
      this.hasWord = true;
      if (!word.acquire(this.actor)) {
        this.waiting = Waiting.Reservation;
        return false;
      }
    }
    this.hasWord = false;
    this.step++;
    return this.spend(this.machine.casRetryNs * word.waiting, Cost.casRetry, cpu);
  }

  /** Returns false if the thread has to wait for room in the queue. */
  private issue(first: number, count: number, queue: number, operation: number): boolean {
    const { engine } = this.machine;
    const isClosed = operation !== Step.Issue;
    const slots = count + (isClosed ? 1 : 0);
    if (!this.isRoomGranted && !engine.reserve(queue, slots, this)) {
      this.waiting = Waiting.Room;
      return false;
    }
    this.isRoomGranted = false;
    const { rows } = this;
    const next = this.step + 1;
    const isAwaited = next < this.program.length && this.program.operation(next) === Step.AwaitSync;
    const owner = isAwaited ? this.owner : -1;
    for (let h = first; h < first + count; h++) {
      const row = rows.hostGuestRow[h];
      const isLast = h === rows.hostFirst[row] + rows.hostCount[row] - 1 && rows.hostOpcode[h] !== Opcode.SYNC;
      engine.produce(
        queue,
        rows.hostOpcode[h],
        owner,
        rows.hostSid[h],
        isLast ? rows.rowPublishedNs[row] : -1,
        rows.rowMeasured[row],
        rows.hostRef[h],
      );
    }
    if (isClosed) engine.produce(queue, operation === Step.IssueClosed ? Opcode.SYNC : HALTING, owner, -1, -1, 0, -1);
    engine.ring();
    return true;
  }

  /** A point of an injected fault; false: this thread waits, or (a worker that dies) is never woken. */
  private reachFault(point: number, b: number, row: number): boolean {
    const { vmmLock, faults } = this.machine;
    if (this.isLockGivenUp) {
      // Woken with the queue running, or with the lock: it may have stopped again meanwhile.
      this.isLockGivenUp = false;
      if (!vmmLock.acquire(this.actor)) {
        this.waiting = Waiting.Lock;
        return false;
      }
    }
    const publishedNs = point === FaultPoint.AwaitRunning ? -1 : this.rows.rowPublishedNs[row];
    if (faults!.reach(point, b, publishedNs, this)) return point !== FaultPoint.Die;
    this.waiting = Waiting.Stop;
    vmmLock.release();
    this.isLockGivenUp = true;
    return false;
  }

  /** Whatever this thread polls for has not come within the driver's time. */
  private giveUp(): void {
    const { machine, waiting } = this;
    const now = machine.simulator.nowNs;
    if (waiting === Waiting.Sync ? this.syncsOutstanding === 0 : waiting !== Waiting.Worker) return;
    const isHost = waiting === Waiting.Sync && this.pollsSinceNs >= 0;
    if (waiting === Waiting.Sync) machine.engine.disown(this.owner);
    else for (const worker of machine.workers) worker.forget(this);
    this.chargeUntil(Cost.pollTimeout, now);
    if (isHost) machine.probe.onHostCpu(this.threadKind, now - this.pollsSinceNs);
    this.waiting = Waiting.Nothing;
    this.hasTimedOut = true;
    const recoveryNs = machine.faults!.onPollTimeout(isHost, waiting === Waiting.Worker, this.rows);
    if (this.spend(recoveryNs, Cost.gerrorHandler, 0)) this.execute();
  }

  private signal(worker: number, isAwaited: boolean): void {
    this.machine.workers[worker].submit(this.rows, isAwaited ? this : undefined);
  }

  private effect(row: number): void {
    const { rows } = this;
    this.machine.effects.execute(rows.guestRef[row]);
    this.machine.probe.onCommandEffect(
      rows.guestOpcode[row],
      rows.rowPublishedNs[row],
      this.machine.simulator.nowNs,
      rows.rowMeasured[row] === 1,
    );
  }
}
