/**
 * What the trace says about one vCPU's own progress: when it last saw a submission complete, and whether more is to come.
 */
import type { Vcpu } from './vcpu.js';

/** Trace-side state of one vCPU. Times are relative to the trace's start, ns. */
export interface GuestClock {
  readonly vcpu: Vcpu;
  /** Its number in the trace. */
  readonly index: number;
  /** When the vCPU saw its latest submission complete (its doorbell, if the recording shows no completion). */
  lastSeenNs: number;
  /** Its latest submission holds a SYNC whose completion has not been read yet. */
  isSyncOutstanding: boolean;
  /** Number of the latest SYNC it published. */
  lastSyncNumber: number;
  /** Queue that it published on last. */
  lastQueue: number;
  /** Doorbells of this vCPU that are still to be read; Infinity when the trace has not been surveyed to its end. */
  doorbellsLeft: number;
}

/** Earliest simulated time at which the vCPU could publish something that has not been read yet. */
export function earliestUnreadNs(clock: GuestClock, readNs: number): number {
  if (clock.doorbellsLeft === 0) return Number.POSITIVE_INFINITY;
  return clock.vcpu.earliestUnreadNs(readNs, clock.isSyncOutstanding ? readNs : clock.lastSeenNs);
}
