/**
 * One `dma` row per translation: the lookup line (`vtd_iotlb_page_hit`, or `vtd_iotlb_page_update` for a miss and its
 * fill) and the result line (`vtd_dmar_translate`), whose mask is the size of the page.
 *
 * The context cache is asked only on a miss; its outcome stands on the row of that miss. The domain id plays the ASID.
 * A log without result lines ends a translation at the next line of its thread, its page size then unknown.
 */
import { Access, EventFlag, EventKind, Outcome } from '../../trace/events.js';
import type { EventSink } from '../text/event-sink.js';

/** The only base page size of VT-d tables. */
const GRANULE_LOG2 = 12;
/** More threads than this cannot translate at once; the table starts anew. */
const MAX_THREADS = 4096;

/** What one thread is translating. */
class Pending {
  isOpen = false;
  configFlag = 0;
  hit = false;
  sid = 0;
  domain = 0;
  page = 0;
  offset = 0;
  timeNs = 0;
  line = 0;
}

/** Emits the translation side of a log. */
export class Translations {
  private readonly threads = new Map<number, Pending>();
  private open = 0;

  constructor(private readonly sink: EventSink) {}

  /** `vtd_iotlb_cc_hit` or `vtd_iotlb_cc_update`. */
  context(thread: number, hit: boolean): void {
    const pending = this.pendingOf(thread);
    this.close(pending, 0);
    pending.configFlag = hit ? EventFlag.ConfigHit : EventFlag.ConfigMiss;
  }

  /** A lookup of the IOTLB. */
  lookedUp(
    thread: number,
    hit: boolean,
    sid: number,
    domain: number,
    page: number,
    offset: number,
    timeNs: number,
    line: number,
  ): void {
    const pending = this.pendingOf(thread);
    this.close(pending, 0);
    if (hit) pending.configFlag = 0;
    pending.isOpen = true;
    this.open++;
    pending.hit = hit;
    pending.sid = sid;
    pending.domain = domain;
    pending.page = page;
    pending.offset = offset;
    pending.timeNs = timeNs;
    pending.line = line;
  }

  /** `vtd_dmar_translate`: the page that holds the translation has 2^`sizeLog2` bytes. */
  translated(thread: number, sizeLog2: number): void {
    this.close(this.pendingOf(thread), sizeLog2);
  }

  /** `vtd_dmar_fault`: nothing was translated. */
  faulted(
    thread: number,
    sid: number,
    page: number,
    offset: number,
    isWrite: boolean,
    timeNs: number,
    line: number,
  ): void {
    const pending = this.pendingOf(thread);
    this.close(pending, 0);
    const batch = this.sink.append(EventKind.Dma, timeNs, line);
    const { row } = this.sink;
    batch.sid[row] = sid;
    batch.iovaPage[row] = page;
    batch.iovaOffset[row] = offset;
    batch.access[row] = isWrite ? Access.Write : Access.Read;
    batch.outcome[row] = Outcome.Fault;
    batch.flags[row] = pending.configFlag;
    pending.configFlag = 0;
  }

  /** Commands begin or the log ends: every translation that was looked up comes before them. */
  closeAll(): void {
    if (this.open === 0) return;
    for (const pending of this.threads.values()) this.close(pending, 0);
  }

  private close(pending: Pending, sizeLog2: number): void {
    if (!pending.isOpen) return;
    pending.isOpen = false;
    this.open--;
    const batch = this.sink.append(EventKind.Dma, pending.timeNs, pending.line);
    const { row } = this.sink;
    batch.sid[row] = pending.sid;
    batch.asid[row] = pending.domain;
    batch.iovaPage[row] = pending.page;
    batch.iovaOffset[row] = pending.offset;
    batch.granuleLog2[row] = GRANULE_LOG2;
    batch.pageSizeLog2[row] = sizeLog2;
    batch.outcome[row] = pending.hit ? Outcome.Hit : Outcome.Miss;
    batch.flags[row] = pending.configFlag;
    pending.configFlag = 0;
  }

  private pendingOf(thread: number): Pending {
    let pending = this.threads.get(thread);
    if (pending === undefined) {
      if (this.threads.size >= MAX_THREADS) {
        this.closeAll();
        this.threads.clear();
      }
      pending = new Pending();
      this.threads.set(thread, pending);
    }
    return pending;
  }
}
