/**
 * The verbs that put commands into queues; those of time are in time-verbs.ts, those of traps and system calls in
 * path-builder.ts.
 *
 * Queues are what the transport calls them; where they are, on several SMMUs and beside those of other VMs, is the layout's
 * business. Commands for several SMMUs are issued one SMMU after the other.
 */
import { Opcode } from '../../trace/opcodes.js';
import { OwnCommand } from './attachments.js';
import { Cost } from './costs.js';
import { Step } from './program.js';
import { ExitCause, type PathTally } from './tally.js';
import { TimeVerbs } from './time-verbs.js';

/** Where the queues that a transport names are: on several SMMUs, and beside those of other VMs. */
export interface QueueLayout {
  readonly smmus: number;
  readonly queuesPerSmmu: number;
  /** Queue of each SMMU that stands for queue 1 of this VM's transport; queue 0 is everybody's. */
  readonly firstOwnQueue: number;
  /** Worker of this VM that stands for worker 0 of the transport. */
  readonly firstWorker: number;
}

/** One VM on one SMMU: queues are what the transport calls them. */
const PLAIN_LAYOUT: QueueLayout = { smmus: 1, queuesPerSmmu: 0, firstOwnQueue: 1, firstWorker: 0 };

/** Compiles the verbs of queues into steps. */
export class QueueVerbs extends TimeVerbs {
  /** SMMU to which the verbs are limited (see `onSmmu`); -1: none. */
  private only = -1;

  constructor(
    costNs: Float64Array,
    tally: PathTally,
    protected readonly layout: QueueLayout = PLAIN_LAYOUT,
    isHostThread = false,
  ) {
    super(costNs, tally, isHostThread);
  }

  /** SMMUs that the path may have to serve one after the other. */
  get smmus(): number {
    return this.layout.smmus;
  }

  /** Limit the verbs that follow to the host commands for SMMU `smmu`; -1 ends it. */
  onSmmu(smmu: number): void {
    this.only = smmu;
  }

  /** Host commands `first … first+count-1` that go to SMMU `smmu`. */
  commandsFor(smmu: number, first: number, count: number): number {
    const { rows } = this;
    if (this.layout.smmus === 1 || rows === undefined) return count;
    let commands = 0;
    for (let h = first; h < first + count; h++) commands += (rows.hostSmmus[h] >> smmu) & 1;
    return commands;
  }

  /** Host commands `first … first+count-1`, each counted on every SMMU that it goes to. */
  commandsForAll(first: number, count: number): number {
    if (this.layout.smmus === 1) return count;
    let commands = 0;
    for (let smmu = 0; smmu < this.layout.smmus; smmu++) commands += this.commandsFor(smmu, first, count);
    return commands;
  }

  /** Number among all queues of all SMMUs of what the transport calls `queue`. */
  private physical(queue: number, smmu: number): number {
    const { layout } = this;
    return smmu * layout.queuesPerSmmu + (queue === 0 ? 0 : queue - 1 + layout.firstOwnQueue);
  }

  /**
   * Host kernel: send command `own` (see OwnCommand), an `opcode`, of attachment `at` on `queue`, for the reason
   * `extraCause`. All but the prefetch get a CMD_SYNC and are waited for.
   */
  hostIssueOwn(at: number, own: number, opcode: number, extraCause: number, queue: number, cpu: 1 | 2): void {
    this.tally.onHostCommand(opcode, extraCause, this.measured);
    const isSynced = own !== OwnCommand.PrefetchConfig;
    const physical = this.physical(queue, this.rows?.attachments.smmu[at] ?? 0);
    this.insert(physical, 1, isSynced ? 1 : 0, 1, cpu);
    this.program.add(Step.IssueOwn, at, own, physical);
    if (isSynced) {
      this.tally.onAddedSync(this.measured);
      this.program.add(Step.AwaitSync, cpu);
    }
    this.irqsOn();
  }

  /**
   * How many of the host commands `first … first+count-1` may share a command list: those before the first ATC_INV that was
   * derived from the TLBI before it. Until that TLBI is done a device may refill its ATC from the TLB, so that the driver
   * waits for a SYNC between the two (facts L §1.4, §9.3). An ATC_INV that the guest sent is ordered by the guest.
   */
  listLength(first: number, count: number): number {
    const { rows } = this;
    if (rows === undefined) return count;
    const { hostOpcode, hostGuestRow } = rows;
    for (let h = first + 1; h < first + count; h++) {
      if (hostOpcode[h] !== Opcode.ATC_INV || hostOpcode[h - 1] === Opcode.ATC_INV) continue;
      if (hostGuestRow[h] === hostGuestRow[h - 1]) return h - first;
    }
    return count;
  }

  /** Command lists that `listLength` divides host commands `first … first+count-1` into. */
  listsIn(first: number, count: number): number {
    let lists = 0;
    for (let done = 0; done < count; done += this.listLength(first + done, count - done)) lists++;
    return lists;
  }

  /**
   * Host kernel: insert host commands `first … first+count-1` and its own SYNC into `queue`, poll for completion; one list
   * after the other, and one SMMU after the other if they go to several.
   */
  hostIssueAndWait(queue: number, first: number, count: number): void {
    let done = 0;
    while (done < count) {
      const length = this.listLength(first + done, count - done);
      this.hostIssueList(queue, first + done, length);
      done += length;
    }
  }

  private hostIssueList(queue: number, first: number, count: number): void {
    for (let smmu = 0; smmu < this.layout.smmus; smmu++) {
      const commands = this.share(smmu, first, count);
      if (commands === 0) continue;
      this.tally.onAddedSync(this.measured);
      this.insert(this.physical(queue, smmu), commands, 1, 1, 1);
      this.program.add(Step.IssueClosed, first, count, this.physical(queue, smmu));
      this.program.add(Step.AwaitSync, 1);
      this.irqsOn();
    }
  }

  /** Host kernel: put a SYNC of its own into the queue with number `queue` among all of the machine, poll for completion. */
  hostSync(queue: number): void {
    this.tally.onAddedSync(this.measured);
    this.insert(queue, 0, 1, 1, 1);
    this.program.add(Step.IssueClosed, 0, 0, queue);
    this.program.add(Step.AwaitSync, 1);
    this.irqsOn();
  }

  /**
   * The driver turns the interrupts of its CPU off: they are off from the reservation of slots until its SYNC is done (facts
   * L §3.1), or until its commands are in the queue if it has none. `reserve` says it by itself.
   */
  irqsOff(isHost: boolean): void {
    this.program.add(Step.IrqsOff, isHost ? 1 : 0, this.measured ? 1 : 0);
  }

  /** And on again; waiting for a SYNC, and the end of the program, say it by themselves. */
  irqsOn(): void {
    this.program.add(Step.IrqsOn);
  }

  /**
   * Guest: its commands `first … first+count-1`, `syncs` SYNCs among them, become visible in the mapped queue `queue`. Every
   * SYNC closes one command list of the driver, so the fixed part of the insertion is paid once per list (facts L §3.1).
   * Before derived ATC_INVs (see `listLength`) the list is closed by a SYNC more, which the guest waits for.
   */
  guestIssue(queue: number, first: number, count: number, syncs: number): void {
    const done = this.guestIssueLists(queue, first, count);
    this.guestIssueLast(queue, first + done, count - done, done === 0 ? syncs : syncs - this.syncsAmong(first, done));
  }

  /** Guest: all lists but the last of its commands `first … first+count-1`, closed; returns how many commands they have. */
  private guestIssueLists(queue: number, first: number, count: number): number {
    let done = 0;
    let length = this.listLength(first, count);
    while (done + length < count) {
      this.guestIssueList(queue, first + done, length, this.syncsAmong(first + done, length));
      done += length;
      length = this.listLength(first + done, count - done);
    }
    return done;
  }

  private guestIssueLast(queue: number, first: number, count: number, syncs: number): void {
    for (let smmu = 0; smmu < this.layout.smmus; smmu++) {
      const commands = this.share(smmu, first, count);
      if (commands === 0) continue;
      const own = this.layout.smmus === 1 ? syncs : this.syncsFor(smmu, first, count);
      this.insert(this.physical(queue, smmu), commands - own, own, Math.max(1, own), 0);
      this.program.add(Step.SpendAsOwner, this.costNs[Cost.doorbell], Cost.doorbell, 0);
      this.program.add(Step.Issue, first, count, this.physical(queue, smmu));
      if (own > 0) this.guestAwaitSync();
    }
  }

  /** Guest: the same, closed by a SYNC that its driver adds because it changes queues. */
  guestIssueClosed(queue: number, first: number, count: number, syncs: number): void {
    const done = this.guestIssueLists(queue, first, count);
    this.guestIssueList(queue, first + done, count - done, done === 0 ? syncs : syncs - this.syncsAmong(first, done));
  }

  private guestIssueList(queue: number, first: number, count: number, syncs: number): void {
    for (let smmu = 0; smmu < this.layout.smmus; smmu++) {
      const commands = this.share(smmu, first, count);
      if (commands === 0) continue;
      const own = this.layout.smmus === 1 ? syncs : this.syncsFor(smmu, first, count);
      this.tally.onAddedSync(this.measured);
      this.insert(this.physical(queue, smmu), commands - own, own + 1, own + 1, 0);
      this.program.add(Step.SpendAsOwner, this.costNs[Cost.doorbell], Cost.doorbell, 0);
      this.program.add(Step.IssueClosed, first, count, this.physical(queue, smmu));
      this.guestAwaitSync();
    }
  }

  /** A hardware queue goes on with commands `first … first+count-1` that the guest has put there and waits for if `isAwaited`. */
  resumeIssue(queue: number, first: number, count: number, isAwaited: boolean): void {
    const done = this.resumeLists(queue, first, count);
    for (let smmu = 0; smmu < this.layout.smmus; smmu++) {
      this.resumeOn(smmu, queue, first + done, count - done, isAwaited);
    }
  }

  /** All lists but the last, each closed by a SYNC that its guest added and waits for; returns how many commands they have. */
  private resumeLists(queue: number, first: number, count: number): number {
    let done = 0;
    let length = this.listLength(first, count);
    while (done + length < count) {
      for (let smmu = 0; smmu < this.layout.smmus; smmu++) this.resumeClosedOn(smmu, queue, first + done, length);
      done += length;
      length = this.listLength(first + done, count - done);
    }
    return done;
  }

  private resumeClosedOn(smmu: number, queue: number, first: number, count: number): void {
    const commands = this.share(smmu, first, count);
    if (commands === 0) return;
    this.tally.onAddedSync(this.measured);
    this.program.add(Step.Reserve, this.physical(queue, smmu), -1, commands + 1);
    this.program.add(Step.IssueClosed, first, count, this.physical(queue, smmu));
    this.guestAwaitSync();
  }

  private resumeOn(smmu: number, queue: number, first: number, count: number, isAwaited: boolean): void {
    const commands = this.share(smmu, first, count);
    if (commands === 0) return;
    this.program.add(Step.Reserve, this.physical(queue, smmu), -1, commands);
    this.program.add(Step.Issue, first, count, this.physical(queue, smmu));
    if (isAwaited && (this.layout.smmus === 1 || this.syncsFor(smmu, first, count) > 0)) this.guestAwaitSync();
  }

  /** Host commands among `first … first+count-1` for SMMU `smmu`, unless the verbs are limited to another. */
  private share(smmu: number, first: number, count: number): number {
    return this.only >= 0 && this.only !== smmu ? 0 : this.commandsFor(smmu, first, count);
  }

  /** SYNCs among host commands `first … first+count-1`. */
  private syncsAmong(first: number, count: number): number {
    const { rows } = this;
    if (rows === undefined) return 0;
    let syncs = 0;
    for (let h = first; h < first + count; h++) if (rows.hostOpcode[h] === Opcode.SYNC) syncs++;
    return syncs;
  }

  private syncsFor(smmu: number, first: number, count: number): number {
    const { rows } = this;
    if (rows === undefined) return 0;
    let syncs = 0;
    for (let h = first; h < first + count; h++) {
      if (rows.hostOpcode[h] === Opcode.SYNC && (rows.hostSmmus[h] >> smmu) & 1) syncs++;
    }
    return syncs;
  }

  /**
   * Reserve slots of `queue` for `lists` command lists by compare-and-swap on its {PROD, CONS} word, one hot cache line:
   * producers win one after the other, keep the line for the fixed part of the insertion, and each win costs a retry per
   * producer still trying (facts L §3.1 step 1, §3.4). The retry is free without competition. Then copy `commands` and
   * `syncs` into the slots; SYNCs cost nothing beyond the list's fixed part. `cpu` is 1 for host CPU, 2 for that of a VMM
   * thread other than this one.
   */
  private insert(queue: number, commands: number, syncs: number, lists: number, cpu: 0 | 1 | 2): void {
    this.irqsOff(cpu > 0);
    this.program.add(Step.Reserve, queue, cpu, commands + syncs);
    this.program.add(Step.Spend, this.costNs[Cost.insertFixed] * lists, Cost.insertFixed, cpu);
    this.program.add(Step.Reserved, queue);
    if (commands > 0) {
      this.program.add(Step.Spend, this.costNs[Cost.insertPerCommand] * commands, Cost.insertPerCommand, cpu);
    }
  }

  /** Guest: poll a mapped queue until its SYNCs are done; then its interrupts are on again. */
  private guestAwaitSync(): void {
    this.program.add(Step.AwaitSync, 0);
    this.irqsOn();
  }

  /**
   * The commands `first … first+count-1` and one that the hardware cannot run are in `queue`: it halts there and interrupts
   * the host, which wakes the thread that emulates the command. With several SMMUs the queue that halts is taken to be that
   * of SMMU 0.
   */
  issueUntilHalt(queue: number, first: number, count: number): void {
    const done = this.resumeLists(queue, first, count);
    const last = first + done;
    const left = count - done;
    for (let smmu = 1; smmu < this.layout.smmus; smmu++) this.resumeOn(smmu, queue, last, left, true);
    this.program.add(Step.Reserve, this.physical(queue, 0), -1, this.commandsFor(0, last, left) + 1);
    this.program.add(Step.IssueHalting, last, left, this.physical(queue, 0));
    this.program.add(Step.AwaitSync, 0);
    this.tally.onExit(ExitCause.QueueHalt, this.measured);
    this.host(Cost.queueHaltIrq);
    this.guest(Cost.wakeUp);
  }

  /** Replace the command at which `queue` halted by a CMD_SYNC, write the register that restarts it. */
  restartQueue(queue: number): void {
    this.tally.onAddedSync(this.measured);
    this.host(Cost.doorbell);
    this.program.add(Step.Restart, this.physical(queue, 0));
  }
}
