/** The verbs that spend time, and what all verbs write into: a program for the submission or drain at hand. */
import { ownCost } from './own-times.js';
import { type Program, Step } from './program.js';
import type { Submission } from './submission.js';
import type { PathTally } from './tally.js';
import { VerbError } from './verb-error.js';

/** Compiles the verbs of time into steps. */
export class TimeVerbs {
  protected program!: Program;
  protected measured = true;
  protected rows: Submission | undefined;
  /** Whose CPU runs at this point of the path: 0 the guest's, 1 the host's. */
  protected runsOn: 0 | 1 = 0;

  constructor(
    /** ns per cost id (see costTable). */
    protected readonly costNs: Float64Array,
    protected readonly tally: PathTally,
    /** The programs are those of a host thread, a worker; otherwise of a vCPU. */
    private readonly isHostThread = false,
  ) {}

  /** Start writing into `program`; `rows` is the submission or drain that the verbs refer to. */
  begin(program: Program, measured: boolean, rows: Submission): void {
    program.clear();
    this.program = program;
    this.measured = measured;
    this.rows = rows;
    this.runsOn = this.isHostThread ? 1 : 0;
  }

  /** Guest CPU spends `times` units of `cost`. */
  guest(cost: number, times = 1): void {
    this.spendUnits(cost, times, 0);
  }

  /** Host CPU spends `times` units of `cost`. */
  host(cost: number, times = 1): void {
    this.spendUnits(cost, times, 1);
  }

  /** A VMM thread other than this one spends `times` units of `cost` while this one waits for it. */
  vmm(cost: number, times = 1): void {
    this.spendUnits(cost, times, 2);
  }

  /**
   * Whoever runs here (the guest; the host between a trap and the return from it; a worker) spends `ns` on something that no
   * parameter of a profile stands for. It is charged to the stage `name` (see own-times.ts).
   * @throws VerbError unless `ns` is a whole number from 0 on and `name` a word of lower-case letters, digits and _
   */
  spend(ns: number, name: string): void {
    const cost = ownCost(name);
    if (!isWhole(ns)) throw new VerbError(`expected a whole number of ns for ${name}, found ${ns}`);
    this.program.add(Step.Spend, ns, cost, this.runsOn);
  }

  private spendUnits(cost: number, times: number, cpu: 0 | 1 | 2): void {
    const ns = this.costNs[cost];
    // A cost that Cost does not have is undefined, for a user's file is not type-checked.
    if (ns === undefined) throw new VerbError('expected a cost of Cost, found something else');
    if (!isWhole(times)) throw new VerbError(`expected a whole number of units of a cost, found ${times}`);
    if (times > 0) this.program.add(Step.Spend, ns * times, cost, cpu);
  }
}

const isWhole = (count: number): boolean => Number.isSafeInteger(count) && count >= 0;
