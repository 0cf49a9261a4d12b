/**
 * What is wrong with a compiled program, in words: everything that would make a replay stall, lose a command or count time
 * twice. Empty for a sound one.
 */

import { Opcode } from '../../trace/opcodes.js';
import { type Program, Step } from '../path/program.js';
import type { Submission } from '../path/submission.js';
import type { Transport } from '../transport.js';

/** Which function compiled the program. */
export type ProgramRole = 'submit' | 'wakeWorker' | 'gather' | 'drain';

/** Checks the programs of one submission: its `submit`, and the worker's part if it has one. */
export class ProgramInspector {
  /** How often each host command has been put into a queue. */
  private readonly issued: number[];
  /** Guest rows that have taken effect by a path verb. */
  readonly effects = new Set<number>();
  /** The submission was handed to a worker. */
  isSignalled = false;

  constructor(
    private readonly transport: Pick<Transport, 'queueCount' | 'workerCount'>,
    private readonly rows: Submission,
  ) {
    this.issued = new Array<number>(rows.hostCountTotal).fill(0);
  }

  /** Faults of `program`, each as "expected …, found …". */
  faultsOf(program: Program, role: ProgramRole): string[] {
    const faults: string[] = [];
    let isLocked = false;
    let completed = 0;
    if (role === 'gather') return gatherFaults(program);
    for (let step = 0; step < program.length; step++) {
      const a = program.a(step);
      const operation = program.operation(step);
      switch (operation) {
        case Step.Lock:
          if (isLocked) faults.push('expected unlockVmm or returnToGuest before the lock is taken again, found none');
          isLocked = true;
          break;
        case Step.Unlock:
          if (!isLocked) faults.push('expected lockVmm or trapToVmm before the lock is released, found none');
          isLocked = false;
          break;
        case Step.Reserve:
        case Step.Reserved:
        case Step.Restart:
          faults.push(...this.queueFaults(a));
          break;
        case Step.Issue:
        case Step.IssueClosed:
        case Step.IssueHalting:
          faults.push(...this.issueFaults(program, step));
          break;
        case Step.AwaitSync:
          if (step === 0 || !this.hasSync(program, step - 1)) {
            faults.push(
              'expected a wait right behind the commands that hold its CMD_SYNC, found guestAwaitSync elsewhere',
            );
          }
          break;
        case Step.SignalWorker:
          this.isSignalled = true;
          faults.push(...this.signalFaults(a, role));
          break;
        case Step.AwaitWorker:
          if (step === 0 || program.operation(step - 1) !== Step.SignalWorker) {
            faults.push('expected awaitWorker right behind signalWorker, found it elsewhere');
          }
          break;
        case Step.Effect:
          if (!isIndex(a, this.rows.guestCount))
            faults.push(`expected effect() of a row of the submission, found ${a}`);
          else this.effects.add(a);
          break;
        case Step.Complete:
          if (role !== 'drain') faults.push('expected complete() in drain only, found it in another function');
          else if (!(a >= completed && a <= this.rows.guestCount)) {
            faults.push(`expected complete() with ${completed} to ${this.rows.guestCount} rows, found ${a}`);
          }
          completed = a;
          break;
      }
    }
    if (isLocked) faults.push('expected every lock of the VMM to be released, found one still held at the end');
    if (role === 'drain' && completed !== this.rows.guestCount) {
      faults.push(`expected complete(${this.rows.guestCount}) at the end, found complete(${completed})`);
    }
    return faults;
  }

  /** Host commands that did not reach a queue exactly once; call it when all programs have been inspected. */
  deliveryFaults(): string[] {
    const lost = this.issued.filter((times) => times === 0).length;
    const repeated = this.issued.filter((times) => times > 1).length;
    const all = `expected each of ${this.issued.length} host commands to be issued once`;
    return [
      ...(lost > 0 ? [`${all}, found ${lost} never issued`] : []),
      ...(repeated > 0 ? [`${all}, found ${repeated} issued more than once`] : []),
    ];
  }

  private issueFaults(program: Program, step: number): string[] {
    const first = program.a(step);
    const count = program.b(step);
    const queue = program.c(step);
    const unknownQueue = this.queueFaults(queue);
    if (unknownQueue.length > 0) return unknownQueue;
    const total = this.rows.hostCountTotal;
    if (!(Number.isInteger(first) && Number.isInteger(count) && first >= 0 && count >= 0 && first + count <= total)) {
      return [`expected commands among the ${total} of the submission, found ${count} from number ${first}`];
    }
    for (let h = first; h < first + count; h++) this.issued[h]++;
    const isAwaited = step + 1 < program.length && program.operation(step + 1) === Step.AwaitSync;
    return this.hasSync(program, step) && !isAwaited
      ? ['expected a wait (guestAwaitSync) right behind commands with a CMD_SYNC, found none']
      : [];
  }

  private queueFaults(queue: number): string[] {
    const { queueCount } = this.transport;
    return isIndex(queue, queueCount) ? [] : [`expected a queue from 0 to ${queueCount - 1}, found ${queue}`];
  }

  /** The step puts a CMD_SYNC into a queue. */
  private hasSync(program: Program, step: number): boolean {
    const operation = program.operation(step);
    if (operation === Step.IssueClosed || operation === Step.IssueHalting) return true;
    if (program.operation(step) !== Step.Issue) return false;
    for (let h = program.a(step); h < program.a(step) + program.b(step); h++) {
      if (this.rows.hostOpcode[h] === Opcode.SYNC) return true;
    }
    return false;
  }

  private signalFaults(worker: number, role: ProgramRole): string[] {
    const { workerCount } = this.transport;
    if (role !== 'submit') return ['expected signalWorker() in submit only, found it in another function'];
    if (workerCount === 0) return ['expected no signalWorker() with workerCount 0, found one'];
    return isIndex(worker, workerCount) ? [] : [`expected a worker from 0 to ${workerCount - 1}, found ${worker}`];
  }
}

/** Who gathers has no commands yet: only time may pass. */
function gatherFaults(program: Program): string[] {
  for (let step = 0; step < program.length; step++) {
    if (program.operation(step) !== Step.Spend) return ['expected verbs of time only, found another'];
  }
  return [];
}

const isIndex = (value: number, count: number): boolean => Number.isInteger(value) && value >= 0 && value < count;
