/**
 * One trace through one strategy.
 *
 * The replay is fed batches in trace order. Guest commands become visible at their doorbell: the strategy turns them into
 * host commands, whose effect on the caches takes place at that point of the trace (ordered DMA: a translation keeps its
 * place among the guest's commands, so that cache outcomes do not depend on timing), while their timing runs on the
 * simulated machine. The simulation never runs past the time at which a vCPU could publish something not yet read.
 */
import { CommandEngine } from '../engine/command-engine.js';
import { costTable } from '../path/costs.js';
import { PathBuilder } from '../path/path-builder.js';
import { Submission } from '../path/submission.js';
import type { LoadedProfile } from '../profiles/load.js';
import { FifoLock } from '../sim/fifo-lock.js';
import { Simulator } from '../sim/simulator.js';
import type { Smmu } from '../smmu/smmu.js';
import { difference, type SmmuSnapshot } from '../smmu/snapshot.js';
import { Stage } from '../smmu/stage.js';
import { type HostCommandReceiver, HostCommandSink } from '../strategies/host-commands.js';
import type { StrategyChoice } from '../strategies/spec.js';
import { Handling, type Transport } from '../strategies/transport.js';
import type { Topology } from '../topology/topology.js';
import { type EventBatch, EventFlag, EventKind, Outcome } from '../trace/events.js';
import { Opcode, opcodeClass } from '../trace/opcodes.js';
import { earliestUnreadNs, type GuestClock } from './guest-clock.js';
import { GuestQueue } from './guest-queue.js';
import type { Pacing } from './pacing.js';
import type { ReplayProbe } from './probe.js';
import type { Survey } from './survey.js';
import type { Machine } from './thread.js';
import { Vcpu } from './vcpu.js';
import { Worker } from './worker.js';

/** Submissions that may be buffered because some vCPU's next one is still unread. */
const BACKLOG_LIMIT = 1 << 16;

/** How a replay is run. */
export interface ReplayOptions {
  readonly pacing: Pacing;
  /** Events at the start of the trace that set the state up but do not count. */
  readonly warmup: number;
  /** Leave message-signalled interrupts out. */
  readonly msi: boolean;
}

/** dma events by what became of them. */
export interface DmaCounts {
  translated: number;
  faulted: number;
  bypassed: number;
  aborted: number;
  disabled: number;
  msi: number;
  msiLeftOut: number;
}

/** Replay of one trace through one strategy. */
export class Replay implements HostCommandReceiver {
  readonly simulator = new Simulator();
  readonly engine: CommandEngine;
  readonly vmmLock: FifoLock;
  readonly workers: Worker[] = [];
  readonly transport: Transport;
  readonly topology: Topology;
  readonly smmu: Smmu;
  readonly dma: DmaCounts = { translated: 0, faulted: 0, bypassed: 0, aborted: 0, disabled: 0, msi: 0, msiLeftOut: 0 };
  /** Events fed so far, and how many of them were warm-up. */
  events = 0;
  private readonly machine: Machine;
  private readonly path: PathBuilder;
  private readonly sink: HostCommandSink;
  private readonly clocks = new Map<number, GuestClock>();
  private readonly clockList: GuestClock[] = [];
  private readonly queues = new Map<number, GuestQueue>();
  private readonly submission = new Submission();
  /** Counters of the SMMU at the end of the warm-up. */
  private warm: SmmuSnapshot | undefined;
  private readNs = 0;
  private commandNumber = 0;
  private isOpcodeOnly = false;

  constructor(
    readonly choice: StrategyChoice,
    profile: LoadedProfile,
    private readonly survey: Survey,
    /** Makes the caches of the physical SMMU and of the devices. */
    makeSmmu: (topology: Topology) => Smmu,
    private readonly options: ReplayOptions,
    private readonly probe: ReplayProbe,
  ) {
    const costNs = costTable(profile);
    this.topology = survey.topology.clone();
    this.smmu = makeSmmu(this.topology);
    this.transport = choice.transport.create({
      option: (key) => choice.options.get(key) ?? '',
      parameter: (key) => profile.number(key),
    });
    this.engine = new CommandEngine(this.simulator, profile, costNs, this.transport.queueCount, probe);
    this.vmmLock = new FifoLock(this.simulator);
    this.path = new PathBuilder(costNs, probe);
    this.machine = {
      simulator: this.simulator,
      engine: this.engine,
      vmmLock: this.vmmLock,
      probe,
      workers: this.workers,
    };
    for (let i = 0; i < this.transport.workerCount; i++) {
      this.workers.push(new Worker(this.machine, this.transport, new PathBuilder(costNs, probe)));
    }
    this.sink = new HostCommandSink(choice.targeting.create(this.topology), this);
    for (const index of [...survey.doorbellsByVcpu.keys()].sort((a, b) => a - b)) this.clockOf(index);
  }

  /** Feed one batch. */
  consume(batch: EventBatch): void {
    const { kind, timeNs, vcpu, queue, cmd0Low, cmd0High, cmd1Low, cmd1High, flags } = batch;
    const { originNs } = this.survey;
    const { warmup } = this.options;
    for (let row = 0; row < batch.count; row++) {
      if (this.events === warmup && warmup > 0) this.warm = this.smmu.snapshot();
      this.events++;
      switch (kind[row]) {
        case EventKind.Dma:
          this.translate(batch, row);
          break;
        case EventKind.Cmd:
          this.queueOf(queue[row]).push(cmd0Low[row], cmd0High[row], cmd1Low[row], cmd1High[row], flags[row]);
          break;
        case EventKind.Doorbell:
          this.publish(queue[row], this.clockOf(Math.max(0, vcpu[row])), timeNs[row] - originNs);
          break;
        case EventKind.SyncDone:
          this.seeSyncDone(this.clockOf(Math.max(0, vcpu[row])), timeNs[row] - originNs);
          break;
        default: // map and unmap change page tables, not caches
      }
    }
  }

  /** The trace has ended: run the simulation to its end. */
  finish(): void {
    for (const clock of this.clockList) clock.doorbellsLeft = 0;
    this.simulator.run(Number.POSITIVE_INFINITY);
    const stuck = this.clockList.filter((clock) => clock.vcpu.isBusy);
    if (stuck.length > 0) {
      throw new Error(`replay stalled at ${this.simulator.nowNs} ns: ${stuck.length} vCPU(s) wait for ever`);
    }
  }

  /** What the translation side counted after the warm-up. */
  smmuCounters(): SmmuSnapshot {
    const now = this.smmu.snapshot();
    return this.warm === undefined ? now : difference(now, this.warm);
  }

  /** Guest commands that no doorbell published: never executed. */
  get unpublishedCommands(): number {
    let sum = 0;
    for (const queue of this.queues.values()) sum += queue.count;
    return sum;
  }

  /** Submissions that started later than they should because too much of the trace would have had to be buffered. */
  get lateStarts(): number {
    return this.clockList.reduce((sum, clock) => sum + clock.vcpu.lateStarts, 0);
  }

  get vcpuCount(): number {
    return this.clockList.length;
  }

  onHostCommand(c0Low: number, c0High: number, c1Low: number, c1High: number, sid: number, extraCause: number): void {
    const opcode = c0Low & 0xff;
    this.submission.addHost(opcode, sid);
    this.probe.onHostCommand(opcode, extraCause, this.submission.measured);
    if (!this.isOpcodeOnly) this.smmu.execute(c0Low, c0High, c1Low, c1High, sid);
  }

  private translate(batch: EventBatch, row: number): void {
    const { dma } = this;
    const sid = batch.sid[row];
    const asid = batch.asid[row];
    const isMsi = (batch.flags[row] & EventFlag.Msi) !== 0;
    if (isMsi && !this.options.msi) {
      dma.msiLeftOut++;
      return;
    }
    if (isMsi) dma.msi++;
    const outcome = batch.outcome[row];
    if (outcome === Outcome.Bypass) dma.bypassed++;
    else if (outcome === Outcome.Abort) dma.aborted++;
    else if (outcome === Outcome.Disabled) dma.disabled++;
    if (outcome >= Outcome.Bypass) return;
    dma.translated++;
    const isFault = outcome === Outcome.Fault;
    if (isFault) dma.faulted++;
    if (sid >= 0 && asid >= 0 && batch.ssid[row] < 0) this.topology.bind(sid, asid);
    this.smmu.access.eventNumber = this.events;
    const ns = this.smmu.translate(
      sid,
      batch.ssid[row],
      asid,
      Math.max(0, batch.vmid[row]),
      batch.iovaPage[row],
      batch.pageSizeLog2[row],
      batch.granuleLog2[row],
      (batch.flags[row] & EventFlag.Stage2) !== 0 ? Stage.S2 : Stage.Default,
      isFault,
    );
    this.probe.onTranslation(ns, this.events > this.options.warmup);
  }

  /** A doorbell: everything pending on `queue` becomes one submission of the vCPU that rang. */
  private publish(queueIndex: number, clock: GuestClock, doorbellNs: number): void {
    const queue = this.queueOf(queueIndex);
    const { submission } = this;
    submission.clear();
    submission.measured = this.events > this.options.warmup;
    let previousOpcode = -1;
    for (let row = 0; row < queue.count; row++) {
      this.forward(queue, queueIndex, row, previousOpcode);
      const opcode = queue.c0Low[row] & 0xff;
      if (opcode !== Opcode.SYNC) previousOpcode = opcode;
      else clock.lastSyncNumber = this.commandNumber;
    }
    queue.clear();
    clock.lastQueue = queueIndex;
    clock.vcpu.enqueue(submission, doorbellNs, clock.lastSeenNs);
    clock.doorbellsLeft--;
    clock.lastSeenNs = doorbellNs;
    if (submission.syncCount > 0) {
      clock.isSyncOutstanding = this.survey.hasSyncDone;
      // Without recorded completions the guest counts as having seen its SYNC when the doorbell's own line was written.
      if (!this.survey.hasSyncDone) this.smmu.syncSeen(clock.lastSyncNumber, clock.lastQueue);
    }
    this.readNs = doorbellNs;
    this.advance();
  }

  private forward(queue: GuestQueue, queueIndex: number, row: number, previousOpcode: number): void {
    const { submission, smmu, probe } = this;
    const c0Low = queue.c0Low[row];
    const c0High = queue.c0High[row];
    const c1Low = queue.c1Low[row];
    const c1High = queue.c1High[row];
    const opcode = c0Low & 0xff;
    this.commandNumber++;
    this.isOpcodeOnly = (queue.flags[row] & EventFlag.OpcodeOnly) !== 0;
    submission.addGuest(opcode);
    if (opcode === Opcode.ATC_INV && !this.isOpcodeOnly && !this.topology.hasAts(c0High)) {
      this.topology.noteAts(c0High);
      this.topology.discoveredLate++;
    }
    if (!this.isOpcodeOnly) smmu.condemn(c0Low, c0High, c1Low, c1High, this.commandNumber, queueIndex);
    this.sink.isSidUnknown = this.isOpcodeOnly;
    const handling = this.transport.forward(c0Low, c0High, c1Low, c1High, this.sink, previousOpcode);
    // Emulated configuration commands still reach the physical SMMU's configuration, by way of the host's own driver.
    if (handling === Handling.Emulated && opcodeClass(opcode) === 'config' && !this.isOpcodeOnly) {
      smmu.execute(c0Low, c0High, c1Low, c1High, -1);
    }
    probe.onGuestCommand(opcode, handling === Handling.Forwarded, submission.measured);
    if (handling === Handling.Refused) probe.onRefused(opcode, submission.measured);
  }

  private seeSyncDone(clock: GuestClock, seenNs: number): void {
    clock.isSyncOutstanding = false;
    clock.lastSeenNs = seenNs;
    this.smmu.syncSeen(clock.lastSyncNumber, clock.lastQueue);
  }

  /** Run the simulation as far as the trace read so far allows. */
  private advance(): void {
    let horizonNs = Number.POSITIVE_INFINITY;
    let backlog = 0;
    for (const clock of this.clockList) {
      backlog += clock.vcpu.backlog;
      if (clock.vcpu.isBusy) continue; // tells us itself when it runs dry
      const earliest = earliestUnreadNs(clock, this.readNs);
      if (earliest < horizonNs) horizonNs = earliest;
    }
    this.simulator.run(backlog > BACKLOG_LIMIT ? Number.POSITIVE_INFINITY : horizonNs);
  }

  private clockOf(index: number): GuestClock {
    let clock = this.clocks.get(index);
    if (clock === undefined) {
      const vcpu = new Vcpu(this.machine, index, this.transport, this.path, this.options.pacing, () => {
        this.simulator.lowerHorizon(earliestUnreadNs(clock as GuestClock, this.readNs));
      });
      clock = {
        vcpu,
        lastSeenNs: 0,
        isSyncOutstanding: false,
        lastSyncNumber: 0,
        lastQueue: 0,
        doorbellsLeft: this.survey.isComplete
          ? (this.survey.doorbellsByVcpu.get(index) ?? 0)
          : Number.POSITIVE_INFINITY,
      };
      this.clocks.set(index, clock);
      this.clockList.push(clock);
    }
    return clock;
  }

  private queueOf(index: number): GuestQueue {
    let queue = this.queues.get(index);
    if (queue === undefined) {
      queue = new GuestQueue();
      this.queues.set(index, queue);
    }
    return queue;
  }
}
