/**
 * A builder for the second path of a machine: the strategy numbers its queues and workers from 0 as ever, the steps get the
 * numbers that they have in the machine. Queue 0 is the physical main queue, which both paths share.
 */
import { PathBuilder, type PathTally } from './path-builder.js';
import { Program, Step } from './program.js';

type Operand = 'a' | 'b' | 'c';

/** Which operand of a step is a queue or a worker; complete, so that a new step cannot be forgotten. */
const NUMBERED: Readonly<Record<keyof typeof Step, { readonly queue?: Operand; readonly worker?: Operand }>> = {
  Spend: {},
  Lock: {},
  Unlock: {},
  Issue: { queue: 'c' },
  IssueClosed: { queue: 'c' },
  AwaitSync: {},
  SignalWorker: { worker: 'a' },
  AwaitWorker: {},
  Effect: {},
  Complete: {},
  Reserve: { queue: 'a' },
  Reserved: { queue: 'a' },
  IssueHalting: { queue: 'c' },
  Restart: { queue: 'a' },
};

/** Appends to another program, with queues and workers renumbered. */
class RelocatedProgram extends Program {
  private target = new Program();
  /** By operation: the position 0 … 2 of the operand that is a queue (or a worker); -1: none. */
  private readonly queueAt: number[] = [];
  private readonly workerAt: number[] = [];

  constructor(
    private readonly queueShift: number,
    private readonly workerShift: number,
  ) {
    super();
    for (const [name, { queue, worker }] of Object.entries(NUMBERED)) {
      const operation = Step[name as keyof typeof Step];
      this.queueAt[operation] = queue === undefined ? -1 : 'abc'.indexOf(queue);
      this.workerAt[operation] = worker === undefined ? -1 : 'abc'.indexOf(worker);
    }
  }

  /** Append to `target` from now on. */
  onto(target: Program): this {
    this.target = target;
    return this;
  }

  override clear(): void {
    super.clear();
    this.target.clear();
  }

  override add(operation: number, a = 0, b = 0, c = 0): void {
    const queueAt = this.queueAt[operation];
    const workerAt = this.workerAt[operation];
    this.target.add(
      operation,
      a + (queueAt === 0 ? this.queueShiftOf(a) : workerAt === 0 ? this.workerShift : 0),
      b + (queueAt === 1 ? this.queueShiftOf(b) : workerAt === 1 ? this.workerShift : 0),
      c + (queueAt === 2 ? this.queueShiftOf(c) : workerAt === 2 ? this.workerShift : 0),
    );
    this.length = this.target.length;
  }

  private queueShiftOf(queue: number): number {
    return queue === 0 ? 0 : this.queueShift;
  }
}

/** Compiles verbs into steps whose queues (but the main queue) and workers are numbered from a shift. */
export class RelocatedPathBuilder extends PathBuilder {
  private readonly relocated: RelocatedProgram;

  constructor(costNs: Float64Array, tally: PathTally, queueShift: number, workerShift: number) {
    super(costNs, tally);
    this.relocated = new RelocatedProgram(queueShift, workerShift);
  }

  override begin(program: Program, measured: boolean): void {
    super.begin(this.relocated.onto(program), measured);
  }
}
