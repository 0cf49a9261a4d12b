/**
 * What one submission on an idle machine spends, read off the programs that its strategy compiles.
 *
 * The walk steps through `submit`, and through the worker's programs where it is awaited, and adds what the command engine
 * does for issued commands: fetch, execution, CMD_SYNC. Nothing else runs, so locks are free and queues empty. The replay
 * of the same submission must come to the same ns (test/strategies/explain.test.ts).
 */
import { AtcLinks } from '../../src/machine/engine/atc-links.js';
import { HALTING } from '../../src/machine/engine/contracts.js';
import { executionCost } from '../../src/machine/engine/execution-cost.js';
import { type SyncBackoff, syncBackoff } from '../../src/machine/engine/sync-backoff.js';
import { Simulator } from '../../src/machine/sim/simulator.js';
import type { LoadedProfile } from '../../src/profiles/load.js';
import { Cost, costTable } from '../../src/strategies/path/costs.js';
import { PathBuilder } from '../../src/strategies/path/path-builder.js';
import { Program, Step } from '../../src/strategies/path/program.js';
import type { Submission } from '../../src/strategies/path/submission.js';
import type { Transport } from '../../src/strategies/transport.js';
import { TrialTally } from '../../src/strategies/user/trial.js';
import { Opcode } from '../../src/trace/opcodes.js';

/** What was spent on one cost. */
export interface Charge {
  /** Cost id. */
  readonly cost: number;
  /** Units of the cost. */
  times: number;
  ns: number;
}

/** One submission, walked. */
export class PathWalk {
  /** By cost id, in the order in which they are first met. */
  readonly charges = new Map<number, Charge>();
  readonly tally = new TrialTally();
  /** CMD_SYNCs and other commands that the SMMU is given. */
  hostCommands = 0;
  /** Time since the PROD write, ns. */
  clockNs = 0;
  private readonly costNs: Float64Array;
  private readonly backoff: SyncBackoff | undefined;
  private readonly path: PathBuilder;
  /** The engine is free, and each queue's last SYNC and ATC completions are in, from these times on. */
  private engineFreeNs = 0;
  private readonly heldUntilNs: number[];
  private readonly atcDoneNs: number[];
  private readonly links: AtcLinks;

  constructor(
    private readonly transport: Transport,
    private readonly rows: Submission,
    private readonly profile: LoadedProfile,
  ) {
    this.links = new AtcLinks(new Simulator(), profile, () => {});
    this.costNs = costTable(profile);
    this.backoff = syncBackoff(profile);
    this.path = new PathBuilder(this.costNs, this.tally);
    this.heldUntilNs = new Array<number>(transport.queueCount).fill(0);
    this.atcDoneNs = new Array<number>(transport.queueCount).fill(0);
    this.walk(this.compiled(() => transport.submit(rows, this.path)));
  }

  private compiled(compile: () => void): Program {
    const program = new Program();
    this.path.begin(program, true, this.rows);
    compile();
    return program;
  }

  private walk(program: Program): void {
    for (let step = 0; step < program.length; step++) {
      const a = program.a(step);
      const isNext = (operation: number) => step + 1 < program.length && program.operation(step + 1) === operation;
      switch (program.operation(step)) {
        case Step.Spend:
        case Step.SpendAsOwner: // nobody else is there to own the gather set
          this.spend(program.b(step), a);
          break;
        case Step.Issue:
        case Step.IssueClosed:
        case Step.IssueHalting:
          this.issue(a, program.b(step), program.c(step), program.operation(step), isNext(Step.AwaitSync));
          break;
        case Step.Restart: // the CMD_SYNC in the place of the halting command delays what is behind it
          this.engineFreeNs = Math.max(this.clockNs, this.engineFreeNs) + this.costNs[Cost.fetch];
          this.hostCommands++;
          break;
        case Step.SignalWorker:
          if (isNext(Step.AwaitWorker)) this.runWorker();
          break;
        case Step.Complete:
          if (a >= this.rows.guestCount) return; // the rest of a drain delays nobody
          break;
        case Step.Lock:
        case Step.Unlock:
        case Step.IrqsOff:
        case Step.IrqsOn:
        case Step.Reserve:
        case Step.Reserved:
        case Step.AwaitSync:
        case Step.AwaitWorker:
        case Step.Effect:
          break; // no time of their own when nobody else is there
        default:
          throw new Error(`unknown step ${program.operation(step)}`);
      }
    }
  }

  private runWorker(): void {
    this.walk(this.compiled(() => this.transport.wakeWorker(this.path)));
    this.walk(this.compiled(() => this.transport.gather?.(this.path)));
    this.walk(this.compiled(() => this.transport.drain(this.rows, this.path)));
  }

  /** The engine consumes the commands one after another; the issuer is charged if it waits for them. */
  private issue(first: number, count: number, queue: number, operation: number, isAwaited: boolean): void {
    const opcodes = Array.from(this.rows.hostOpcode.subarray(first, first + count));
    if (operation === Step.IssueClosed) opcodes.push(Opcode.SYNC);
    this.hostCommands += opcodes.length;
    const lastSync = operation === Step.IssueHalting ? -1 : opcodes.lastIndexOf(Opcode.SYNC);
    if (operation === Step.IssueHalting) opcodes.push(HALTING);
    const charge = (cost: number, untilNs: number) => {
      if (isAwaited) this.chargeUntil(cost, untilNs);
    };
    const waitsSinceNs = this.clockNs;
    let nowNs = Math.max(this.clockNs, this.engineFreeNs);
    for (const [index, opcode] of opcodes.entries()) {
      nowNs = Math.max(nowNs, this.heldUntilNs[queue]);
      if (nowNs > this.clockNs) charge(Cost.queueWait, nowNs);
      nowNs += this.costNs[Cost.fetch];
      charge(Cost.fetch, nowNs);
      if (opcode === HALTING) break; // its issuer goes on as soon as it is fetched
      if (opcode === Opcode.SYNC) {
        const readyNs = Math.max(nowNs, this.atcDoneNs[queue]);
        if (readyNs > nowNs) charge(Cost.atcWait, readyNs);
        if (index === lastSync) charge(Cost.syncComplete, readyNs + this.costNs[Cost.syncComplete]);
        this.heldUntilNs[queue] = readyNs;
        continue;
      }
      nowNs += this.costNs[executionCost(opcode)];
      charge(executionCost(opcode), nowNs);
      const sid = opcode === Opcode.ATC_INV ? this.rows.hostSid[first + index] : -1;
      if (sid >= 0) this.atcDoneNs[queue] = Math.max(this.atcDoneNs[queue], this.sendToDevice(sid, nowNs));
    }
    this.engineFreeNs = nowNs;
    if (lastSync >= 0 && this.backoff !== undefined) {
      charge(Cost.syncPoll, this.backoff.seenNs(waitsSinceNs, this.clockNs));
    }
  }

  private sendToDevice(sid: number, nowNs: number): number {
    const number = (key: string) => this.profile.number(key);
    if (sid === number('atc.silent_sid')) return nowNs + number('atc.timeout_ns');
    return this.links.of(sid).send(nowNs, -1);
  }

  /** One unit of `cost` (or a wait) ends at `untilNs`. */
  private chargeUntil(cost: number, untilNs: number): void {
    this.add(cost, 1, Math.max(0, untilNs - this.clockNs));
  }

  private spend(cost: number, ns: number): void {
    this.add(cost, (this.costNs[cost] ?? 0) === 0 ? 1 : ns / this.costNs[cost], ns);
  }

  private add(cost: number, times: number, ns: number): void {
    const charge = this.charges.get(cost) ?? { cost, times: 0, ns: 0 };
    charge.times += times;
    charge.ns += ns;
    this.charges.set(cost, charge);
    this.clockNs += ns;
  }
}
