/**
 * One queue of an engine: its ring, who may put commands into it, who writes PROD for whom, its errors, and how far the
 * command at its CONS has come. Producers write here; the engine reads.
 */

import { Opcode } from '../../trace/opcodes.js';
import { FifoLock } from '../sim/fifo-lock.js';
import type { Simulator } from '../sim/simulator.js';
import { CommandQueue } from './command-queue.js';
import type { EngineTimeline, SyncWaiter } from './contracts.js';
import { Gather, type GatherSet } from './gather.js';
import { CommandError, QueueErrors } from './queue-errors.js';
import { QueueRoom } from './queue-room.js';

/** What a queue asks of the engine that serves it. */
export interface QueueServer {
  /** Number of the SMMU. */
  readonly smmu: number;
  /** Time after which an unanswered ATC invalidation counts as lost, ns. */
  readonly timeoutNs: number;
  readonly timeline?: EngineTimeline | undefined;
  /** `queue` may have something to do. */
  ring(queue: ServedQueue): void;
}

/** One queue. */
export class ServedQueue {
  readonly ring: CommandQueue;
  /** The {PROD, CONS} word, which producers win one after the other. */
  readonly reservation: FifoLock;
  readonly gather: Gather;
  readonly errors = new QueueErrors();
  /** Time until which the command at CONS occupies the queue (a SYNC may be held by ATC completions). */
  heldUntilNs = 0;
  /** Completion of the latest ATC invalidation. */
  atcDoneNs = 0;
  /** The command at CONS has been taken up and CONS has not yet moved past it. */
  isHeadTaken = false;
  /** The queue stands at a command that it cannot run. */
  isHalted = false;
  /** The engine looks at it: it may have commands that CONS has not passed. */
  isWatched = false;
  private readonly room: QueueRoom;

  constructor(
    private readonly server: QueueServer,
    private readonly simulator: Simulator,
    /** Number within its SMMU. */
    readonly number: number,
    /** log2 of the slots. */
    log2: number,
  ) {
    this.ring = new CommandQueue(log2);
    this.reservation = new FifoLock(simulator);
    this.gather = new Gather(simulator);
    this.room = new QueueRoom(simulator, this.ring);
  }

  /** Number of the SMMU. */
  get smmu(): number {
    return this.server.smmu;
  }

  /** Promise `slots` entries to `waiter`. True: now; false: it is woken when they have been promised. */
  reserve(slots: number, waiter: SyncWaiter): boolean {
    return this.room.reserve(slots, waiter);
  }

  /** Turn a promise into the next `slots` entries for `producer`, who owns the gather set or joins it. */
  join(slots: number, producer: SyncWaiter): GatherSet {
    return this.gather.join(this.room.allocate(slots), slots, producer.actor);
  }

  /** The owner of `set` writes PROD once for the whole set. */
  publish(set: GatherSet): void {
    const { server } = this;
    this.ring.publish(set.endSequence);
    server.timeline?.onDepth(server.smmu, this.number, this.simulator.nowNs, this.ring.fetchable);
    this.gather.published(set);
    server.ring(this);
  }

  /** The command at CONS is done: move CONS and let the oldest producer that waits for room go on. */
  consume(): void {
    const { server } = this;
    this.ring.consume();
    server.timeline?.onDepth(server.smmu, this.number, this.simulator.nowNs, this.ring.fetchable);
    this.room.grant();
  }

  /** The command at which the queue halted has been replaced by a CMD_SYNC that nobody waits for; go on. */
  restart(): void {
    this.overwriteHead();
    this.isHalted = false;
    this.server.ring(this);
  }

  /** A driver overwrites the slot at CONS with a CMD_SYNC that nobody waits for. */
  overwriteHead(): void {
    const { ring } = this;
    ring.opcode[ring.head] = Opcode.SYNC;
    ring.owner[ring.head] = -1;
    ring.ref[ring.head] = -1;
  }

  /**
   * GERRORN is written: the queue fetches again, from the very slot at which it stopped. A CMD_SYNC that failed waits for the
   * device once more as long as somebody waits for it; after that, here an estimate, the SMMU takes the request for done.
   */
  acknowledge(): void {
    const { errors, simulator, ring, server } = this;
    const hadSyncError = errors.code === CommandError.AtcInvSync;
    if (!errors.acknowledge(simulator.nowNs)) return;
    if (hadSyncError) errors.silentUntilNs = ring.owner[ring.head] < 0 ? -1 : simulator.nowNs + server.timeoutNs;
    this.isHalted = false;
    server.ring(this);
  }

  /** It is empty and no ATC invalidation of it is under way. */
  get isDrained(): boolean {
    return this.ring.isEmpty && this.atcDoneNs <= this.simulator.nowNs;
  }

  /** Thread `owner` has given up waiting: what it has here runs on, and nobody is told. */
  disown(owner: number): void {
    const { ring } = this;
    for (let i = 0; i < ring.pending; i++) {
      const slot = (ring.cons + i) & (ring.capacity - 1);
      if (ring.owner[slot] === owner) ring.owner[slot] = -1;
    }
  }
}
