/**
 * The recorder's own hits: none may be on a page that a published TLBI by address and its CMD_SYNC have removed and that
 * no recorded miss has brought back. A breach means that lines were lost, or that the recorded SMMU kept what it should
 * have dropped.
 *
 * Only TLBI_NH_VA of up to 1024 pages is followed, and at most 2^18 pages at a time: beyond that the rule forgets, so it
 * may miss a breach but never invents one.
 */
import { asidOf, opcodeOf, pageOfCommand, tlbiPages } from '../../../trace/command.js';
import { ABSENT, type EventBatch, EventFlag, Outcome } from '../../../trace/events.js';
import { Opcode } from '../../../trace/opcodes.js';
import { formatIova, PAGE_SHIFT } from '../../../trace/units.js';
import { visit } from '../published.js';
import type { LintCheck, LintRule, ReportBreach } from '../rule.js';

const LARGEST_RANGE = 1024;
const MOST_PAGES = 2 ** 18;
/** Ranges that may wait for their SYNC or their doorbell. */
const MOST_RANGES = 4096;

interface Range {
  readonly asid: number;
  readonly page: number;
  readonly pages: number;
}

class HitAfterInvalidation implements LintCheck {
  /** Per queue: ranges before a SYNC, and those that a written SYNC follows. */
  private readonly unsynced = new Map<number, Range[]>();
  private readonly synced = new Map<number, Range[]>();
  /** ASID → pages that are gone. */
  private readonly gone = new Map<number, Set<number>>();
  private pages = 0;

  check(events: EventBatch, report: ReportBreach): void {
    visit(events, {
      command: (batch, row) => this.command(batch, row),
      doorbell: (batch, row) => this.doorbell(batch.queue[row]),
      dma: (batch, row) => this.dma(batch, row, report),
    });
  }

  private command(batch: EventBatch, row: number): void {
    const opcode = opcodeOf(batch.cmd0Low[row]);
    const queue = batch.queue[row];
    if (opcode === Opcode.SYNC) {
      const ranges = this.unsynced.get(queue);
      if (ranges === undefined) return;
      const synced = this.synced.get(queue) ?? [];
      if (synced.length < MOST_RANGES) synced.push(...ranges);
      this.synced.set(queue, synced);
      this.unsynced.delete(queue);
    } else if (opcode === Opcode.TLBI_NH_VA && (batch.flags[row] & EventFlag.OpcodeOnly) === 0) {
      const pages = tlbiPages(batch.cmd0Low[row], batch.cmd1Low[row]);
      if (pages > LARGEST_RANGE) return;
      const page = pageOfCommand(batch.cmd1Low[row], batch.cmd1High[row]);
      const ranges = this.unsynced.get(queue) ?? [];
      if (ranges.length < MOST_RANGES) ranges.push({ asid: asidOf(batch.cmd0High[row]), page, pages });
      this.unsynced.set(queue, ranges);
    }
  }

  private doorbell(queue: number): void {
    for (const { asid, page, pages } of this.synced.get(queue) ?? []) {
      if (this.pages + pages > MOST_PAGES) {
        this.gone.clear();
        this.pages = 0;
      }
      let gone = this.gone.get(asid);
      if (gone === undefined) {
        gone = new Set();
        this.gone.set(asid, gone);
      }
      const before = gone.size;
      for (let at = page; at < page + pages; at++) gone.add(at);
      this.pages += gone.size - before;
    }
    this.synced.delete(queue);
  }

  private dma(batch: EventBatch, row: number, report: ReportBreach): void {
    const asid = batch.asid[row];
    const page = batch.iovaPage[row];
    const outcome = batch.outcome[row];
    // Without an ASID it may have filled any address space.
    if (asid === ABSENT && (outcome === Outcome.Miss || outcome === Outcome.Unknown)) {
      this.gone.clear();
      this.pages = 0;
      return;
    }
    const gone = this.gone.get(asid);
    if (gone === undefined || (batch.flags[row] & EventFlag.Stage2) !== 0) return;
    if (outcome === Outcome.Hit && gone.has(page))
      report(batch.line[row], `a hit on ${formatIova(page)}, which is gone`);
    if (outcome === Outcome.Hit || outcome === Outcome.Miss || outcome === Outcome.Unknown) {
      this.fill(gone, page, batch.pageSizeLog2[row]);
    }
  }

  /** The page or block at `page` is in the recorder's TLB again. A size that is not known may be any. */
  private fill(gone: Set<number>, page: number, sizeLog2: number): void {
    const before = gone.size;
    if (sizeLog2 === PAGE_SHIFT) gone.delete(page);
    else if (sizeLog2 === 0) gone.clear();
    else {
      const pages = 2 ** (sizeLog2 - PAGE_SHIFT);
      const first = Math.floor(page / pages) * pages;
      const within = [...gone].filter((at) => at >= first && at < first + pages);
      for (const at of within) gone.delete(at);
    }
    this.pages -= before - gone.size;
  }
}

export const hitAfterInvalidation: LintRule = {
  name: 'hit-after-invalidation',
  severity: 'error',
  summary: 'the recorder’s TLB does not hit what a completed TLBI has removed',
  create: () => new HitAfterInvalidation(),
};
