/**
 * One trace through one strategy.
 *
 * The replay is fed batches in trace order. Guest commands become visible at their doorbell: the strategy turns them into
 * host commands (forwarder.ts), and what the vCPU and the host do for them runs on the simulated machine. With ordered DMA
 * commands act on the caches at their doorbell's place in the trace, so that cache outcomes do not depend on timing; with
 * timed DMA both commands and translations act when the machine gets to them (effects.ts). The simulation never runs past
 * the time at which something not yet read from the trace could happen.
 */
import { CommandEngine } from '../engine/command-engine.js';
import type { Fault } from '../faults/fault.js';
import { Cost, costTable } from '../path/costs.js';
import { PathBuilder } from '../path/path-builder.js';
import { Submission } from '../path/submission.js';
import type { LoadedProfile } from '../profiles/load.js';
import { FifoLock } from '../sim/fifo-lock.js';
import { Simulator } from '../sim/simulator.js';
import type { Smmu } from '../smmu/smmu.js';
import { difference, type SmmuSnapshot } from '../smmu/snapshot.js';
import type { StrategyChoice } from '../strategies/spec.js';
import type { Transport } from '../strategies/transport.js';
import type { Topology } from '../topology/topology.js';
import { type EventBatch, EventKind } from '../trace/events.js';
import { TimedTranslator } from '../translation/timed-translator.js';
import { DmaFeed, type DmaMode } from './dma-feed.js';
import { type Effects, OrderedEffects, TimedEffects } from './effects.js';
import { Faults } from './faults.js';
import { FaultyPath } from './faulty-path.js';
import { Forwarder } from './forwarder.js';
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
  readonly dma: DmaMode;
  /** Events at the start of the trace that set the state up but do not count. */
  readonly warmup: number;
  /** Message-signalled interrupts count as translations. */
  readonly msi: boolean;
  /** Faults to inject. */
  readonly faults?: readonly Fault[] | undefined;
}

/** Replay of one trace through one strategy. */
export class Replay {
  readonly simulator = new Simulator();
  readonly engine: CommandEngine;
  readonly vmmLock = new FifoLock(this.simulator);
  readonly workers: Worker[] = [];
  readonly transport: Transport;
  readonly topology: Topology;
  readonly smmu: Smmu;
  /** Timed DMA only. */
  readonly translator: TimedTranslator | undefined;
  readonly dmaFeed: DmaFeed;
  readonly faults: Faults | undefined;
  /** Events fed so far. */
  events = 0;
  private readonly effects: Effects;
  private readonly forwarder: Forwarder;
  private readonly machine: Machine;
  private readonly path: PathBuilder;
  private readonly clocks = new Map<number, GuestClock>();
  private readonly clockList: GuestClock[] = [];
  private readonly queues = new Map<number, GuestQueue>();
  private readonly submission = new Submission();
  /** Counters of the SMMU at the end of the warm-up. */
  private warm: SmmuSnapshot | undefined;
  /** Trace time up to which has been read, relative to its start. */
  private readNs = 0;

  constructor(
    readonly choice: StrategyChoice,
    profile: LoadedProfile,
    private readonly survey: Survey,
    /** Makes the caches of the physical SMMU and of the devices. */
    makeSmmu: (topology: Topology) => Smmu,
    private readonly options: ReplayOptions,
    probe: ReplayProbe,
  ) {
    const { simulator } = this;
    const costNs = costTable(profile);
    this.topology = survey.topology.clone();
    this.smmu = makeSmmu(this.topology);
    const isTimed = options.dma === 'timed';
    const onTranslation = (ns: number, isMeasured: boolean) => probe.onTranslation(ns, isMeasured);
    const onFirstMeasured = () => this.endWarmup();
    this.translator = isTimed
      ? new TimedTranslator(simulator, this.smmu, profile, onTranslation, onFirstMeasured)
      : undefined;
    this.dmaFeed = new DmaFeed(this.smmu, this.topology, this.translator, options.msi, onTranslation);
    this.transport = choice.transport.create({
      option: (key) => choice.options.get(key) ?? '',
      parameter: (key) => profile.number(key),
    });
    this.effects = isTimed ? new TimedEffects(this.smmu, this.transport.isQueuePerVcpu) : new OrderedEffects(this.smmu);
    const onExecuted = (ref: number) => this.effects.execute(ref);
    this.engine = new CommandEngine(simulator, profile, costNs, this.transport.queueCount, probe, onExecuted);
    const { engine, vmmLock, effects, workers } = this;
    const faults = options.faults?.length
      ? new Faults(options.faults, choice, profile, costNs, this.topology, simulator, probe)
      : undefined;
    this.faults = faults;
    faults?.attach(engine);
    this.machine = { simulator, engine, vmmLock, probe, effects, workers, faults, casRetryNs: costNs[Cost.casRetry] };
    const makePath = () =>
      faults === undefined ? new PathBuilder(costNs, probe) : new FaultyPath(costNs, probe, faults);
    this.path = makePath();
    for (let i = 0; i < this.transport.workerCount; i++) {
      workers.push(new Worker(this.machine, this.transport, makePath()));
    }
    const targeting = choice.targeting.create(this.topology);
    const ownsStage1Only = choice.transport.walkStage === 'nested';
    this.forwarder = new Forwarder(
      this.transport,
      targeting,
      this.topology,
      effects,
      probe,
      ownsStage1Only,
      faults?.plan,
    );
    for (const index of [...survey.doorbellsByVcpu.keys()].sort((a, b) => a - b)) this.clockOf(index);
  }

  /** Feed one batch. */
  consume(batch: EventBatch): void {
    const { kind, timeNs, vcpu, queue } = batch;
    const { originNs } = this.survey;
    const { warmup } = this.options;
    const isTimed = this.translator !== undefined;
    for (let row = 0; row < batch.count; row++) {
      if (this.events === warmup && !isTimed) this.endWarmup();
      this.events++;
      switch (kind[row]) {
        case EventKind.Dma:
          if (this.dmaFeed.take(batch, row, originNs, this.events, this.events > warmup)) {
            this.readNs = timeNs[row] - originNs;
            this.advance();
          }
          break;
        case EventKind.Cmd:
          this.write(this.queueOf(queue[row]), batch, row);
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
    const stuck = this.clockList.filter((clock) => clock.vcpu.isBusy).length + (this.translator?.inFlight ?? 0);
    if (stuck > 0) throw new Error(`replay stalled at ${this.simulator.nowNs} ns: ${stuck} actors wait for ever`);
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

  /** What the review of the seed patch objected to, by name. */
  get findings(): ReadonlyMap<string, number> {
    return this.forwarder.findings;
  }

  get vcpuCount(): number {
    return this.clockList.length;
  }

  private endWarmup(): void {
    if (this.options.warmup > 0) this.warm = this.smmu.snapshot();
  }

  /** The guest writes the command of `row` into `queue`, after what faults insert before it. */
  private write(queue: GuestQueue, { cmd0Low, cmd0High, cmd1Low, cmd1High, flags }: EventBatch, row: number): void {
    const commandFlags = this.faults === undefined ? flags[row] : this.faults.plan.beforeCommand(queue, flags[row]);
    queue.push(cmd0Low[row], cmd0High[row], cmd1Low[row], cmd1High[row], commandFlags);
  }

  /** A doorbell: everything pending on its queue becomes one submission of the vCPU that rang. */
  private publish(queueIndex: number, clock: GuestClock, doorbellNs: number): void {
    const { submission, effects, survey } = this;
    submission.clear();
    submission.measured = this.events > this.options.warmup;
    const lastSyncNumber = this.forwarder.publish(this.queueOf(queueIndex), queueIndex, submission);
    submission.queue = queueIndex;
    submission.lastSyncNumber = lastSyncNumber;
    clock.vcpu.enqueue(submission, doorbellNs, clock.lastSeenNs);
    clock.doorbellsLeft--;
    clock.lastSeenNs = doorbellNs;
    if (lastSyncNumber >= 0) {
      clock.lastSyncNumber = lastSyncNumber;
      clock.lastQueue = queueIndex;
      clock.isSyncOutstanding = survey.hasSyncDone;
      // Without recorded completions the guest counts as having seen its SYNC when the doorbell's own line was written.
      if (!survey.hasSyncDone) effects.recordedSeen(lastSyncNumber, queueIndex);
    }
    this.readNs = doorbellNs;
    this.advance();
  }

  private seeSyncDone(clock: GuestClock, seenNs: number): void {
    clock.isSyncOutstanding = false;
    clock.lastSeenNs = seenNs;
    this.effects.recordedSeen(clock.lastSyncNumber, clock.lastQueue);
  }

  /** Run the simulation as far as the trace read so far allows. */
  private advance(): void {
    // With timed DMA, a translation that has not been read yet cannot arrive before what has been read.
    let horizonNs = this.translator === undefined ? Number.POSITIVE_INFINITY : this.readNs;
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
    const known = this.clocks.get(index);
    if (known !== undefined) return known;
    const { survey } = this;
    const vcpu = new Vcpu(this.machine, index, this.transport, this.path, this.options.pacing, () => {
      this.simulator.lowerHorizon(earliestUnreadNs(clock, this.readNs));
    });
    const clock: GuestClock = {
      vcpu,
      lastSeenNs: 0,
      isSyncOutstanding: false,
      lastSyncNumber: -1,
      lastQueue: 0,
      doorbellsLeft: survey.isComplete ? (survey.doorbellsByVcpu.get(index) ?? 0) : Number.POSITIVE_INFINITY,
    };
    this.clocks.set(index, clock);
    this.clockList.push(clock);
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
