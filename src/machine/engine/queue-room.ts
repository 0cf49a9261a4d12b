/** Room in one command queue: promised to producers before they fill it, and waited for in order of arrival. */
import type { Simulator } from '../sim/simulator.js';
import type { CommandQueue } from './command-queue.js';
import type { SyncWaiter } from './contracts.js';

/** Who has been promised entries of a queue, and who waits for them. */
export class QueueRoom {
  /** Slots promised to producers that have not filled them yet. */
  private promised = 0;
  /** Threads that wait for room, oldest first, each with the free slots that it needs. */
  private readonly waiting: { waiter: SyncWaiter; slots: number }[] = [];

  constructor(
    private readonly simulator: Simulator,
    private readonly ring: CommandQueue,
  ) {}

  /** Promise `slots` entries to `waiter`. True: now; false: it is woken when they have been promised. */
  reserve(slots: number, waiter: SyncWaiter): boolean {
    this.ring.ensureCapacity(slots);
    if (this.waiting.length === 0 && this.ring.free - this.promised >= slots) {
      this.promised += slots;
      return true;
    }
    this.waiting.push({ waiter, slots });
    return false;
  }

  /** Turn a promise into the next `slots` entries; returns the sequence number of the first. */
  allocate(slots: number): number {
    this.promised -= slots;
    return this.ring.allocate(slots);
  }

  /** CONS has moved: promise the oldest waiters what there is now. */
  grant(): void {
    const { waiting, ring, simulator } = this;
    while (waiting.length > 0 && ring.free - this.promised >= waiting[0].slots) {
      const { waiter, slots } = waiting.shift()!;
      this.promised += slots;
      simulator.schedule(simulator.nowNs, waiter.actor);
    }
  }
}
