/**
 * The verbs in which a strategy says how a submission travels; each appends steps to a program and counts what it causes.
 *
 * Contract: a builder is pointed at one program at a time (`begin`); costs come from the profile's table; a verb that
 * traps, makes a system call or adds a host SYNC reports it to the tally, so that a strategy cannot forget to.
 */
import { Cost } from './costs.js';
import { Step } from './program.js';
import { QueueVerbs } from './queue-verbs.js';
import { ExitCause, type HwptIoctl } from './tally.js';

/** Compiles verbs into steps. */
export class PathBuilder extends QueueVerbs {
  /** A system call about an HWPT: its entry, and its work `cost`. `cpu` is 2 for a VMM thread other than this one. */
  hwptIoctl(kind: HwptIoctl, cost: number, cpu: 1 | 2): void {
    this.tally.onHwptIoctl(kind, this.measured);
    this.program.add(Step.Spend, this.costNs[Cost.ioctl], Cost.ioctl, cpu);
    this.program.add(Step.Spend, this.costNs[cost], cost, cpu);
  }

  /** A register write (PROD, unless said otherwise) traps to the VMM, which takes its big lock and finds the queue. */
  trapToVmm(cause: string = ExitCause.ProdWrite): void {
    this.tally.onExit(cause, this.measured);
    this.host(Cost.exitUserEntry);
    this.runsOn = 1;
    this.program.add(Step.Lock);
    this.host(Cost.vmmDispatch);
  }

  /** The PROD write traps to the VMM, which serves this queue without its big lock. */
  trapToVmmUnlocked(): void {
    this.tally.onExit(ExitCause.ProdWrite, this.measured);
    this.host(Cost.exitUserEntry);
    this.runsOn = 1;
    this.host(Cost.vmmDispatch);
  }

  /** The VMM, which holds no lock, resumes the guest. */
  returnToGuestUnlocked(): void {
    this.host(Cost.exitUserReturn);
    this.runsOn = 0;
  }

  /** The guest's reads of a trapped CONS register, once per CMD_SYNC, that the VMM answers without its big lock. */
  readConsTrappedUnlocked(syncs: number): void {
    for (let i = 0; i < syncs; i++) {
      this.tally.onExit(ExitCause.ConsRead, this.measured);
      this.host(Cost.consReadEntry);
      this.host(Cost.consReadHold);
      this.host(Cost.consReadReturn);
    }
  }

  /** The VMM gives the lock up and resumes the guest. */
  returnToGuest(): void {
    this.program.add(Step.Unlock);
    this.host(Cost.exitUserReturn);
    this.runsOn = 0;
  }

  /** A register write (a PROD doorbell, unless said otherwise) exits to the host kernel only. */
  trapToKernel(cause: string = ExitCause.KernelDoorbell): void {
    this.tally.onExit(cause, this.measured);
    this.host(Cost.exitKernel);
  }

  /** The guest reads a trapped CONS register once per CMD_SYNC; the VMM answers under its lock. */
  readConsTrapped(syncs: number): void {
    for (let i = 0; i < syncs; i++) {
      this.tally.onExit(ExitCause.ConsRead, this.measured);
      this.host(Cost.consReadEntry);
      this.program.add(Step.Lock);
      this.host(Cost.consReadHold);
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

  /** Guest row `row` has taken effect (emulated by the VMM). */
  effect(row: number): void {
    this.program.add(Step.Effect, row);
  }

  /** Hand the submission to worker `worker`. */
  signalWorker(worker: number): void {
    this.program.add(Step.SignalWorker, this.layout.firstWorker + worker);
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
