/**
 * The verbs of a path on which commands can fail: a row that fails becomes the error's course, and a vCPU that traps
 * while the guest's queue is stopped waits until it goes on.
 *
 * The course (facts L §4.1–4.2): [the ioctl fails,] CMDQ_CONS.ERR and GERROR are set and the queue stops; the guest is
 * interrupted; its handler reads GERROR, GERRORN and CONS, overwrites the slot at CONS with a CMD_SYNC and writes GERRORN,
 * four traps; the VMM, entered by that write, goes on behind the bad command. Here the vCPU whose PROD write met the error
 * runs the handler (an estimate: any vCPU may get the interrupt), and register reads do not wait for the VMM's lock.
 */
import { Cost } from '../../strategies/path/costs.js';
import { PathBuilder } from '../../strategies/path/path-builder.js';
import { FaultPoint, type Program, Step } from '../../strategies/path/program.js';
import type { QueueLayout } from '../../strategies/path/queue-verbs.js';
import { SKIPPED, type Submission } from '../../strategies/path/submission.js';
import { ExitCause, type PathTally } from '../../strategies/path/tally.js';
import type { Faults } from './faults.js';

/** A path builder that knows which rows fail. */
export class FaultyPath extends PathBuilder {
  private isLocked = false;

  constructor(
    costNs: Float64Array,
    tally: PathTally,
    layout: QueueLayout,
    private readonly faults: Faults,
    isHostThread: boolean,
  ) {
    super(costNs, tally, layout, isHostThread);
  }

  override begin(program: Program, measured: boolean, rows: Submission): void {
    super.begin(program, measured, rows);
    this.isLocked = false;
  }

  override trapToVmm(cause: string = ExitCause.ProdWrite): void {
    super.trapToVmm(cause);
    this.isLocked = true;
    if (this.faults.plan.isArmed) this.program.add(Step.Fault, FaultPoint.AwaitRunning, 1);
  }

  override returnToGuest(): void {
    super.returnToGuest();
    this.isLocked = false;
  }

  override lockVmm(): void {
    super.lockVmm();
    this.isLocked = true;
  }

  override unlockVmm(): void {
    super.unlockVmm();
    this.isLocked = false;
  }

  override effect(row: number): void {
    const mark = this.rows?.guestFault[row] ?? 0;
    if (mark === 0) super.effect(row);
    else this.fail(row, mark);
  }

  /** The worker dies before row `row`. */
  die(row: number): void {
    const mark = this.rows?.guestFault[row] ?? 0;
    this.program.add(Step.Fault, FaultPoint.Die, mark - 1, row);
  }

  private fail(row: number, mark: number): void {
    const incident = this.faults.incidentOf(mark);
    if (incident === undefined) return;
    const { answer } = incident;
    if (!('by' in answer) || answer.by !== 'host-kernel') {
      this.takeErrorPath(mark - 1, row);
      return;
    }
    // One failing ioctl; of a kernel that refuses whole blocks, one for each command that stands before the bad one in its block.
    const before = this.skippedBefore(row);
    const last = this.faults.batch === 'k74' ? 0 : before;
    for (let left = before; left >= last; left--) {
      if (left < before) this.host(Cost.vmmPerCommand, left + 1);
      this.ioctl(left + 1, left + 1);
      this.takeErrorPath(mark - 1, row);
    }
  }

  /** Rows of the same block before `row` that are not executed because of it. */
  private skippedBefore(row: number): number {
    const { rows } = this;
    let skipped = 0;
    if (rows === undefined) return skipped;
    for (let before = row - 1; before >= 0; before--) {
      const mark = rows.guestFault[before];
      if (mark === SKIPPED) skipped++;
      else if (mark !== 0) break;
    }
    return skipped;
  }

  private takeErrorPath(number: number, row: number): void {
    const wasLocked = this.isLocked;
    this.program.add(Step.Fault, FaultPoint.Stop, number, row);
    if (wasLocked) this.unlockVmm();
    this.guest(Cost.gerrorIrq);
    this.program.add(Step.Fault, FaultPoint.Learn, number, row);
    // Return from the trap, three reads, and the entry of the GERRORN write: four round trips' worth.
    for (let access = 0; access < 4; access++) this.tally.onExit(ExitCause.GerrorHandler, this.measured);
    this.host(Cost.gerrorExit, 4);
    this.guest(Cost.gerrorHandler);
    if (wasLocked) this.lockVmm();
    this.host(Cost.vmmDispatch);
    this.program.add(Step.Fault, FaultPoint.Resume, number, row);
  }
}
