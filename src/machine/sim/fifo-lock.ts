/**
 * A mutex with first-come first-served hand-over: the VMM's big lock, for instance.
 *
 * Waiters are actor ids in a ring; release hands the lock to the oldest waiter and wakes it in the same instant.
 */
import type { Simulator } from './simulator.js';

/** FIFO mutex between actors. */
export class FifoLock {
  private held = false;
  private waiters = new Int32Array(16);
  private first = 0;
  /** Actors that wait. */
  waiting = 0;
  private heldSinceNs = 0;
  /** Total time held, ns. */
  heldNs = 0;
  /** Longest single hold, ns. */
  longestHoldNs = 0;
  /** How often an actor had to wait. */
  contended = 0;
  acquisitions = 0;
  /** Told, if set, of each hold when it ends. */
  onHeld: ((actor: number, sinceNs: number, untilNs: number) => void) | undefined;
  private holder = -1;

  constructor(private readonly simulator: Simulator) {}

  /** Take the lock for `actor`. True: it is held now. False: the actor is woken when it has been handed the lock. */
  acquire(actor: number): boolean {
    this.acquisitions++;
    if (!this.held) {
      this.held = true;
      this.holder = actor;
      this.heldSinceNs = this.simulator.nowNs;
      return true;
    }
    this.contended++;
    if (this.waiting === this.waiters.length) this.grow();
    this.waiters[(this.first + this.waiting) % this.waiters.length] = actor;
    this.waiting++;
    return false;
  }

  /** Give the lock up; the oldest waiter, if any, has it from this instant. */
  release(): void {
    const now = this.simulator.nowNs;
    const hold = now - this.heldSinceNs;
    this.heldNs += hold;
    this.onHeld?.(this.holder, this.heldSinceNs, now);
    if (hold > this.longestHoldNs) this.longestHoldNs = hold;
    if (this.waiting === 0) {
      this.held = false;
      return;
    }
    const next = this.waiters[this.first];
    this.first = (this.first + 1) % this.waiters.length;
    this.waiting--;
    this.heldSinceNs = now;
    this.holder = next;
    this.simulator.schedule(now, next);
  }

  private grow(): void {
    const grown = new Int32Array(this.waiters.length * 2);
    for (let i = 0; i < this.waiting; i++) grown[i] = this.waiters[(this.first + i) % this.waiters.length];
    this.waiters = grown;
    this.first = 0;
  }
}
