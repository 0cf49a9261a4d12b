/**
 * A thread of the host or guest that executes programs on simulated time: the base of vCPUs and workers.
 *
 * Every nanosecond between the start of a program and its end is charged to exactly one cost: the thread's clock moves
 * only together with a charge, so the charges of a submission sum to its latency by construction.
 */
import { HALTING, type SyncWaiter } from '../engine/command-engine.js';
import type { CommandEngines } from '../engine/command-engines.js';
import type { GatherSet } from '../engine/gather.js';
import type { SyncBackoff } from '../engine/sync-backoff.js';
import { OwnCommand } from '../path/attachments.js';
import { COST_COUNT, Cost } from '../path/costs.js';
import { FaultPoint, Program, Step } from '../path/program.js';
import type { Submission } from '../path/submission.js';
import type { FifoLock } from '../sim/fifo-lock.js';
import type { Actor, Simulator } from '../sim/simulator.js';
import { Opcode } from '../trace/opcodes.js';
import type { Effects } from './effects.js';
import type { Faults } from './faults.js';
import { IrqSection } from './irq-section.js';
import { PollDeadline } from './poll-deadline.js';
import { type ReplayProbe, ThreadKind } from './probe.js';

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
}

/** What a vCPU needs of a worker. */
export interface WorkerPort {
  /** Take over `submission`; `waiter` (if any) is released when its last command is complete. */
  submit(submission: Submission, waiter: Thread | undefined): void;
  /** `waiter` has given up. */
  forget(waiter: Thread): void;
}

const Waiting = { Nothing: 0, Lock: 1, Room: 2, Sync: 3, Worker: 4, Reservation: 5, Gather: 6, Stop: 7 } as const;

/** Opcode of each OwnCommand. */
const OPCODE_OF_OWN = [Opcode.CFGI_STE, Opcode.CFGI_STE, Opcode.PREFETCH_CONFIG, Opcode.ATC_INV] as const;

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
  /** The gather set of the slots that are reserved and not yet published, and the first of those slots. */
  private gatherSet: GatherSet | undefined;
  private firstSequence = 0;
  /** The reserved slots are filled; the owner has yet to publish them. */
  private isFilled = false;
  /** When host CPU began to poll for a SYNC; -1 if it does not. Whose it is: an index into THREAD_KINDS. */
  private pollsSinceNs = -1;
  private pollsAs: number = ThreadKind.Vmm;
  /** When this thread began to read CONS with back-off; -1 if it does not, or has seen its SYNC. */
  private readsSinceNs = -1;
  private readonly irqs: IrqSection;
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
    this.owner = machine.engines.addWaiter(this);
    this.irqs = new IrqSection(machine.probe);
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
    } else if (this.waiting === Waiting.Gather) {
      this.chargeUntil(Cost.gatherWait, now);
    } else if (this.waiting === Waiting.Stop) {
      this.chargeUntil(Cost.errorWait, now);
    } else if (this.waiting === Waiting.Room) {
      this.irqs.leaveOut(now - this.clockNs);
      this.chargeUntil(Cost.queueWait, now);
      this.isRoomGranted = true;
    } else if (this.waiting === Waiting.Sync && this.readsOn(now)) {
      return;
    } else if (this.waiting === Waiting.Sync && this.pollsSinceNs >= 0) {
      this.machine.probe.onHostCpu(this.pollsAs, now - this.pollsSinceNs);
    }
    this.waiting = Waiting.Nothing;
    this.deadline?.disarm();
    this.resume();
  }

  /** The SYNC is done, but the thread looks again later only: it is woken then. */
  private readsOn(nowNs: number): boolean {
    const { backoff, simulator } = this.machine;
    if (backoff === undefined || this.readsSinceNs < 0) return false;
    const seenNs = backoff.seenNs(this.readsSinceNs, nowNs);
    this.readsSinceNs = -1;
    if (seenNs === nowNs) return false;
    this.chargeUntil(Cost.syncPoll, seenNs);
    simulator.schedule(seenNs, this.actor);
    return true;
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
          if (!this.reserve(program.a(step), program.b(step), program.c(step))) return;
          break;
        case Step.IrqsOff:
          this.step++;
          this.irqs.off(program.a(step) === 1, program.b(step) === 1, this.machine.simulator.nowNs);
          break;
        case Step.IrqsOn:
          this.step++;
          this.irqs.on(this.machine.simulator.nowNs);
          break;
        case Step.Reserved:
          this.step++;
          this.reservationWord(program.a(step)).release();
          break;
        case Step.SpendAsOwner:
          this.step++;
          if (this.gatherSet?.owner !== this.actor) break;
          if (!this.spend(program.a(step), program.b(step), program.c(step))) return;
          break;
        case Step.Issue:
        case Step.IssueClosed:
        case Step.IssueHalting:
          if (!this.issue(program.a(step), program.b(step), program.c(step), program.operation(step))) return;
          this.step++;
          break;
        case Step.IssueOwn:
          if (!this.issue(program.a(step), program.b(step), program.c(step), Step.IssueOwn)) return;
          this.step++;
          break;
        case Step.Restart:
          this.step++;
          this.restart(program.a(step));
          break;
        case Step.AwaitSync:
          this.step++;
          if (this.syncsOutstanding > 0) {
            this.waiting = Waiting.Sync;
            this.deadline?.arm();
            // A halted queue interrupts: nobody reads its CONS.
            this.readsSinceNs = program.operation(step - 1) === Step.IssueHalting ? -1 : this.machine.simulator.nowNs;
            this.pollsSinceNs = program.a(step) > 0 ? this.machine.simulator.nowNs : -1;
            this.pollsAs = program.a(step) === 2 ? ThreadKind.Vmm : this.threadKind;
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
    this.irqs.on(this.machine.simulator.nowNs);
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

  private reservationWord(queue: number): FifoLock {
    const { engines } = this.machine;
    return engines.of(queue).reservations[engines.local(queue)];
  }

  private restart(queue: number): void {
    const { engines } = this.machine;
    engines.of(queue).restart(engines.local(queue));
  }

  /**
   * Reserve `slots` of `queue`: wait for room, win the reservation word, join the gather set. Returns false if the thread
   * has to be woken for any of it, or when its retries are over. `cpu` is 0 for the guest's, 1 for the host's and -1 if
   * the slots are reserved without competition.
   */
  private reserve(queue: number, cpu: number, slots: number): boolean {
    const { engines } = this.machine;
    const engine = engines.of(queue);
    const local = engines.local(queue);
    if (!this.isRoomGranted && !engine.reserve(local, slots, this)) {
      this.waiting = Waiting.Room;
      return false;
    }
    this.isRoomGranted = true;
    const word = engine.reservations[local];
    if (cpu >= 0 && !this.hasWord) {
      this.hasWord = true;
      if (!word.acquire(this.actor)) {
        this.waiting = Waiting.Reservation;
        return false;
      }
    }
    this.hasWord = false;
    this.isRoomGranted = false;
    this.step++;
    this.gatherSet = engine.join(local, slots, this);
    this.firstSequence = this.gatherSet.joinedSequence;
    return cpu < 0 || this.spend(this.machine.casRetryNs * word.waiting, Cost.casRetry, cpu);
  }

  /** Fill the reserved slots; their owner publishes the gather set. Returns false if the owner has to wait for others. */
  private issue(first: number, count: number, queue: number, operation: number): boolean {
    const { engines } = this.machine;
    const engine = engines.of(queue);
    const local = engines.local(queue);
    const set = this.gatherSet;
    if (set === undefined) throw new Error('commands without reserved slots');
    if (!this.isFilled) {
      if (operation === Step.IssueOwn) this.fillOwn(first, count, queue);
      else this.fill(first, count, queue, operation);
      this.isFilled = true;
      engine.gathers[local].filled(set);
    }
    if (set.owner === this.actor) {
      if (!engine.gathers[local].close(set)) {
        this.waiting = Waiting.Gather;
        return false;
      }
      engine.publish(local, set);
    }
    this.isFilled = false;
    this.gatherSet = undefined;
    return true;
  }

  /** Write host commands `first … first+count-1`, as far as they go to this queue's SMMU, into the reserved slots. */
  private fill(first: number, count: number, queue: number, operation: number): void {
    const { rows } = this;
    const { engines } = this.machine;
    const engine = engines.of(queue);
    const local = engines.local(queue);
    const smmu = engines.smmuOf(queue);
    const next = this.step + 1;
    const isAwaited = next < this.program.length && this.program.operation(next) === Step.AwaitSync;
    const owner = isAwaited ? this.owner : -1;
    let sequence = this.firstSequence;
    for (let h = first; h < first + count; h++) {
      const smmus = rows.hostSmmus[h] >> smmu;
      if ((smmus & 1) === 0) continue;
      const row = rows.hostGuestRow[h];
      // The guest's command is in effect with the last of its host commands, on the last of its SMMUs.
      const isLastOfRow = h === rows.hostFirst[row] + rows.hostCount[row] - 1;
      const isLast = isLastOfRow && smmus === 1 && rows.hostOpcode[h] !== Opcode.SYNC;
      const publishedNs = isLast ? rows.rowPublishedNs[row] : -1;
      const { hostOpcode, hostSid, hostRef, rowMeasured } = rows;
      engine.fill(local, sequence++, hostOpcode[h], owner, hostSid[h], publishedNs, rowMeasured[row], hostRef[h]);
    }
    if (operation === Step.Issue) return;
    engine.fill(local, sequence, operation === Step.IssueClosed ? Opcode.SYNC : HALTING, owner, -1, -1, 0, -1);
  }

  /** Write command `own` of attachment `at`, and its SYNC if it has one, into the reserved slots. */
  private fillOwn(at: number, own: number, queue: number): void {
    const { engines } = this.machine;
    const engine = engines.of(queue);
    const local = engines.local(queue);
    const { attachments, rowMeasured } = this.rows;
    const sid = own === OwnCommand.AtcInv ? attachments.sid[at] : -1;
    let ref = -1;
    if (own === OwnCommand.FinalSte) ref = attachments.steRef[at];
    else if (own === OwnCommand.AtcInv) ref = attachments.atcRef[at];
    const measured = rowMeasured[attachments.row[at]];
    const isSynced = own !== OwnCommand.PrefetchConfig;
    const owner = isSynced ? this.owner : -1;
    engine.fill(local, this.firstSequence, OPCODE_OF_OWN[own], owner, sid, -1, measured, ref);
    if (isSynced) engine.fill(local, this.firstSequence + 1, Opcode.SYNC, owner, -1, -1, 0, -1);
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
    if (waiting === Waiting.Sync) for (const engine of machine.engines.engines) engine.disown(this.owner);
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
    this.machine.effects.execute(rows.guestRef[row], -1);
    this.machine.probe.onCommandEffect(
      rows.guestOpcode[row],
      rows.rowPublishedNs[row],
      this.machine.simulator.nowNs,
      rows.rowMeasured[row] === 1,
    );
  }
}
