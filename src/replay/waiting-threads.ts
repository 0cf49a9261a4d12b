/**
 * Threads that wait for the submissions of one drain, in the order of these. Columns, used again drain after drain: row i is
 * a thread, the drain's guest rows up to and including its submission's last, and what its wait until the drain counts as.
 */
import type { CostTrail } from './cost-trail.js';

/** A thread that may wait for a worker. */
export interface WaitingThread {
  /** The worker has completed this thread's submission: take over the charges of its gathering and of its drain, and go on. */
  releaseFromWorker(drained: CostTrail, gathered: CostTrail, gatherStartNs: number, waitCost: number): void;
}

export class WaitingThreads {
  count = 0;
  readonly thread: WaitingThread[] = [];
  readonly endRow: number[] = [];
  readonly waitCost: number[] = [];

  add(thread: WaitingThread, endRow: number, waitCost: number): void {
    const at = this.count++;
    this.thread[at] = thread;
    this.endRow[at] = endRow;
    this.waitCost[at] = waitCost;
  }

  /** `thread` has given up: its rows from `from` on go. */
  remove(thread: WaitingThread, from: number): void {
    let kept = from;
    for (let at = from; at < this.count; at++) {
      if (this.thread[at] === thread) continue;
      this.thread[kept] = this.thread[at];
      this.endRow[kept] = this.endRow[at];
      this.waitCost[kept] = this.waitCost[at];
      kept++;
    }
    this.count = kept;
  }
}
