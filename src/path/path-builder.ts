/**
 * The verbs in which a strategy says how a submission travels; each appends steps to a program and counts what it causes.
 *
 * Contract: a builder is pointed at one program at a time (`begin`); costs come from the profile's table; a verb that
 * traps, makes a system call or adds a host SYNC reports it to the tally, so that a strategy cannot forget to.
 */
import { Cost } from './costs.js';
import { type Program, Step } from './program.js';
import type { Submission } from './submission.js';

/** Counters that path verbs feed. `measured` is false while warming up. */
export interface PathTally {
  onExit(cause: string, measured: boolean): void;
  onIoctl(measured: boolean): void;
  /** The host appended a CMD_SYNC that the guest did not send. */
  onAddedSync(measured: boolean): void;
}

/** Why the guest trapped; keys of `amplification.exits_by_cause`. */
export const ExitCause = {
  ProdWrite: 'prod_write',
  ConsRead: 'cons_read',
  KernelDoorbell: 'kernel_doorbell',
  /** A hardware queue halted at a command that it cannot run; the vCPU itself goes on. */
  QueueHalt: 'queue_halt',
  /** Paravirtual requests were put into a virtqueue. */
  VirtqueueKick: 'virtqueue_kick',
  /** A GERROR handler reads GERROR, GERRORN and CONS and writes GERRORN. */
  GerrorHandler: 'gerror_handler',
} as const;

/** Compiles verbs into steps. */
export class PathBuilder {
  protected program!: Program;
  protected measured = true;

  constructor(
    /** ns per cost id (see costTable). */
    protected readonly costNs: Float64Array,
    protected readonly tally: PathTally,
  ) {}

  /** Start writing into `program`, for `rows`. */
  begin(program: Program, measured: boolean, _rows?: Submission): void {
    program.clear();
    this.program = program;
    this.measured = measured;
  }

  /** Guest CPU spends `times` units of `cost`. */
  guest(cost: number, times = 1): void {
    if (times > 0) this.program.add(Step.Spend, this.costNs[cost] * times, cost, 0);
  }

  /** Host CPU spends `times` units of `cost`. */
  host(cost: number, times = 1): void {
    if (times > 0) this.program.add(Step.Spend, this.costNs[cost] * times, cost, 1);
  }

  /** A VMM thread other than this one spends `times` units of `cost` while this one waits for it. */
  vmm(cost: number, times = 1): void {
    if (times > 0) this.program.add(Step.Spend, this.costNs[cost] * times, cost, 2);
  }

  /** A register write (PROD, unless said otherwise) traps to the VMM, which takes its big lock and finds the queue. */
  trapToVmm(cause: string = ExitCause.ProdWrite): void {
    this.tally.onExit(cause, this.measured);
    this.host(Cost.exitUserEntry);
    this.program.add(Step.Lock);
    this.host(Cost.vmmDispatch);
  }

  /** The PROD write traps to the VMM, which serves this queue without its big lock. */
  trapToVmmUnlocked(): void {
    this.tally.onExit(ExitCause.ProdWrite, this.measured);
    this.host(Cost.exitUserEntry);
    this.host(Cost.vmmDispatch);
  }

  /** The VMM, which holds no lock, resumes the guest. */
  returnToGuestUnlocked(): void {
    this.host(Cost.exitUserReturn);
  }

  /** The guest's reads of a trapped CONS register, once per CMD_SYNC, that the VMM answers without its big lock. */
  readConsTrappedUnlocked(syncs: number): void {
    for (let i = 0; i < syncs; i++) {
      this.tally.onExit(ExitCause.ConsRead, this.measured);
      this.host(Cost.consReadEntry);
      this.host(Cost.consReadReturn);
    }
  }

  /** The VMM gives the lock up and resumes the guest. */
  returnToGuest(): void {
    this.program.add(Step.Unlock);
    this.host(Cost.exitUserReturn);
  }

  /** A register write (a PROD doorbell, unless said otherwise) exits to the host kernel only. */
  trapToKernel(cause: string = ExitCause.KernelDoorbell): void {
    this.tally.onExit(cause, this.measured);
    this.host(Cost.exitKernel);
  }

  /** The guest reads a trapped CONS register once per CMD_SYNC; every read passes the VMM's lock. */
  readConsTrapped(syncs: number): void {
    for (let i = 0; i < syncs; i++) {
      this.tally.onExit(ExitCause.ConsRead, this.measured);
      this.host(Cost.consReadEntry);
      this.program.add(Step.Lock);
      this.program.add(Step.Unlock);
      this.host(Cost.consReadReturn);
    }
  }

  /** Another thread takes or releases the VMM's lock. */
  lockVmm(): void {
    this.program.add(Step.Lock);
  }

  unlockVmm(): void {
    this.program.add(Step.Unlock);
  }

  /** Enter one invalidation ioctl that carries `commands` commands in and converts them to `hostCommands`. */
  ioctl(commands: number, hostCommands: number): void {
    this.tally.onIoctl(this.measured);
    this.host(Cost.ioctl);
    this.host(Cost.copyFixed);
    this.host(Cost.copyPerCommand, commands);
    this.host(Cost.convert, hostCommands);
  }

  /** Host kernel: insert host commands `first … first+count-1` and its own SYNC into `queue`, poll for completion. */
  hostIssueAndWait(queue: number, first: number, count: number): void {
    this.tally.onAddedSync(this.measured);
    this.reserve(queue, 1, 1);
    this.host(Cost.insertPerCommand, count);
    this.program.add(Step.IssueClosed, first, count, queue);
    this.program.add(Step.AwaitSync, 1);
  }

  /**
   * Reserve slots of `queue` for `lists` command lists by compare-and-swap on its {PROD, CONS} word, one hot cache line:
   * producers win one after the other, keep the line for the fixed part of the insertion, and each win costs a retry per
   * producer still trying (facts L §3.1 step 1, §3.4). The retry is free without competition. `cpu` is 1 for host CPU.
   */
  reserve(queue: number, lists: number, cpu: 0 | 1): void {
    this.program.add(Step.Reserve, queue, cpu);
    this.program.add(Step.Spend, this.costNs[Cost.insertFixed] * lists, Cost.insertFixed, cpu);
    this.program.add(Step.Reserved, queue);
  }

  /** Guest: its commands `first … first+count-1` (SYNCs among them) become visible in the mapped queue `queue`. */
  guestIssue(queue: number, first: number, count: number): void {
    this.program.add(Step.Issue, first, count, queue);
  }

  /** Guest: the same, closed by a SYNC that its driver adds because it changes queues. */
  guestIssueClosed(queue: number, first: number, count: number): void {
    this.tally.onAddedSync(this.measured);
    this.program.add(Step.IssueClosed, first, count, queue);
  }

  /** Guest: poll a mapped queue until its SYNCs are done. */
  guestAwaitSync(): void {
    this.program.add(Step.AwaitSync, 0);
  }

  /**
   * The commands `first … first+count-1` and one that the hardware cannot run are in `queue`: it halts there and interrupts
   * the host, which wakes the thread that emulates the command.
   */
  issueUntilHalt(queue: number, first: number, count: number): void {
    this.program.add(Step.IssueHalting, first, count, queue);
    this.program.add(Step.AwaitSync, 0);
    this.tally.onExit(ExitCause.QueueHalt, this.measured);
    this.host(Cost.queueHaltIrq);
    this.guest(Cost.wakeUp);
  }

  /** Replace the command at which `queue` halted by a CMD_SYNC, write the register that restarts it. */
  restartQueue(queue: number): void {
    this.tally.onAddedSync(this.measured);
    this.host(Cost.doorbell);
    this.program.add(Step.Restart, queue);
  }

  /** Guest row `row` has taken effect (emulated by the VMM). */
  effect(row: number): void {
    this.program.add(Step.Effect, row);
  }

  /** Hand the submission to worker `worker`. */
  signalWorker(worker: number): void {
    this.program.add(Step.SignalWorker, worker);
  }

  /** Guest: poll until the worker has completed this submission. */
  awaitWorker(): void {
    this.program.add(Step.AwaitWorker);
  }

  /** Worker: the first `rows` guest rows of this drain are complete. */
  complete(rows: number): void {
    this.program.add(Step.Complete, rows);
  }
}
