/**
 * Unmap events of a trace as requests of a paravirtual guest.
 *
 * An `unmap` event of a vCPU waits, in the order of the trace, for the next doorbell of that vCPU: there a guest with a
 * command queue publishes the invalidations of what it has unmapped, so there a paravirtual one kicks and waits. Events that no
 * doorbell of their vCPU follows are never requested, and counted.
 */
import type { Submission } from '../strategies/path/submission.js';
import { ABSENT, type EventBatch } from '../trace/events.js';
import { PAGE_SHIFT } from '../trace/units.js';
import type { Forwarder } from './forwarder.js';

/** One range to unmap. */
export interface UnmapRequest {
  /** ASID of its domain; ABSENT: not known, so it may be any. */
  readonly asid: number;
  readonly vmid: number;
  /** First 4 KiB page, and number of 4 KiB pages. */
  readonly page: number;
  readonly pages: number;
  /** log2 of the bytes of the pages or blocks that were mapped. */
  readonly pageSizeLog2: number;
}

/** Requests by vCPU that no doorbell has published yet. */
export class UnmapRequests {
  private readonly byVcpu = new Map<number, UnmapRequest[]>();
  /** Requests published. */
  published = 0;
  /** Published, with a domain that neither the event nor its stream tells. */
  withoutAsid = 0;

  constructor(
    /** ASID of a stream's domain; ABSENT if it is not known. */
    private readonly asidOfStream: (sid: number) => number,
  ) {}

  /** Take the unmap event in row `row`. */
  push(batch: EventBatch, row: number, vcpu: number): void {
    const pageSizeLog2 = batch.pageSizeLog2[row] === 0 ? PAGE_SHIFT : batch.pageSizeLog2[row];
    const sid = batch.sid[row];
    let asid = batch.asid[row];
    if (asid === ABSENT && sid >= 0 && batch.ssid[row] === ABSENT) asid = this.asidOfStream(sid);
    const request: UnmapRequest = {
      asid,
      vmid: Math.max(0, batch.vmid[row]),
      page: batch.iovaPage[row],
      pages: batch.pages[row] * 2 ** (pageSizeLog2 - PAGE_SHIFT),
      pageSizeLog2,
    };
    const waiting = this.byVcpu.get(vcpu);
    if (waiting === undefined) this.byVcpu.set(vcpu, [request]);
    else waiting.push(request);
  }

  /** Add the requests of `vcpu`, oldest first, to the `submission` that its doorbell on queue `queueIndex` publishes. */
  publish(vcpu: number, forwarder: Forwarder, queueIndex: number, submission: Submission): void {
    const waiting = this.byVcpu.get(vcpu);
    if (waiting === undefined) return;
    for (const request of waiting) {
      this.published++;
      if (request.asid === ABSENT) this.withoutAsid++;
      forwarder.request(request, queueIndex, submission);
    }
    waiting.length = 0;
  }

  /** Requests that no doorbell has published. */
  get unpublished(): number {
    let sum = 0;
    for (const waiting of this.byVcpu.values()) sum += waiting.length;
    return sum;
  }
}
