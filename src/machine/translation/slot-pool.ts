/**
 * A resource with k slots and a first-come first-served queue: lookups in flight, translations in flight, walkers.
 *
 * Throughput is at most k / service time (facts M §5.2 O32). Occupancy is integrated over time and residence is summed per
 * user, so that Little's law can be checked on every pool (O31).
 */
import type { Simulator } from '../sim/simulator.js';

/** k slots shared by actors. */
export class SlotPool {
  private inUse = 0;
  private waiters = new Int32Array(16);
  private first = 0;
  private waiting = 0;
  private lastChangeNs = 0;
  grants = 0;
  /** Requests that found every slot taken. */
  waited = 0;
  /** ∫ slots in use dt, in slot·ns. */
  occupancyNs = 0;

  constructor(
    private readonly simulator: Simulator,
    readonly slots: number,
  ) {}

  /** Take a slot for `actor`. True: taken; false: the actor is woken when it has been handed one. */
  acquire(actor: number): boolean {
    if (this.inUse < this.slots) {
      this.integrate();
      this.inUse++;
      this.grants++;
      return true;
    }
    this.waited++;
    if (this.waiting === this.waiters.length) this.grow();
    this.waiters[(this.first + this.waiting) % this.waiters.length] = actor;
    this.waiting++;
    return false;
  }

  /** Give a slot back; the oldest waiter has it from this instant. */
  release(): void {
    this.integrate();
    if (this.waiting === 0) {
      this.inUse--;
      return;
    }
    const next = this.waiters[this.first];
    this.first = (this.first + 1) % this.waiters.length;
    this.waiting--;
    this.grants++;
    this.simulator.schedule(this.simulator.nowNs, next);
  }

  private integrate(): void {
    const now = this.simulator.nowNs;
    this.occupancyNs += this.inUse * (now - this.lastChangeNs);
    this.lastChangeNs = now;
  }

  private grow(): void {
    const grown = new Int32Array(this.waiters.length * 2);
    for (let i = 0; i < this.waiting; i++) grown[i] = this.waiters[(this.first + i) % this.waiters.length];
    this.waiters = grown;
    this.first = 0;
  }
}
