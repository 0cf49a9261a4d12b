/**
 * Lazy mode: unmaps wait in a ring and one whole-domain flush retires them together (dma-iommu.c).
 *
 * Each CPU has a ring. An unmap first drops what somebody's flush has retired since; if its ring is still full it flushes,
 * then takes its slot. One timer per domain is armed by the first unmap that finds it off; its expiry flushes once and
 * empties every ring. A flush retires whatever was queued before it began, on every CPU. Source: facts L §2.7.
 *
 * Flushes take no time here: when they happen is this file's business, how long they take is the replay's.
 */

/** How a flush queue is built. */
export interface FlushQueueRules {
  /** Unmaps that one ring holds. */
  readonly entries: number;
  readonly timeoutNs: number;
  /** One ring per CPU, or one for all. */
  readonly isPerCpu: boolean;
  /** A flush for want of room also stops the timer; the next unmap arms it anew. */
  readonly isTimerStoppedByFlush: boolean;
  readonly source: string;
}

/** Linux, DMA API, the default: 256 slots of which a ring can use 255. Its timer runs on whatever the rings do. */
export const LINUX_PER_CPU: FlushQueueRules = {
  entries: 255,
  timeoutNs: 10_000_000,
  isPerCpu: true,
  isTimerStoppedByFlush: false,
  source: 'L §2.7',
};

/** One whole-domain flush: TLBI_NH_ASID and SYNC, and on ATS an ATC_INV of everything per stream and SYNC. */
export interface DomainFlush {
  readonly timeNs: number;
  readonly cause: 'ring-full' | 'timer';
  /** Unmaps that it retires. */
  readonly retired: number;
}

/**
 * The flush queue of one domain, unmap by unmap. Before an `unmap` the caller lets the timer run out (`expiryNs`,
 * `expire`): whoever feeds this decides what else happens at that time.
 */
export class FlushQueue {
  /** When the timer runs out; Infinity while it is off. */
  expiryNs = Number.POSITIVE_INFINITY;
  /** Unmaps that no flush has retired yet, on every CPU. */
  queued = 0;
  /** Of these, by ring: the others make room before a ring is looked at. */
  private readonly waiting = new Map<number, number>();

  constructor(private readonly rules: FlushQueueRules = LINUX_PER_CPU) {}

  /** An unmap on `cpu`: the flush that it needs for want of room, or undefined; then it waits in its ring. */
  unmap(timeNs: number, cpu: number): DomainFlush | undefined {
    const { rules, waiting } = this;
    const ring = rules.isPerCpu ? cpu : 0;
    const flush = (waiting.get(ring) ?? 0) === rules.entries ? this.flush(timeNs, 'ring-full') : undefined;
    waiting.set(ring, (waiting.get(ring) ?? 0) + 1);
    this.queued++;
    if (this.expiryNs === Number.POSITIVE_INFINITY) this.expiryNs = timeNs + rules.timeoutNs;
    return flush;
  }

  /** The timer has run out. */
  expire(): DomainFlush {
    return this.flush(this.expiryNs, 'timer');
  }

  private flush(timeNs: number, cause: DomainFlush['cause']): DomainFlush {
    const retired = this.queued;
    this.queued = 0;
    this.waiting.clear();
    if (cause === 'timer' || this.rules.isTimerStoppedByFlush) this.expiryNs = Number.POSITIVE_INFINITY;
    return { timeNs, cause, retired };
  }
}
