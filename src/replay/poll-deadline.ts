/**
 * The driver's time limit for one wait (facts L §3.2): one wake-up at most is in the schedule, however often it is armed.
 */
import type { Actor, Simulator } from '../machine/sim/simulator.js';

/** Time limit of one thread. */
export class PollDeadline implements Actor {
  private readonly actor: number;
  /** End of the wait under way; -1: none. */
  private endNs = -1;
  private isScheduled = false;

  constructor(
    private readonly simulator: Simulator,
    private readonly limitNs: number,
    /** The wait has lasted too long. */
    private readonly onExpired: () => void,
  ) {
    this.actor = simulator.register(this);
  }

  /** A wait begins now. */
  arm(): void {
    this.endNs = this.simulator.nowNs + this.limitNs;
    if (!this.isScheduled) this.scheduleEnd();
  }

  /** The wait is over. */
  disarm(): void {
    this.endNs = -1;
  }

  wake(): void {
    this.isScheduled = false;
    if (this.endNs < 0) return;
    if (this.endNs > this.simulator.nowNs) {
      this.scheduleEnd();
      return;
    }
    this.endNs = -1;
    this.onExpired();
  }

  private scheduleEnd(): void {
    this.isScheduled = true;
    this.simulator.schedule(this.endNs, this.actor);
  }
}
