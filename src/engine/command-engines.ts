/**
 * The command engines of all physical SMMUs, their queues numbered across: SMMU s has queues s·Q … s·Q + Q−1.
 */
import type { CommandEngine } from './command-engine.js';
import type { CommandQueue } from './command-queue.js';
import type { SyncWaiter } from './contracts.js';

/** Command engines by SMMU. */
export class CommandEngines {
  constructor(
    readonly engines: readonly CommandEngine[],
    /** Queues of each SMMU: Q. */
    readonly queuesPerSmmu: number,
  ) {}

  /** The engine that consumes queue `queue`. */
  of(queue: number): CommandEngine {
    return this.engines.length === 1 ? this.engines[0] : this.engines[this.smmuOf(queue)];
  }

  /** Number of queue `queue` within its SMMU. */
  local(queue: number): number {
    return this.engines.length === 1 ? queue : queue % this.queuesPerSmmu;
  }

  /** SMMU of queue `queue`. */
  smmuOf(queue: number): number {
    return this.engines.length === 1 ? 0 : Math.floor(queue / this.queuesPerSmmu);
  }

  /** The command at which queue `queue` halted has been replaced. */
  restart(queue: number): void {
    this.of(queue).restart(this.local(queue));
  }

  /** Register a thread with every engine; the returned number is the `owner` of its entries in all of them. */
  addWaiter(waiter: SyncWaiter): number {
    let owner = -1;
    for (const engine of this.engines) owner = engine.addWaiter(waiter);
    return owner;
  }

  /** All queues in the order of their numbers. */
  get queues(): CommandQueue[] {
    return this.engines.flatMap((engine) => engine.queues);
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
