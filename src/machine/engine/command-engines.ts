/**
 * The command engines of all physical SMMUs, their queues numbered across: SMMU s has queues s·Q … s·Q + Q−1.
 */
import type { CommandEngine } from './command-engine.js';
import type { SyncWaiter } from './contracts.js';
import type { ServedQueue } from './served-queue.js';

/** Command engines by SMMU. */
export class CommandEngines {
  /** All queues in the order of their numbers. */
  readonly queues: readonly ServedQueue[];

  constructor(
    readonly engines: readonly CommandEngine[],
    /** Queues of each SMMU: Q. */
    readonly queuesPerSmmu: number,
  ) {
    this.queues = engines.flatMap((engine) => engine.queues);
  }

  /** Register a thread with every engine; the returned number is the `owner` of its entries in all of them. */
  addWaiter(waiter: SyncWaiter): number {
    let owner = -1;
    for (const engine of this.engines) owner = engine.addWaiter(waiter);
    return owner;
  }

  /** Time that the engines spent fetching and executing, ns, all together. */
  get busyNs(): number {
    return this.engines.reduce((sum, engine) => sum + engine.busyNs, 0);
  }

  /** Requests that a silent device let time out. */
  get atcTimeouts(): number {
    return this.engines.reduce((sum, engine) => sum + engine.atcTimeouts, 0);
  }
}
