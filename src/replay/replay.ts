/**
 * One trace through one strategy.
 *
 * The replay is fed batches in trace order. Guest commands become visible at their doorbell: the strategy turns them into
 * host commands (forwarder.ts), and what the vCPU and the host do for them runs on the simulated machine. With ordered DMA
 * commands act on the caches at their doorbell's place in the trace, so that cache outcomes do not depend on timing; with
 * timed DMA both commands and translations act when the machine gets to them (effects.ts). The simulation never runs past
 * the time at which something not yet read from the trace could happen.
 */
import type { CommandEngines } from '../machine/engine/command-engines.js';
import { Simulator } from '../machine/sim/simulator.js';
import { TimedTranslator } from '../machine/translation/timed-translator.js';
import type { LoadedProfile } from '../profiles/load.js';
import { mainCounters } from '../smmu/main-counters.js';
import type { Smmu } from '../smmu/smmu.js';
import { Smmus } from '../smmu/smmus.js';
import { difference, type SmmuSnapshot } from '../smmu/snapshot.js';
import { costTable } from '../strategies/path/costs.js';
import { PathBuilder } from '../strategies/path/path-builder.js';
import { Submission } from '../strategies/path/submission.js';
import type { Migration, StrategyChoice } from '../strategies/spec.js';
import type { Topology } from '../topology/topology.js';
import { type EventBatch, EventFlag, EventKind } from '../trace/events.js';
import { Background } from './background.js';
import type { DmaFeed } from './dma-feed.js';
import type { Effects } from './effects.js';
import type { Faults } from './faults/faults.js';
import type { Guest } from './guest.js';
import { earliestUnreadNs, type GuestClock, GuestClocks } from './guest-clock.js';
import { GuestQueue } from './guest-queue.js';
import { Switchover } from './migration/switchover.js';
import { OrderedDma } from './ordered-dma.js';
import type { ReplayProbe } from './probe.js';
import type { ReplayOptions } from './replay-options.js';
import { SimulatedHost } from './simulated-host.js';
import type { Survey } from './survey.js';
import { TimedDma } from './timed-dma.js';
import { UnmapRequests } from './unmap-requests.js';
import { Vcpu } from './vcpu.js';
import type { Worker } from './worker.js';

/** Submissions that may be buffered because some vCPU's next one is still unread. */
const BACKLOG_LIMIT = 1 << 16;

/** Replay of one trace through one strategy. */
export class Replay {
  readonly simulator = new Simulator();
  readonly engines: CommandEngines;
  /** The VMs of the trace. */
  readonly guests: readonly Guest[];
  /** Changes the paths in the middle of the trace; absent without a migration. */
  readonly switchover: Switchover | undefined;
  readonly topology: Topology;
  readonly smmus: Smmus;
  /** Timed DMA only: one per SMMU. */
  readonly translators: readonly TimedTranslator[];
  readonly dmaFeed: DmaFeed;
  /** Requests from unmap events; undefined: the transport has none, or the trace has no such events. */
  readonly unmaps: UnmapRequests | undefined;
  readonly faults: Faults;
  /** Events fed so far. */
  events = 0;
  private readonly costNs: Float64Array;
  private readonly effects: Effects;
  readonly clocks: GuestClocks;
  /** By number of the queue in the trace, and in the order of first use. */
  private readonly queues: (GuestQueue | undefined)[] = [];
  private readonly queueList: GuestQueue[] = [];
  /** Scratch: handed to a vCPU when it is complete, in exchange for another. */
  private submission = new Submission();
  /** Counters of the SMMUs at the end of the warm-up. */
  private warm: SmmuSnapshot | undefined;
  /** Trace time up to which has been read, relative to its start. */
  private readNs = 0;

  constructor(
    readonly choice: StrategyChoice,
    profile: LoadedProfile,
    private readonly survey: Survey,
    /** Makes the caches of a physical SMMU and of the devices behind it. */
    makeSmmu: (topology: Topology) => Smmu,
    readonly options: ReplayOptions,
    private readonly probe: ReplayProbe,
  ) {
    const { simulator } = this;
    const costNs = costTable(profile);
    this.costNs = costNs;
    this.topology = survey.topology.clone();
    const { topology } = this;
    this.smmus = new Smmus(
      Array.from({ length: topology.smmuCount }, () => makeSmmu(topology)),
      (sid) => topology.smmuOf(sid),
    );
    const isTimed = options.dma === 'timed';
    const { timeline } = options;
    const onTranslation = (ns: number, isMeasured: boolean) => probe.onTranslations(ns, 1, isMeasured);
    const onFirstMeasured = () => this.endWarmup();
    this.translators = isTimed
      ? this.smmus.list.map((smmu) => new TimedTranslator(simulator, smmu, profile, onTranslation, onFirstMeasured))
      : [];
    if (timeline !== undefined) {
      for (const [smmu, translator] of this.translators.entries()) {
        translator.onWalk = (sid, page, fromNs, untilNs) => timeline.onWalk(smmu, sid, page, fromNs, untilNs);
      }
    }
    this.dmaFeed = isTimed
      ? new TimedDma(this.translators, topology, options.msi, survey.originNs, (readNs) => this.advanceTo(readNs))
      : new OrderedDma(this.smmus, topology, options.msi, survey.originNs, probe);
    if (choice.transport.unmapsDerivedFrom !== undefined && survey.hasUnmap) {
      this.unmaps = new UnmapRequests((sid) => topology.asidOfStream(sid));
    }
    const host = new SimulatedHost(choice, profile, costNs, topology, this.smmus, simulator, probe, {
      ...{ isTimed, timeline, takesUnmaps: this.unmaps !== undefined, hasVmids: survey.hasVmids },
      faults: options.faults ?? [],
    });
    this.effects = host.effects;
    this.engines = host.engines;
    this.faults = host.faults;
    this.guests = host.guests;
    this.switchover = choice.migration === undefined ? undefined : this.makeSwitchover(choice.migration);
    this.clocks = new GuestClocks(
      (index, onIdle) =>
        new Vcpu(this.guestOf(index), Math.floor(index / topology.vms), options.pacing, onIdle, this.switchover),
      (clock) => simulator.lowerHorizon(earliestUnreadNs(clock, this.readNs)),
      (index) => (survey.isComplete ? (survey.doorbellsByVcpu.get(index) ?? 0) : Number.POSITIVE_INFINITY),
    );
    for (const index of [...survey.doorbellsByVcpu.keys()].sort((a, b) => a - b)) this.clocks.of(index);
    if (options.background !== undefined) {
      const [{ context, layouts }] = this.guests;
      new Background(context, costNs, layouts[0], options.background, () => this.clocks.isGuestAtWork);
    }
  }

  /** Feed one batch. */
  consume(batch: EventBatch): void {
    const { kind, timeNs, vcpu, queue } = batch;
    const { originNs } = this.survey;
    const { warmup } = this.options;
    const isOrdered = this.translators.length === 0;
    for (let row = 0; row < batch.count; row++) {
      if (this.events === warmup && isOrdered) {
        this.endWarmup();
        this.probe.sampler?.start(timeNs[row] - originNs, mainCounters(this.smmus.list));
      }
      if (kind[row] === EventKind.Dma) {
        row = this.takeDma(batch, row) - 1;
        continue;
      }
      this.events++;
      switch (kind[row]) {
        case EventKind.Cmd:
          this.write(this.queueOf(queue[row]), batch, row);
          break;
        case EventKind.Doorbell:
          this.readNs = timeNs[row] - originNs;
          this.publish(queue[row], this.clocks.of(Math.max(0, vcpu[row])));
          break;
        case EventKind.SyncDone:
          this.seeSyncDone(this.clocks.of(Math.max(0, vcpu[row])), timeNs[row] - originNs);
          break;
        case EventKind.Unmap:
          this.probe.onUnmap(this.events > warmup);
          if ((batch.flags[row] & EventFlag.Deferred) === 0) this.unmaps?.push(batch, row, Math.max(0, vcpu[row]));
          break;
        default: // map changes page tables, not caches
      }
    }
  }

  /** Take the dma events from row `from` on, at most up to the end of the warm-up; returns the row behind them. */
  private takeDma(batch: EventBatch, from: number): number {
    const toWarmup = this.options.warmup - this.events;
    const end = toWarmup > 0 ? Math.min(batch.count, from + toWarmup) : batch.count;
    const to = this.dmaFeed.take(batch, from, end, this.events, toWarmup <= 0);
    this.events += to - from;
    return to;
  }

  /** The trace has ended: run the simulation to its end. */
  finish(): void {
    for (const clock of this.clocks.list) clock.doorbellsLeft = 0;
    this.simulator.run(Number.POSITIVE_INFINITY);
    for (const worker of this.workers) worker.end();
    this.endWarmupAtLast();
    for (const { vcpu } of this.clocks.list) vcpu.end();
    const inFlight = this.translators.reduce((sum, translator) => sum + translator.inFlight, 0);
    const stuck = this.clocks.busy + inFlight;
    if (stuck > 0) throw new Error(`replay stalled at ${this.simulator.nowNs} ns: ${stuck} actors wait for ever`);
  }

  /** What the translation side counted after the warm-up. */
  smmuCounters(): SmmuSnapshot {
    const now = this.smmus.snapshot();
    return this.warm === undefined ? now : difference(now, this.warm);
  }

  /** Guest commands that no doorbell published: never executed. */
  get unpublishedCommands(): number {
    return this.queueList.reduce((sum, queue) => sum + queue.count, 0);
  }

  /** Submissions that started later than they should because too much of the trace would have had to be buffered. */
  get lateStarts(): number {
    return this.clocks.lateStarts;
  }

  /** What the review of the seed patch objected to, by name. */
  get findings(): ReadonlyMap<string, number> {
    const all = new Map<string, number>();
    for (const { forwarder } of this.guests) {
      for (const [name, count] of forwarder.findings.entries()) all.set(name, (all.get(name) ?? 0) + count);
    }
    return all;
  }

  /** Workers of all VMs. */
  get workers(): Worker[] {
    return this.guests.flatMap((guest) => guest.workers);
  }

  private endWarmup(): void {
    if (this.options.warmup > 0) this.warm ??= this.smmus.snapshot();
  }

  /** The trace was not longer than the warm-up, or no translation came after it: nothing of the caches was measured. */
  private endWarmupAtLast(): void {
    this.endWarmup();
    if (this.translators.length > 0 || this.events > this.options.warmup) return;
    this.probe.sampler?.start(this.readNs, mainCounters(this.smmus.list));
  }

  /** The guest writes the command of `row` into `queue`, after what faults insert before it. */
  private write(queue: GuestQueue, { cmd0Low, cmd0High, cmd1Low, cmd1High, flags }: EventBatch, row: number): void {
    const commandFlags = this.faults.plan.beforeCommand(queue, flags[row]);
    queue.push(cmd0Low[row], cmd0High[row], cmd1Low[row], cmd1High[row], commandFlags);
  }

  /** A doorbell, just read: everything pending on its queue becomes one submission of the vCPU that rang. */
  private publish(queueIndex: number, clock: GuestClock): void {
    const { submission, effects, survey, readNs: doorbellNs } = this;
    submission.clear();
    // An operation counts as a whole: the warm-up ends with the one that is under way.
    if (!clock.isInOperation) clock.isMeasured = this.events > this.options.warmup;
    submission.measured = clock.isMeasured;
    submission.path = this.switchover?.pathOf(doorbellNs) ?? 0;
    const { forwarder, vm } = this.guestOf(queueIndex);
    this.unmaps?.publish(clock.index, forwarder, queueIndex, submission);
    const lastSyncNumber = forwarder.publish(this.queueOf(queueIndex), queueIndex, submission);
    submission.vm = vm;
    submission.event = this.events;
    submission.queue = queueIndex;
    submission.lastSyncNumber = lastSyncNumber;
    this.switchover?.published(submission);
    submission.doorbellNs = doorbellNs;
    submission.previousSeenNs = clock.lastSeenNs;
    this.submission = clock.vcpu.enqueue(submission);
    clock.doorbellsLeft--;
    clock.lastSeenNs = doorbellNs;
    clock.isInOperation = lastSyncNumber < 0;
    if (lastSyncNumber >= 0) {
      clock.lastSyncNumber = lastSyncNumber;
      clock.lastQueue = queueIndex;
      clock.isSyncOutstanding = survey.hasSyncDone;
      // Without recorded completions the guest counts as having seen its SYNC when the doorbell's own line was written.
      if (!survey.hasSyncDone) effects.recordedSeen(lastSyncNumber, queueIndex);
    }
    this.advance();
  }

  private seeSyncDone(clock: GuestClock, seenNs: number): void {
    clock.isSyncOutstanding = false;
    clock.lastSeenNs = seenNs;
    this.effects.recordedSeen(clock.lastSyncNumber, clock.lastQueue);
  }

  /** The trace has been read up to `readNs`: run the simulation as far as that allows. */
  private advanceTo(readNs: number): void {
    this.readNs = readNs;
    this.advance();
  }

  /** Run the simulation as far as the trace read so far allows. */
  private advance(): void {
    // With timed DMA, a translation that has not been read yet cannot arrive before what has been read.
    let horizonNs = this.translators.length === 0 ? Number.POSITIVE_INFINITY : this.readNs;
    let backlog = 0;
    for (const clock of this.clocks.list) {
      backlog += clock.vcpu.backlog;
      if (clock.vcpu.isBusy) continue; // lowers the horizon itself once its queue is empty
      const earliest = earliestUnreadNs(clock, this.readNs);
      if (earliest < horizonNs) horizonNs = earliest;
    }
    this.simulator.run(backlog > BACKLOG_LIMIT ? Number.POSITIVE_INFINITY : horizonNs);
  }

  private makeSwitchover(migration: Migration): Switchover {
    const [{ context, layouts }] = this.guests;
    const path = new PathBuilder(this.costNs, context.probe, layouts[0]);
    const oldWorkers = this.guests.flatMap(({ workers, paths }) => workers.slice(0, paths[0].transport.workerCount));
    const takeOver = () => {
      for (const guest of this.guests) guest.changePath();
    };
    return new Switchover(context, migration, path, oldWorkers, takeOver);
  }

  /** The VM of guest queue, or vCPU, `index`: VM k of n has those with index ≡ k (mod n). */
  private guestOf(index: number): Guest {
    return this.guests.length === 1 ? this.guests[0] : this.guests[index % this.guests.length];
  }

  private queueOf(index: number): GuestQueue {
    const known = this.queues[index];
    if (known !== undefined) return known;
    const queue = new GuestQueue();
    this.queues[index] = queue;
    this.queueList.push(queue);
    return queue;
  }
}
