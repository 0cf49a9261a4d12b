/**
 * Where a trace has `map` events: is every page that translates mapped by then? The pages ever mapped are kept as bits, in
 * pieces of 128 MiB per ASID; with more than 8192 pieces (32 MiB of memory) the rule gives up and says where.
 */
import { ABSENT, type EventBatch, EventFlag, Outcome } from '../../../trace/events.js';
import { formatIova, PAGE_SHIFT } from '../../../trace/units.js';
import { visit } from '../published.js';
import type { LintCheck, LintRule, ReportBreach } from '../rule.js';

const PIECE_PAGES = 2 ** 15;
const PIECES = 8192;

class UnmappedTranslation implements LintCheck {
  /** ASID → piece → bits. */
  private readonly mapped = new Map<number, Map<number, Uint8Array>>();
  private pieces = 0;
  private hasGivenUp = false;

  check(events: EventBatch, report: ReportBreach): void {
    visit(events, {
      map: (batch, row) => {
        if (this.hasGivenUp) return;
        const pagesEach = 2 ** Math.max(0, batch.pageSizeLog2[row] - PAGE_SHIFT);
        this.add(batch.asid[row], batch.iovaPage[row], Math.max(1, batch.pages[row]) * pagesEach);
        if (this.hasGivenUp) report(batch.line[row], 'too much is mapped to be remembered: not checked from here on');
      },
      dma: (batch, row) => {
        if (this.hasGivenUp || this.mapped.size === 0 || !hasTranslated(batch.outcome[row])) return;
        if ((batch.flags[row] & EventFlag.Msi) !== 0) return;
        const page = batch.iovaPage[row];
        if (this.has(batch.asid[row], page) || this.has(ABSENT, page)) return;
        report(batch.line[row], `${formatIova(page)} of stream 0x${batch.sid[row].toString(16)} was never mapped`);
      },
    });
  }

  private add(asid: number, page: number, pages: number): void {
    if (pages > PIECES * PIECE_PAGES) {
      this.hasGivenUp = true;
      return;
    }
    let ofAsid = this.mapped.get(asid);
    if (ofAsid === undefined) {
      ofAsid = new Map();
      this.mapped.set(asid, ofAsid);
    }
    for (let at = page; at < page + pages; at++) {
      const key = Math.floor(at / PIECE_PAGES);
      let piece = ofAsid.get(key);
      if (piece === undefined) {
        if (this.pieces++ === PIECES) {
          this.hasGivenUp = true;
          this.mapped.clear();
          return;
        }
        piece = new Uint8Array(PIECE_PAGES / 8);
        ofAsid.set(key, piece);
      }
      const bit = at % PIECE_PAGES;
      piece[bit >>> 3] |= 1 << (bit & 7);
    }
  }

  private has(asid: number, page: number): boolean {
    const piece = this.mapped.get(asid)?.get(Math.floor(page / PIECE_PAGES));
    const bit = page % PIECE_PAGES;
    return piece !== undefined && (piece[bit >>> 3] & (1 << (bit & 7))) !== 0;
  }
}

/** False where the recording says that there was no translation. */
function hasTranslated(outcome: number): boolean {
  return outcome === Outcome.Unknown || outcome === Outcome.Hit || outcome === Outcome.Miss;
}

export const unmappedTranslation: LintRule = {
  name: 'unmapped-translation',
  severity: 'warning',
  summary: 'where maps are recorded, what translates was mapped before',
  create: () => new UnmappedTranslation(),
};
