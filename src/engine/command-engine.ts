/**
 * The SMMU's command engine: one serial consumer of all command queues.
 *
 * It fetches one 16-byte command at a time (Tm each), executes it, and only then fetches the next: MMU-700 keeps one fetch
 * and one invalidation message in flight (facts M §0.8, §3.1). Queues with pending commands are served in turn, one
 * command list each (up to its SYNC) or, with `smmu.arbitration=command`, one command each. A CMD_SYNC holds its own queue until every ATC invalidation of that queue has completed; other queues go
 * on. Seeing the SYNC done costs its issuer `sync_complete` more and does not occupy the engine.
 */
import { Cost } from '../path/costs.js';
import type { LoadedProfile } from '../profiles/load.js';
import { FifoLock } from '../sim/fifo-lock.js';
import type { Actor, Simulator } from '../sim/simulator.js';
import { Opcode } from '../trace/opcodes.js';
import { AtcLinks } from './atc-links.js';
import { CommandQueue } from './command-queue.js';
import { type EngineProbe, type EngineTimeline, HALTING, type SyncWaiter } from './contracts.js';
import { executionCost, isSentToDevice } from './execution-cost.js';
import { Gather, type GatherSet } from './gather.js';
import { CommandError, ILLEGAL, QueueErrors } from './queue-errors.js';
import { QueueRoom } from './queue-room.js';

/** Serial consumer of the SMMU's command queues. */
export class CommandEngine implements Actor {
  readonly queues: CommandQueue[] = [];
  /** Time until which the command at each queue's CONS occupies it (a SYNC may be held by ATC completions). */
  private readonly heldUntilNs: Float64Array;
  /** True while the command at CONS has been taken up and CONS has not yet moved past it. */
  private readonly isHeadTaken: boolean[] = [];
  /** True while a queue stands at a command that it cannot run. */
  private readonly isHalted: boolean[] = [];
  /** Completion of the latest ATC invalidation of each queue. */
  private readonly atcDoneNs: Float64Array;
  private readonly links: AtcLinks;
  private readonly waiters: SyncWaiter[] = [];
  /** Promised and awaited entries of each queue. */
  private readonly rooms: QueueRoom[] = [];
  /** Who writes PROD for whom, per queue. */
  readonly gathers: Gather[] = [];
  /** The {PROD, CONS} word of each queue, which producers win one after the other. */
  readonly reservations: FifoLock[] = [];
  /** Queues that stop with an error. */
  readonly errors = new QueueErrors();
  private readonly actor: number;
  private readonly arbitratesByList: boolean;
  private readonly silentSid: number;
  private readonly timeoutNs: number;
  private isAwake = false;
  /** Time until which a command occupies the engine, and the release of a held queue that it sleeps until; -1: none. */
  private busyUntilNs = 0;
  private releaseNs = -1;
  private isAsleep = false;
  private turn = 0;
  private readonly executeCost = new Int32Array(256);
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
    private readonly timeline?: EngineTimeline,
    /** Number of the SMMU, for the timeline. */
    private readonly smmu = 0,
  ) {
    this.actor = simulator.register(this);
    this.links = new AtcLinks(simulator, profile, onExecuted);
    this.arbitratesByList = profile.text('smmu.arbitration') === 'list';
    this.silentSid = profile.number('atc.silent_sid');
    this.timeoutNs = profile.number('atc.timeout_ns');
    this.heldUntilNs = new Float64Array(queueCount);
    this.atcDoneNs = new Float64Array(queueCount);
    for (let q = 0; q < queueCount; q++) {
      const ring = new CommandQueue(profile.number('smmu.cmdq_log2'));
      this.queues.push(ring);
      this.rooms.push(new QueueRoom(simulator, ring));
      this.reservations.push(new FifoLock(simulator));
      this.gathers.push(new Gather(simulator));
      this.isHeadTaken.push(false);
      this.isHalted.push(false);
      this.errors.addQueue();
    }
    for (let opcode = 0; opcode < 256; opcode++) this.executeCost[opcode] = executionCost(opcode);
  }

  /** Register a thread; the returned number is the `owner` of its entries. */
  addWaiter(waiter: SyncWaiter): number {
    return this.waiters.push(waiter) - 1;
  }

  /** Promise `slots` entries of `queue` to `waiter`. True: now; false: it is woken when they have been promised. */
  reserve(queue: number, slots: number, waiter: SyncWaiter): boolean {
    return this.rooms[queue].reserve(slots, waiter);
  }

  /** Turn a promise into the next `slots` entries of `queue` for `producer`, who owns the gather set or joins it. */
  join(queue: number, slots: number, producer: SyncWaiter): GatherSet {
    return this.gathers[queue].join(this.rooms[queue].allocate(slots), slots, producer.actor);
  }

  /** Fill the allocated entry `sequence` of `queue`; it becomes visible when its gather set is published. */
  fill(
    queue: number,
    sequence: number,
    opcode: number,
    owner: number,
    sid: number,
    publishedNs: number,
    measured: number,
    ref: number,
  ): void {
    if ((opcode === Opcode.SYNC || opcode === HALTING) && owner >= 0) this.waiters[owner].syncsOutstanding++;
    this.queues[queue].fill(sequence, opcode, owner, sid, publishedNs, measured, ref);
  }

  /** The owner of `set` writes PROD once for the whole set. */
  publish(queue: number, set: GatherSet): void {
    this.queues[queue].publish(set.endSequence);
    this.timeline?.onDepth(this.smmu, queue, this.simulator.nowNs, this.queues[queue].fetchable);
    this.gathers[queue].published(set);
    this.ring();
  }

  /** The command at which `queue` halted has been replaced by a CMD_SYNC that nobody waits for; go on. */
  restart(queue: number): void {
    this.overwriteHead(queue);
    this.isHalted[queue] = false;
    this.ring();
  }

  /** A driver overwrites the slot at CONS of `queue` with a CMD_SYNC that nobody waits for. */
  overwriteHead(queue: number): void {
    const ring = this.queues[queue];
    ring.opcode[ring.head] = Opcode.SYNC;
    ring.owner[ring.head] = -1;
    ring.ref[ring.head] = -1;
  }

  /**
   * GERRORN is written: `queue` fetches again, from the very slot at which it stopped. A CMD_SYNC that failed waits for the
   * device once more as long as somebody waits for it; after that, here an estimate, the SMMU takes the request for done.
   */
  acknowledge(queue: number): void {
    const { errors, simulator } = this;
    const hadSyncError = errors.code[queue] === CommandError.AtcInvSync;
    if (!errors.acknowledge(queue, simulator.nowNs)) return;
    if (hadSyncError) {
      const ring = this.queues[queue];
      errors.silentUntilNs[queue] = ring.owner[ring.head] < 0 ? -1 : simulator.nowNs + this.timeoutNs;
    }
    this.isHalted[queue] = false;
    this.ring();
  }

  /** `queue` is empty and no ATC invalidation of it is under way. */
  isDrained(queue: number): boolean {
    return this.queues[queue].isEmpty && this.atcDoneNs[queue] <= this.simulator.nowNs;
  }

  /** Thread `owner` has given up waiting: what it has in the queues runs on, and nobody is told. */
  disown(owner: number): void {
    for (const ring of this.queues) {
      for (let i = 0; i < ring.pending; i++) {
        const slot = (ring.cons + i) & (ring.capacity - 1);
        if (ring.owner[slot] === owner) ring.owner[slot] = -1;
      }
    }
    this.waiters[owner].syncsOutstanding = 0;
  }

  /** There may be something to do: start consuming if idle. */
  private ring(): void {
    if (this.isAwake && !this.isAsleep) return;
    this.isAwake = true;
    this.isAsleep = false;
    this.simulator.schedule(this.simulator.nowNs, this.actor);
  }

  wake(): void {
    const { simulator, queues } = this;
    if (simulator.nowNs === this.releaseNs) this.releaseNs = -1;
    // A release that it no longer sleeps for comes in the middle of a command.
    if (simulator.nowNs < this.busyUntilNs) return;
    this.isAsleep = false;
    for (;;) {
      const queue = this.nextQueue(simulator.nowNs);
      if (queue < 0) {
        this.sleepUntilReleased();
        return;
      }
      const startNs = simulator.nowNs;
      const opcode = queues[queue].opcode[queues[queue].head];
      const freeNs = this.consumeOne(queue, queues[queue], startNs);
      if (this.timeline !== undefined) this.tell(this.timeline, queue, opcode, startNs, freeNs);
      this.busyUntilNs = freeNs;
      if (!simulator.tryAdvance(freeNs)) {
        simulator.schedule(freeNs, this.actor);
        return;
      }
    }
  }

  /** The command at CONS of `queue` was taken up at `startNs`. */
  private tell(timeline: EngineTimeline, queue: number, opcode: number, startNs: number, endNs: number): void {
    const fetchedNs = startNs + this.costNs[Cost.fetch];
    const { consumed } = this.queues[queue];
    timeline.onExecuted(this.smmu, queue, consumed, opcode, startNs, fetchedNs, endNs, this.heldUntilNs[queue]);
  }

  /** Next queue in turn that has a command and is not held; -1 if none. Moves CONS past finished commands. */
  private nextQueue(nowNs: number): number {
    const count = this.queues.length;
    let found = -1;
    for (let i = 0, queue = this.turn; i < count; i++, queue = queue + 1 === count ? 0 : queue + 1) {
      if (this.isHalted[queue] || this.heldUntilNs[queue] > nowNs) continue;
      if (this.isHeadTaken[queue]) this.finishHead(queue);
      if (this.isHalted[queue]) continue;
      if (found < 0 && this.queues[queue].hasPublished) found = queue;
    }
    if (found >= 0) {
      const { opcode, head } = this.queues[found];
      const staysForList = this.arbitratesByList && opcode[head] !== Opcode.SYNC;
      if (staysForList) this.turn = found;
      else this.turn = found + 1 === count ? 0 : found + 1;
    }
    return found;
  }

  /** The command at CONS is done: move CONS and let the oldest producer that waits for room go on. */
  private finishHead(queue: number): void {
    this.isHeadTaken[queue] = false;
    const ring = this.queues[queue];
    const slot = ring.head;
    if (this.errors.isSyncFailing[queue]) {
      this.isHalted[queue] = true;
      this.errors.stopAtSync(queue, this.simulator.nowNs, this.waiters[ring.owner[slot]]);
      return;
    }
    const ref = ring.ref[slot];
    // An ATC_INV acts when its device has worked on it; the link says so.
    if (ref >= 0 && !isSentToDevice(ring.opcode[slot], ring.sid[slot])) this.onExecuted(ref);
    ring.consume();
    this.timeline?.onDepth(this.smmu, queue, this.simulator.nowNs, ring.fetchable);
    this.rooms[queue].grant();
  }

  private sleepUntilReleased(): void {
    let earliest = Number.POSITIVE_INFINITY;
    for (let q = 0; q < this.queues.length; q++) {
      if (this.queues[q].hasPublished && !this.isHalted[q] && this.heldUntilNs[q] < earliest)
        earliest = this.heldUntilNs[q];
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
  private consumeOne(queue: number, ring: CommandQueue, nowNs: number): number {
    this.isHeadTaken[queue] = true;
    const slot = ring.head;
    const opcode = ring.opcode[slot];
    const owner = ring.owner[slot];
    const waiter = owner >= 0 ? this.waiters[owner] : undefined;
    const fetchedNs = nowNs + this.costNs[Cost.fetch];
    if (waiter !== undefined) this.errors.charge(queue, waiter);
    waiter?.chargeUntil(Cost.queueWait, nowNs);
    waiter?.chargeUntil(Cost.fetch, fetchedNs);
    if (opcode === HALTING) {
      this.isHalted[queue] = true;
      this.isHeadTaken[queue] = false;
      if (waiter !== undefined && --waiter.syncsOutstanding === 0) this.simulator.schedule(fetchedNs, waiter.actor);
      this.busyNs += fetchedNs - nowNs;
      return fetchedNs;
    }
    if (opcode === ILLEGAL) {
      this.isHalted[queue] = true;
      this.isHeadTaken[queue] = false;
      this.errors.stopAtIllegal(queue, fetchedNs, ring.publishedNs[slot]);
      this.busyNs += fetchedNs - nowNs;
      return fetchedNs;
    }
    if (opcode === Opcode.SYNC && this.errors.silentUntilNs[queue] >= 0) {
      this.errors.isSyncFailing[queue] = true;
      this.heldUntilNs[queue] = Math.max(fetchedNs, this.errors.silentUntilNs[queue]);
      this.busyNs += fetchedNs - nowNs;
      return fetchedNs;
    }
    if (opcode === Opcode.SYNC) {
      const readyNs = Math.max(fetchedNs, this.atcDoneNs[queue]);
      const seenNs = readyNs + this.costNs[Cost.syncComplete];
      this.heldUntilNs[queue] = readyNs;
      if (waiter !== undefined) {
        waiter.chargeUntil(Cost.atcWait, readyNs);
        if (--waiter.syncsOutstanding === 0) {
          waiter.chargeUntil(Cost.syncComplete, seenNs);
          this.simulator.schedule(seenNs, waiter.actor);
        }
      }
      this.busyNs += fetchedNs - nowNs;
      return fetchedNs;
    }
    const cost = this.executeCost[opcode];
    const executedNs = fetchedNs + this.costNs[cost];
    waiter?.chargeUntil(cost, executedNs);
    let effectNs = executedNs;
    if (isSentToDevice(opcode, ring.sid[slot])) {
      effectNs = this.sendToDevice(ring.sid[slot], executedNs, ring.ref[slot], queue);
      if (ring.sid[slot] === this.errors.handler?.silentSid) {
        // It never takes effect; the SYNC behind it fails.
        this.errors.expectSilence(queue, effectNs, ring.publishedNs[slot]);
        this.heldUntilNs[queue] = executedNs;
        this.busyNs += executedNs - nowNs;
        return executedNs;
      }
      if (effectNs > this.atcDoneNs[queue]) this.atcDoneNs[queue] = effectNs;
    }
    if (ring.publishedNs[slot] >= 0) {
      this.probe.onCommandEffect(opcode, ring.publishedNs[slot], effectNs, ring.measured[slot] === 1);
    }
    this.heldUntilNs[queue] = executedNs;
    this.busyNs += executedNs - nowNs;
    return executedNs;
  }

  /** Hand an ATC_INV over; returns when its completion, or the end of waiting for it, is in. */
  private sendToDevice(sid: number, nowNs: number, ref: number, queue: number): number {
    if (sid === this.silentSid || sid === this.errors.handler?.silentSid) {
      this.atcTimeouts++;
      return nowNs + this.timeoutNs;
    }
    const link = this.links.of(sid);
    const completeNs = link.send(nowNs, ref);
    if (this.timeline !== undefined) {
      const [fromNs, untilNs] = link.lastWorkNs;
      this.timeline.onDeviceWork(this.smmu, queue, this.queues[queue].consumed, sid, fromNs, untilNs);
    }
    return completeNs;
  }
}
