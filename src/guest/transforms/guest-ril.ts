/**
 * `--guest-ril on|off` and `--guest-kernel`: the same invalidations as a driver with or without range support, of another
 * kernel, would encode them.
 *
 * Requests are put together from their commands (invalidation.ts) and encoded anew by src/guest/driver (facts L §2.2, §2.3).
 * `off` spells ranges out page by page or, from the kernel's threshold on, as one command for the whole context; full
 * batches of 64 commands are published without a SYNC (L §2.4). `on` encodes runs of single commands as ranges. Without
 * either, only invalidations that were recorded page by page meet the threshold of `--guest-kernel`.
 *
 * Kept as recorded, and counted: a single command without range support whose block size is not known, a command for a
 * whole context (what it stood for is not in the trace), and TLBIs that the driver never sends.
 */

import { UsageError } from '../../trace/errors.js';
import type { EventBatch } from '../../trace/events.js';
import { granuleLog2OfTg, highWordOfPage, lowWordOfPage, PAGE_BYTES, PAGE_SHIFT } from '../../trace/units.js';
import { DEFAULT_ERA, type GuestEra } from '../driver/eras.js';
import { expandPages } from '../driver/page-expander.js';
import { encodeRange } from '../driver/range-encoder.js';
import type { AddressTlbi, InvalidationRequest } from '../driver/tlbi.js';
import type { CommandList } from './command-list.js';
import { contextOpcode, type Invalidation, invalidationAt, isDriverTlbi, isStage2 } from './invalidation.js';
import { PageSizes } from './page-sizes.js';
import { BATCH_COMMANDS, type Doorbell, SubmissionRewriter } from './submission-rewriter.js';
import type { TransformDefinition } from './transform.js';

/** Commands that one request may become: a kernel without a limit would be in a soft lock-up long before. */
const MOST_COMMANDS = 2 ** 20;

/** What the driver has: ranges, no ranges, or whatever the trace shows of each request. */
type RangeSupport = 'on' | 'off' | 'recorded';

class GuestRil extends SubmissionRewriter {
  private readonly sizes = new PageSizes();
  private reencoded = 0;
  private commandsBefore = 0;
  private commandsAfter = 0;
  private contextWide = 0;
  private kept = 0;
  /** Commands emitted since the last doorbell. */
  private unpublished = 0;

  constructor(
    private readonly support: RangeSupport,
    private readonly era: GuestEra,
    private readonly file: string,
  ) {
    super(true);
  }

  counts(): Readonly<Record<string, number>> {
    return {
      requests_encoded: this.reencoded,
      commands_before: this.commandsBefore,
      commands_after: this.commandsAfter,
      whole_context: this.contextWide,
      requests_kept: this.kept,
      doorbells_merged: this.mergedDoorbells,
    };
  }

  protected override observe(batch: EventBatch, row: number): void {
    this.sizes.observe(batch, row);
  }

  protected publish(list: CommandList, doorbell: Doorbell): void {
    for (let at = 0; at < list.count; ) {
      if (!isDriverTlbi(list, at)) {
        this.passOn(list, at, at + 1, doorbell.queue);
        at++;
        this.unpublished++;
        continue;
      }
      const request = invalidationAt(list, at, list.count, this.sizes);
      this.encode(list, request, doorbell);
      at = request.to;
    }
    this.emitDoorbell(doorbell);
    this.unpublished = 0;
  }

  private encode(list: CommandList, request: Invalidation, doorbell: Doorbell): void {
    const withRanges = this.support === 'recorded' ? request.tg !== 0 : this.support === 'on';
    const isSame = withRanges && request.tg !== 0;
    if (isSame || (withRanges && !request.isSizeKnown)) {
      if (!isSame) this.kept++;
      this.passOn(list, request.from, request.to, doorbell.queue);
      this.unpublished += request.to - request.from;
      return;
    }
    this.reencoded++;
    this.commandsBefore += request.to - request.from;
    if (withRanges) this.emitRanges(list, request, doorbell);
    else this.emitPages(list, request, doorbell);
  }

  private emitRanges(list: CommandList, request: Invalidation, doorbell: Doorbell): void {
    const granule = request.tg === 0 ? this.sizes.granuleLog2(request.contextId) : granuleLog2OfTg(request.tg);
    const tgLog2 = Math.min(granule, request.granuleLog2);
    const commands = encodeRange(requestOf(request), tgLog2 === 12 || tgLog2 === 14 || tgLog2 === 16 ? tgLog2 : 12);
    for (const command of commands) this.emit(list, request, command, doorbell);
  }

  private emitPages(list: CommandList, request: Invalidation, doorbell: Doorbell): void {
    const { granuleLog2, contextId, opcode } = request;
    const isShared = !isStage2(opcode) && this.sizes.isShared(contextId);
    const granules = request.pages / 2 ** (granuleLog2 - PAGE_SHIFT);
    const invalidator = isShared ? 'sva' : 'dma';
    // The expansion would be made as a list: what no kernel could finish is refused before.
    const expansion =
      granules > MOST_COMMANDS && this.era !== 'from-7.1' && !(isShared && this.era === '6.6-to-7.0')
        ? this.refuse(list.line[request.from], granules)
        : expandPages(requestOf(request), this.era, invalidator);
    if (expansion.kind === 'per-page') {
      for (const command of expansion.commands) this.emit(list, request, command, doorbell);
      return;
    }
    this.contextWide++;
    this.emitWords(list, request, [contextOpcode(opcode) ?? opcode, list.c0High[request.from], 0, 0], doorbell);
  }

  private refuse(line: number, granules: number): never {
    const what = `one invalidation of ${granules} pages (line ${line})`;
    throw new UsageError(
      `${this.file}: --guest-ril off: expected a --guest-kernel with a limit (7.1 has one for every caller), found ${what} and ${this.era}`,
    );
  }

  private emit(list: CommandList, request: Invalidation, tlbi: AddressTlbi, doorbell: Doorbell): void {
    const { num, scale, tg, ttl, leaf, page } = tlbi;
    const c0Low = request.opcode | (num << 12) | (scale << 20);
    const c1Low = (lowWordOfPage(page) | (tg << 10) | (ttl << 8) | (leaf ? 1 : 0)) >>> 0;
    this.emitWords(list, request, [c0Low, list.c0High[request.from], c1Low, highWordOfPage(page)], doorbell);
  }

  /** A full batch is published without a SYNC before the next command goes in. */
  private emitWords(
    list: CommandList,
    { from }: Invalidation,
    words: readonly [number, number, number, number],
    doorbell: Doorbell,
  ): void {
    if (this.unpublished === BATCH_COMMANDS) {
      this.emitDoorbell(doorbell);
      this.unpublished = 0;
    }
    this.sink.command(list.timeNs[from], list.line[from], list.vcpu[from], doorbell.queue, words);
    this.unpublished++;
    this.commandsAfter++;
  }
}

function requestOf({ page, pages, granuleLog2, leaf }: Invalidation): InvalidationRequest {
  return { page, bytes: pages * PAGE_BYTES, granuleLog2, leaf };
}

export const guestRil: TransformDefinition = {
  name: 'guest-ril',
  settings({ guestRil: ril, guestKernel }) {
    if (ril === undefined && guestKernel === undefined) return undefined;
    return { ranges: ril ?? 'recorded', kernel: guestKernel ?? DEFAULT_ERA };
  },
  create({ guestRil: ril, guestKernel }, { file }) {
    return new GuestRil(ril ?? 'recorded', guestKernel ?? DEFAULT_ERA, file);
  },
};
