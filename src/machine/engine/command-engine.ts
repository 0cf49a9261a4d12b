/**
 * The SMMU's command engine: one serial consumer of all command queues.
 *
 * It fetches one 16-byte command at a time (Tm each), executes it, and only then fetches the next: MMU-700 keeps one fetch
 * and one invalidation message in flight (facts M §0.8, §3.1). Queues with pending commands are served in turn, one
 * command list each (up to its SYNC) or, with `smmu.arbitration=command`, one command each. A CMD_SYNC holds its own queue
 * until every ATC invalidation of that queue has completed; other queues go on. Seeing the SYNC done costs its issuer
 * `sync_complete` more and does not occupy the engine.
 */

import type { LoadedProfile } from '../../profiles/load.js';
import { Cost } from '../../strategies/path/costs.js';
import { Opcode } from '../../trace/opcodes.js';
import type { Actor, Simulator } from '../sim/simulator.js';
import { AtcLinks } from './atc-links.js';
import type { CommandQueue } from './command-queue.js';
import { type EngineProbe, type EngineTimeline, HALTING, type SyncWaiter } from './contracts.js';
import { executionCost, isSentToDevice } from './execution-cost.js';
import { CommandError, ILLEGAL } from './queue-errors.js';
import { type QueueServer, ServedQueue } from './served-queue.js';

/** Who is interrupted when a queue stops with an error, and has to acknowledge it. */
export interface ErrorHandler {
  /** Device whose ATC invalidations time out as errors at the CMD_SYNC; -1 = none. */
  readonly silentSid: number;
  /** `queue` stops at `atNs` with `code`, CONS on the command; `publishedNs` is the publication of what failed. */
  onQueueError(queue: ServedQueue, code: CommandError, atNs: number, publishedNs: number): void;
}

/** Idle queues that are watched all the same, because most queues have something to do again soon. */
const MOST_IDLE_WATCHED = 4;

/** Serial consumer of the SMMU's command queues. */
export class CommandEngine implements Actor, QueueServer {
  readonly queues: readonly ServedQueue[];
  /** Interrupted by errors; absent: an error stands until somebody acknowledges it, and no device fails a SYNC. */
  errorHandler: ErrorHandler | undefined;
  readonly timeoutNs: number;
  private readonly links: AtcLinks;
  private readonly waiters: SyncWaiter[] = [];
  private readonly actor: number;
  private readonly arbitratesByList: boolean;
  private readonly silentSid: number;
  private isAwake = false;
  /** Time until which a command occupies the engine, and the release of a held queue that it sleeps until; -1: none. */
  private busyUntilNs = 0;
  private releaseNs = -1;
  private isAsleep = false;
  private turn = 0;
  /** Numbers of the queues that are watched, ascending, in rows 0 … watchedCount − 1: the others are empty and cost nothing. */
  private readonly watched: Int32Array;
  private watchedCount = 0;
  private readonly executeCost = new Int32Array(256);
  private readonly fetchNs: number;
  private readonly syncCompleteNs: number;
  /** Requests that a silent device let time out, each reported as CERROR_ATC_INV_SYNC at the SYNC behind it. */
  atcTimeouts = 0;
  /** Total time spent fetching and executing, ns. */
  busyNs = 0;

  constructor(
    private readonly simulator: Simulator,
    profile: LoadedProfile,
    private readonly costNs: Float64Array,
    queueCount: number,
    private readonly probe: EngineProbe,
    /** The command filed under a reference has been executed, at the simulator's present time. */
    private readonly onExecuted: (ref: number) => void,
    readonly timeline?: EngineTimeline,
    /** Number of the SMMU. */
    readonly smmu = 0,
  ) {
    this.actor = simulator.register(this);
    this.links = new AtcLinks(simulator, profile, onExecuted);
    this.arbitratesByList = profile.text('smmu.arbitration') === 'list';
    this.silentSid = profile.number('atc.silent_sid');
    this.timeoutNs = profile.number('atc.timeout_ns');
    this.fetchNs = costNs[Cost.fetch];
    this.syncCompleteNs = costNs[Cost.syncComplete];
    const log2 = profile.number('smmu.cmdq_log2');
    this.queues = Array.from({ length: queueCount }, (_, number) => new ServedQueue(this, simulator, number, log2));
    this.watched = new Int32Array(queueCount);
    for (let opcode = 0; opcode < 256; opcode++) this.executeCost[opcode] = executionCost(opcode);
  }

  /** Register a thread; the returned number is the `owner` of its entries. */
  addWaiter(waiter: SyncWaiter): number {
    return this.waiters.push(waiter) - 1;
  }

  /** Thread `owner` has given up waiting: what it has in the queues runs on, and nobody is told. */
  disown(owner: number): void {
    for (const queue of this.queues) queue.disown(owner);
    this.waiters[owner].syncsOutstanding = 0;
  }

  /** `queue` may have something to do: start consuming if idle. */
  ring(queue: ServedQueue): void {
    if (!queue.isWatched) this.watch(queue);
    if (this.isAwake && !this.isAsleep) return;
    this.isAwake = true;
    this.isAsleep = false;
    this.simulator.schedule(this.simulator.nowNs, this.actor);
  }

  wake(): void {
    const { simulator } = this;
    if (simulator.nowNs === this.releaseNs) this.releaseNs = -1;
    // A release that it no longer sleeps for comes in the middle of a command.
    if (simulator.nowNs < this.busyUntilNs) return;
    this.isAsleep = false;
    for (;;) {
      const startNs = simulator.nowNs;
      const queue = this.nextQueue(startNs);
      if (queue === undefined) {
        this.sleepUntilReleased();
        return;
      }
      const opcode = queue.ring.opcode[queue.ring.head];
      const freeNs = this.consumeOne(queue, queue.ring, startNs);
      this.busyNs += freeNs - startNs;
      this.busyUntilNs = freeNs;
      if (this.timeline !== undefined) this.reportExecution(this.timeline, queue, opcode, startNs, freeNs);
      if (!simulator.tryAdvance(freeNs)) {
        simulator.schedule(freeNs, this.actor);
        return;
      }
    }
  }

  /** The command at CONS of `queue` was taken up at `startNs`. */
  private reportExecution(
    timeline: EngineTimeline,
    queue: ServedQueue,
    opcode: number,
    startNs: number,
    endNs: number,
  ): void {
    const { number, ring, heldUntilNs } = queue;
    timeline.onExecuted(this.smmu, number, ring.consumed, opcode, startNs, startNs + this.fetchNs, endNs, heldUntilNs);
  }

  /** Next queue in turn that has a command and is not held. Moves CONS past finished commands. */
  private nextQueue(nowNs: number): ServedQueue | undefined {
    const { queues, watched, watchedCount } = this;
    let first = 0;
    while (first < watchedCount && watched[first] < this.turn) first++;
    let found: ServedQueue | undefined;
    let idle = 0;
    for (let i = first; i < first + watchedCount; i++) {
      const queue = queues[watched[i < watchedCount ? i : i - watchedCount]];
      if (queue.isHalted || queue.heldUntilNs > nowNs) continue;
      if (queue.isHeadTaken) this.finishHead(queue);
      if (queue.isHalted) continue;
      if (!queue.ring.hasPublished) idle++;
      else if (found === undefined) found = queue;
    }
    if (idle > MOST_IDLE_WATCHED) this.dropIdle();
    if (found !== undefined) {
      const { opcode, head } = found.ring;
      const staysForList = this.arbitratesByList && opcode[head] !== Opcode.SYNC;
      const next = found.number + 1;
      if (staysForList) this.turn = found.number;
      else this.turn = next === queues.length ? 0 : next;
    }
    return found;
  }

  private watch(queue: ServedQueue): void {
    const { watched } = this;
    queue.isWatched = true;
    let at = this.watchedCount++;
    for (; at > 0 && watched[at - 1] > queue.number; at--) watched[at] = watched[at - 1];
    watched[at] = queue.number;
  }

  private dropIdle(): void {
    const { watched, queues } = this;
    let kept = 0;
    for (let i = 0; i < this.watchedCount; i++) {
      const queue = queues[watched[i]];
      queue.isWatched = queue.ring.hasPublished;
      if (queue.isWatched) watched[kept++] = queue.number;
    }
    this.watchedCount = kept;
  }

  /** The command at CONS is done. */
  private finishHead(queue: ServedQueue): void {
    const { ring, errors } = queue;
    queue.isHeadTaken = false;
    const slot = ring.head;
    if (errors.isSyncFailing) {
      this.stopAtSync(queue, this.waiters[ring.owner[slot]]);
      return;
    }
    const ref = ring.ref[slot];
    // An ATC_INV acts when its device has worked on it; the link says so.
    if (ref >= 0 && !isSentToDevice(ring.opcode[slot], ring.sid[slot])) this.onExecuted(ref);
    queue.consume();
  }

  private sleepUntilReleased(): void {
    const { queues, watched } = this;
    let earliest = Number.POSITIVE_INFINITY;
    for (let i = 0; i < this.watchedCount; i++) {
      const { ring, isHalted, heldUntilNs } = queues[watched[i]];
      if (ring.hasPublished && !isHalted && heldUntilNs < earliest) earliest = heldUntilNs;
    }
    if (earliest === Number.POSITIVE_INFINITY) {
      this.isAwake = false;
      return;
    }
    this.isAsleep = true;
    if (earliest === this.releaseNs) return; // it is woken then anyway
    this.releaseNs = earliest;
    this.simulator.schedule(earliest, this.actor);
  }

  /** Consume the command at CONS of `queue`; returns when the engine is free again. */
  private consumeOne(queue: ServedQueue, ring: CommandQueue, nowNs: number): number {
    const slot = ring.head;
    const opcode = ring.opcode[slot];
    const owner = ring.owner[slot];
    const waiter = owner >= 0 ? this.waiters[owner] : undefined;
    const fetchedNs = nowNs + this.fetchNs;
    if (waiter !== undefined) {
      queue.errors.charge(waiter);
      waiter.chargeUntil(Cost.queueWait, nowNs);
      waiter.chargeUntil(Cost.fetch, fetchedNs);
    }
    if (opcode === HALTING || opcode === ILLEGAL) {
      queue.isHalted = true;
      if (opcode === ILLEGAL) this.stop(queue, CommandError.Illegal, fetchedNs, ring.publishedNs[slot]);
      else if (waiter !== undefined && --waiter.syncsOutstanding === 0) {
        this.simulator.schedule(fetchedNs, waiter.actor);
      }
      return fetchedNs;
    }
    queue.isHeadTaken = true;
    if (opcode === Opcode.SYNC) {
      this.executeSync(queue, waiter, fetchedNs);
      return fetchedNs;
    }
    const cost = this.executeCost[opcode];
    const executedNs = fetchedNs + this.costNs[cost];
    if (waiter !== undefined) waiter.chargeUntil(cost, executedNs);
    queue.heldUntilNs = executedNs;
    let effectNs = executedNs;
    if (isSentToDevice(opcode, ring.sid[slot])) {
      effectNs = this.sendToDevice(ring.sid[slot], executedNs, ring.ref[slot], queue);
      if (ring.sid[slot] === this.errorHandler?.silentSid) {
        // It never takes effect; the SYNC behind it fails.
        queue.errors.expectSilence(effectNs, ring.publishedNs[slot]);
        return executedNs;
      }
      if (effectNs > queue.atcDoneNs) queue.atcDoneNs = effectNs;
    }
    if (ring.publishedNs[slot] >= 0) {
      this.probe.onCommandEffect(opcode, ring.publishedNs[slot], effectNs, ring.measured[slot] === 1);
    }
    return executedNs;
  }

  /** The CMD_SYNC at CONS, fetched at `fetchedNs`, holds its queue until its ATC invalidations are done. */
  private executeSync(queue: ServedQueue, waiter: SyncWaiter | undefined, fetchedNs: number): void {
    const { errors } = queue;
    if (errors.silentUntilNs >= 0) {
      errors.isSyncFailing = true;
      queue.heldUntilNs = Math.max(fetchedNs, errors.silentUntilNs);
      return;
    }
    const readyNs = Math.max(fetchedNs, queue.atcDoneNs);
    queue.heldUntilNs = readyNs;
    if (waiter === undefined) return;
    waiter.chargeUntil(Cost.atcWait, readyNs);
    if (--waiter.syncsOutstanding !== 0) return;
    const seenNs = readyNs + this.syncCompleteNs;
    waiter.chargeUntil(Cost.syncComplete, seenNs);
    this.simulator.schedule(seenNs, waiter.actor);
  }

  /** The CMD_SYNC at CONS has failed; `waiter` has waited for the device until now. */
  private stopAtSync(queue: ServedQueue, waiter: SyncWaiter | undefined): void {
    const { nowNs } = this.simulator;
    queue.isHalted = true;
    waiter?.chargeUntil(Cost.atcWait, nowNs);
    this.stop(queue, CommandError.AtcInvSync, nowNs, queue.errors.silentPublishedNs);
  }

  private stop(queue: ServedQueue, code: CommandError, atNs: number, publishedNs: number): void {
    queue.errors.stop(code, atNs);
    this.errorHandler?.onQueueError(queue, code, atNs, publishedNs);
  }

  /** Hand an ATC_INV over; returns when its completion, or the end of waiting for it, is in. */
  private sendToDevice(sid: number, nowNs: number, ref: number, queue: ServedQueue): number {
    if (sid === this.silentSid || sid === this.errorHandler?.silentSid) {
      this.atcTimeouts++;
      return nowNs + this.timeoutNs;
    }
    const link = this.links.of(sid);
    const completeNs = link.send(nowNs, ref);
    if (this.timeline !== undefined) {
      const [fromNs, untilNs] = link.lastWorkNs;
      this.timeline.onDeviceWork(this.smmu, queue.number, queue.ring.consumed, sid, fromNs, untilNs);
    }
    return completeNs;
  }
}
