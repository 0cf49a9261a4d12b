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

/** Observer of the command side in time (see replay/timeline-probe.ts). Queues are numbered within their SMMU. */
export interface EngineTimeline {
  /** A producer has written entry `sequence`, which serves the guest command tagged `tag` (0: none that is followed). */
  onFilled(smmu: number, queue: number, sequence: number, tag: number): void;
  /** Entry `sequence` was fetched until `fetchedNs`, executed until `endNs`, and holds its queue until `heldUntilNs`. */
  onExecuted(
    smmu: number,
    queue: number,
    sequence: number,
    opcode: number,
    startNs: number,
    fetchedNs: number,
    endNs: number,
    heldUntilNs: number,
  ): void;
  /** `entries` are published in `queue` and not consumed. */
  onDepth(smmu: number, queue: number, nowNs: number, entries: number): void;
  /** Device `sid` works on the ATC_INV in entry `sequence`. Comes before the entry's `onExecuted`. */
  onDeviceWork(smmu: number, queue: number, sequence: number, sid: number, startNs: number, endNs: number): void;
}
