/**
 * A program: the steps that one thread takes for one submission (or one worker drain), in order.
 *
 * A strategy compiles a submission into a program; the replay's runner executes it on simulated time. Layout: step s is
 * operations[s], with its operands a, b, c at 3s … 3s + 2. The buffers are reused, so compiling allocates nothing.
 */

/** Operations. Operands are named a, b, c. */
export const enum Step {
  /** Spend a ns on cost b; c = 1 when host CPU is busy with it, 2 when the VMM's is. */
  Spend = 0,
  /** Take the VMM's big lock. */
  Lock = 1,
  Unlock = 2,
  /** Put host commands a … a+b-1 into the reserved slots of command queue c; the owner of the gather set writes PROD. */
  Issue = 3,
  /** The same, closed by a CMD_SYNC of the issuer's own in the next slot. */
  IssueClosed = 4,
  /** Wait until every SYNC that this thread issued is seen complete; a = 1 when host CPU polls for it, 2 when the VMM's does. */
  AwaitSync = 5,
  /** Tell worker a that commands are pending. */
  SignalWorker = 6,
  /** Wait until the worker has completed this submission. */
  AwaitWorker = 7,
  /** Guest command a has taken effect now (emulated by the VMM). */
  Effect = 8,
  /** Worker: all commands of its pending submissions up to a (counted since the drain began) are complete. */
  Complete = 9,
  /** Reserve c slots of queue a; b = 0 when guest CPU does, 1 when host CPU does, -1 if nobody competes. */
  Reserve = 10,
  /** The slots are reserved: the next producer may try. */
  Reserved = 11,
  /** As Issue, and behind the commands one at which the queue halts. */
  IssueHalting = 12,
  /** Replace the command at which queue a halted by a CMD_SYNC and let it go on. */
  Restart = 13,
  /** Spend a ns on cost b if this thread owns the gather set of its reserved slots; c as with Spend. */
  SpendAsOwner = 14,
  /** Put command b (see OwnCommand) of attachment a into queue c; all but the prefetch are closed by a CMD_SYNC. */
  IssueOwn = 15,
  /** Interrupts are off on this CPU from here on (nothing if they are already); a = 1 for a host CPU, b = 1 if it counts. */
  IrqsOff = 16,
  /** And on again (nothing if they are); the end of a program does the same. */
  IrqsOn = 17,
  /** A point in the course of an injected fault: FaultPoint a, incident b, guest row c. */
  Fault = 18,
}

/** What happens at a Step.Fault. */
export const enum FaultPoint {
  /** The queue stops: CMDQ_CONS.ERR is set and GERROR raised. */
  Stop = 0,
  /** The guest's GERROR handler runs: it knows. */
  Learn = 1,
  /** GERRORN is acknowledged: the queue goes on. */
  Resume = 2,
  /** Wait, without the VMM's lock, as long as the queue is stopped; b = 1 when the lock is held. */
  AwaitRunning = 3,
  /** The worker dies. */
  Die = 4,
}

/** Operands per step. */
export const STEP_OPERANDS = 3;

const FIRST_STEPS = 64;

/**
 * Growable list of steps. Layout: step s is operations[s] and operands a, b and c in cells 3s … 3s + 2 of `operands`. A
 * duration may need more than 32 bits: operand a is in spentNs[s] as well.
 */
export class Program {
  /** Step by step; other arrays after an `add` that grows them. */
  operations = new Uint8Array(FIRST_STEPS);
  operands = new Int32Array(STEP_OPERANDS * FIRST_STEPS);
  spentNs = new Float64Array(FIRST_STEPS);
  /** Number of steps. */
  length = 0;

  /** Forget all steps. */
  clear(): void {
    this.length = 0;
  }

  /** Append one step. */
  add(operation: number, a = 0, b = 0, c = 0): void {
    const step = this.length++;
    if (step === this.operations.length) this.grow();
    this.operations[step] = operation;
    this.spentNs[step] = a;
    const { operands } = this;
    const at = step * STEP_OPERANDS;
    operands[at] = a;
    operands[at + 1] = b;
    operands[at + 2] = c;
  }

  operation(step: number): number {
    return this.operations[step];
  }

  a(step: number): number {
    return this.spentNs[step];
  }

  b(step: number): number {
    return this.operands[step * STEP_OPERANDS + 1];
  }

  c(step: number): number {
    return this.operands[step * STEP_OPERANDS + 2];
  }

  private grow(): void {
    const operations = new Uint8Array(this.operations.length * 2);
    operations.set(this.operations);
    this.operations = operations;
    const operands = new Int32Array(this.operands.length * 2);
    operands.set(this.operands);
    this.operands = operands;
    const spentNs = new Float64Array(this.spentNs.length * 2);
    spentNs.set(this.spentNs);
    this.spentNs = spentNs;
  }
}
