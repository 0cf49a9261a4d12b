/**
 * `--guest-lazy`: strict unmaps as a guest with `iommu.strict=0` would do them (facts L §2.7, M §5.2 O38).
 *
 * Each unmap (a leaf invalidation of a DMA domain, up to its CMD_SYNC) waits in the ring of its vCPU instead; when a ring
 * is full or 10 ms after the domain's timer was armed, one TLBI_NH_ASID and CMD_SYNC retire all that wait
 * (src/guest/driver/flush-queue.ts). A flush for want of room is published by the vCPU whose ring is full, in the place of its
 * invalidation; a timer's at the time when it runs out, by the vCPU that armed it. Invalidations that the driver cannot
 * put off stay: non-leaf ones (page tables are freed), those of shared address spaces (SVA), whole contexts.
 *
 * What revocation means then: the guest's commands are what counts. A translation of an unmapped page before the flush is
 * legal, and a hit. IOVAs stay as recorded, although a lazy guest would not reuse one before its flush: TLB hits on such
 * pages are counted that a real lazy guest would not have.
 *
 * A trace without unmap events gets one for each unmap that is put off, so that what a flush retires can be counted.
 *
 * The time that the recording spent on a removed invalidation stays in the trace as the vCPU's think time.
 */

import { encodeCommand, opcodeOf } from '../../trace/command.js';
import { UsageError } from '../../trace/errors.js';
import { ABSENT, type EventBatch, EventFlag, EventKind } from '../../trace/events.js';
import { Opcode } from '../../trace/opcodes.js';
import { PAGE_SHIFT } from '../../trace/units.js';
import { FlushQueue } from '../driver/flush-queue.js';
import type { CommandList } from './command-list.js';
import { lookForCompletions } from './completions.js';
import { contextOpcode, type Invalidation, invalidationAt, isDriverTlbi, isStage2 } from './invalidation.js';
import { PageSizes } from './page-sizes.js';
import { type Doorbell, SubmissionRewriter, segmentEnd } from './submission-rewriter.js';
import type { TransformContext, TransformDefinition } from './transform.js';

/** A domain with a flush queue. */
interface Domain {
  readonly queue: FlushQueue;
  /** Its flush: TLBI_NH_ASID, or TLBI_S12_VMALL for a guest that uses stage 2. */
  readonly words: readonly [number, number, number, number];
  /** Who armed the timer. */
  armedBy: Doorbell | undefined;
}

const SYNC = encodeCommand(Opcode.SYNC);

class GuestLazy extends SubmissionRewriter {
  private readonly sizes = new PageSizes();
  private readonly domains = new Map<number, Domain>();
  private hasCompletions = false;
  /** vCPUs whose next recorded completion belongs to a doorbell that is gone. */
  private readonly dropsCompletion = new Set<number>();
  private nextExpiryNs = Number.POSITIVE_INFINITY;
  /** The trace tells of unmaps itself, before their invalidations. */
  private hasUnmapEvents = false;
  private unmaps = 0;
  private ringFlushes = 0;
  private timerFlushes = 0;
  private commandsRemoved = 0;
  private doorbellsRemoved = 0;

  constructor(private readonly context: TransformContext) {
    super(true);
  }

  override async *transform(batches: AsyncIterable<EventBatch>): AsyncGenerator<EventBatch, void, void> {
    const ahead = await lookForCompletions(batches);
    if (this.context.timeBase() === 'order-only') {
      const expected = 'a trace with times (a flush queue has a timer)';
      throw new UsageError(`${this.context.file}: --guest-lazy: expected ${expected}, found order only`);
    }
    this.hasCompletions = ahead.hasCompletions;
    yield* super.transform(ahead.batches);
  }

  counts(): Readonly<Record<string, number>> {
    return {
      unmaps_deferred: this.unmaps,
      flushes_ring_full: this.ringFlushes,
      flushes_timer: this.timerFlushes,
      commands_removed: this.commandsRemoved,
      doorbells_removed: this.doorbellsRemoved,
      doorbells_merged: this.mergedDoorbells,
    };
  }

  protected override observe(batch: EventBatch, row: number): void {
    if (batch.kind[row] === EventKind.Unmap) this.hasUnmapEvents = true;
    this.sizes.observe(batch, row);
  }

  protected override reach(timeNs: number): void {
    while (this.nextExpiryNs <= timeNs) this.expireNext();
  }

  protected override end(): void {
    while (this.nextExpiryNs !== Number.POSITIVE_INFINITY) this.expireNext();
  }

  protected publish(list: CommandList, doorbell: Doorbell): void {
    this.dropsCompletion.delete(doorbell.vcpu);
    let left = 0;
    for (let from = 0; from < list.count; ) {
      const end = segmentEnd(list, from);
      left += this.defer(list, from, end, doorbell);
      from = end;
    }
    if (left > 0 || list.count === 0) {
      this.emitDoorbell(doorbell);
      return;
    }
    this.doorbellsRemoved++;
    if (list.count > 0) this.dropsCompletion.add(doorbell.vcpu);
  }

  protected override completed(batch: EventBatch, row: number): void {
    if (!this.dropsCompletion.delete(batch.vcpu[row])) super.completed(batch, row);
  }

  /** Emit what is left of the segment `from … end-1` and the flush that it causes; returns how many commands that is. */
  private defer(list: CommandList, from: number, end: number, doorbell: Doorbell): number {
    let left = 0;
    let deferred = 0;
    let flushes = 0;
    for (let at = from; at < end; ) {
      const request = isDriverTlbi(list, at) ? invalidationAt(list, at, end, this.sizes) : undefined;
      if (request !== undefined && this.isUnmap(request)) {
        if (this.enqueue(list, request, doorbell)) flushes++;
        deferred++;
        this.commandsRemoved += request.to - at;
        at = request.to;
      } else if (opcodeOf(list.c0Low[at]) === Opcode.SYNC) {
        // A SYNC with nothing to wait for goes with its invalidation.
        if (left + flushes > 0 || deferred === 0) {
          this.passOn(list, at, at + 1, doorbell.queue);
          left++;
        } else this.commandsRemoved++;
        at++;
      } else {
        this.passOn(list, at, at + 1, doorbell.queue);
        left++;
        at++;
      }
    }
    return left + flushes;
  }

  private isUnmap({ leaf, opcode, contextId }: Invalidation): boolean {
    return leaf && (isStage2(opcode) || !this.sizes.isShared(contextId));
  }

  /** The unmap waits in its vCPU's ring; true if the ring was full and the flush has been emitted. */
  private enqueue(list: CommandList, request: Invalidation, doorbell: Doorbell): boolean {
    const domain = this.domainOf(list, request);
    const vcpu = list.vcpu[request.from] === ABSENT ? doorbell.vcpu : list.vcpu[request.from];
    const isTimerOff = domain.queue.expiryNs === Number.POSITIVE_INFINITY;
    const flush = domain.queue.unmap(doorbell.timeNs, Math.max(0, vcpu));
    this.unmaps++;
    if (!this.hasUnmapEvents) this.tellOfUnmap(list, request, doorbell, vcpu);
    if (isTimerOff) {
      domain.armedBy = doorbell;
      this.nextExpiryNs = Math.min(this.nextExpiryNs, domain.queue.expiryNs);
    }
    if (flush === undefined) return false;
    this.ringFlushes++;
    const at = request.from;
    this.sink.command(list.timeNs[at], list.line[at], list.vcpu[at], doorbell.queue, domain.words);
    return true;
  }

  /** Emit the unmap event of an invalidation that is put off. */
  private tellOfUnmap(list: CommandList, request: Invalidation, { timeNs }: Doorbell, vcpu: number): void {
    const { page, pages, granuleLog2, contextId, opcode } = request;
    const batch = this.sink.append(EventKind.Unmap, timeNs, list.line[request.from]);
    const { row } = this.sink;
    batch.vcpu[row] = vcpu;
    batch.sid[row] = ABSENT;
    batch.ssid[row] = ABSENT;
    batch.asid[row] = isStage2(opcode) ? ABSENT : contextId;
    batch.vmid[row] = isStage2(opcode) ? contextId : ABSENT;
    batch.iovaPage[row] = page;
    batch.pageSizeLog2[row] = granuleLog2;
    batch.pages[row] = Math.ceil(pages / 2 ** (granuleLog2 - PAGE_SHIFT));
    batch.flags[row] = EventFlag.Deferred;
  }

  private domainOf(list: CommandList, { from, opcode, contextId }: Invalidation): Domain {
    const key = opcode * 65536 + contextId;
    let domain = this.domains.get(key);
    if (domain === undefined) {
      const words = [contextOpcode(opcode) ?? opcode, list.c0High[from], 0, 0] as const;
      domain = { queue: new FlushQueue(), words, armedBy: undefined };
      this.domains.set(key, domain);
    }
    return domain;
  }

  /** The timer that runs out first does. */
  private expireNext(): void {
    let earliest: Domain | undefined;
    for (const domain of this.domains.values()) {
      if (earliest === undefined || domain.queue.expiryNs < earliest.queue.expiryNs) earliest = domain;
    }
    if (earliest !== undefined) this.emitTimerFlush(earliest);
    this.nextExpiryNs = Number.POSITIVE_INFINITY;
    for (const { queue } of this.domains.values()) this.nextExpiryNs = Math.min(this.nextExpiryNs, queue.expiryNs);
  }

  private emitTimerFlush(domain: Domain): void {
    const { timeNs } = domain.queue.expire();
    const { line, vcpu, queue } = domain.armedBy as Doorbell;
    this.timerFlushes++;
    this.sink.command(timeNs, line, vcpu, queue, domain.words);
    this.sink.command(timeNs, line, vcpu, queue, SYNC);
    this.emitDoorbell({ timeNs, line, vcpu, queue });
    if (this.hasCompletions) this.sink.signal(EventKind.SyncDone, timeNs, line, vcpu, queue);
  }
}

export const guestLazy: TransformDefinition = {
  name: 'guest-lazy',
  settings: ({ guestLazy: isWanted }) => (isWanted === true ? {} : undefined),
  create: (_options, context) => new GuestLazy(context),
};
