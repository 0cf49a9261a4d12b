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
  /** It has published since its latest SYNC: an operation is under way. */
  isInOperation: boolean;
  /** The operation under way, or else the latest, counts: it began behind the warm-up. */
  isMeasured: boolean;
  /** Doorbells of this vCPU that are still to be read; Infinity when the trace has not been surveyed to its end. */
  doorbellsLeft: number;
}

/** Earliest simulated time at which the vCPU could publish something that has not been read yet. */
export function earliestUnreadNs(clock: GuestClock, readNs: number): number {
  if (clock.doorbellsLeft === 0) return Number.POSITIVE_INFINITY;
  return clock.vcpu.earliestUnreadNs(readNs, clock.isSyncOutstanding ? readNs : clock.lastSeenNs);
}

/** The clocks of all vCPUs, made as the trace names them. */
export class GuestClocks {
  /** In the order of their numbers, or of first use. */
  readonly list: GuestClock[] = [];
  private readonly byIndex: (GuestClock | undefined)[] = [];

  constructor(
    /** Makes a vCPU; `onIdle` is told when it has run out of submissions. */
    private readonly makeVcpu: (index: number, onIdle: () => void) => Vcpu,
    private readonly onIdle: (clock: GuestClock) => void,
    private readonly doorbellsOf: (index: number) => number,
  ) {}

  /** The clock of vCPU `index` of the trace. */
  of(index: number): GuestClock {
    return this.byIndex[index] ?? this.add(index);
  }

  /** vCPUs that have something to publish. */
  get busy(): number {
    return this.list.filter(({ vcpu }) => vcpu.isBusy).length;
  }

  /** Some vCPU has something to publish, now or later. */
  get isGuestAtWork(): boolean {
    return this.list.some(({ vcpu, doorbellsLeft }) => vcpu.isBusy || doorbellsLeft > 0);
  }

  /** Submissions that started later than they should because too much of the trace would have had to be buffered. */
  get lateStarts(): number {
    return this.list.reduce((sum, { vcpu }) => sum + vcpu.lateStarts, 0);
  }

  private add(index: number): GuestClock {
    const clock: GuestClock = {
      vcpu: this.makeVcpu(index, () => this.onIdle(clock)),
      index,
      lastSeenNs: 0,
      isSyncOutstanding: false,
      lastSyncNumber: -1,
      lastQueue: 0,
      isInOperation: false,
      isMeasured: true,
      doorbellsLeft: this.doorbellsOf(index),
    };
    this.byIndex[index] = clock;
    this.list.push(clock);
    return clock;
  }
}
