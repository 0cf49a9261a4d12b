/** What the command engine asks of those who use and observe it. */

/** Stands for a command that its queue cannot run: the queue halts with CONS on it until `restart`. No opcode is 0. */
export const HALTING = 0;

/** A thread that waits for SYNCs: the engine charges its waiting to costs and wakes it. */
export interface SyncWaiter {
  /** Actor id in the simulator. */
  readonly actor: number;
  /** Charge the time from the waiter's clock to `untilNs` to `cost`. */
  chargeUntil(cost: number, untilNs: number): void;
  /** SYNCs issued and not yet seen complete. */
  syncsOutstanding: number;
}

/** Observer of executed commands. */
export interface EngineProbe {
  /** A guest command other than SYNC took effect. */
  onCommandEffect(opcode: number, publishedNs: number, effectNs: number, measured: boolean): void;
}
