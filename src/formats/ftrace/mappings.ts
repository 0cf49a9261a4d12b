/**
 * iommu:map and iommu:unmap → `map` and `unmap` rows with the page sizes that the kernel chose.
 *
 * A line names a range, not its page sizes. iommu_map takes at every step the largest size of the table format that the
 * alignment of IOVA and physical address and the rest of the range allow (kernel: iommu_pgsize); so does this. The sizes
 * depend on the guest's granule: 4 KiB until a range TLBI names another. An unmap line has no physical address: what was
 * mapped there decides; a range never seen mapped counts as pages of the granule. Lines name neither device nor domain:
 * where several domains use the same IOVAs, a block of one may be taken for a block of another.
 */
import { EventKind } from '../../trace/events.js';
import { granuleLog2OfTg, PAGE_SHIFT } from '../../trace/units.js';
import type { EventSink } from '../text/event-sink.js';

/** Page and block sizes by granule, largest first. */
const SIZES_OF_GRANULE: Readonly<Record<number, readonly number[]>> = {
  12: [30, 21, 12],
  14: [25, 14],
  16: [29, 16],
};
const MAX_BLOCK_RUNS = 65_536;
/** Steps of a search for blocks inside an unmapped range; the rest counts as pages of the granule. */
const MAX_STEPS = 4096;

/** A run of blocks of one size. */
interface BlockRun {
  readonly pages: number;
  readonly sizeLog2: number;
}

/** Emits the rows of mappings. */
export class MappingRows {
  private sizes = SIZES_OF_GRANULE[12];
  private readonly blocks = new Map<number, BlockRun>();

  constructor(private readonly sink: EventSink) {}

  /** A range TLBI named the guest's granule (TG 1 … 3). */
  learnGranule(tg: number): void {
    this.sizes = SIZES_OF_GRANULE[granuleLog2OfTg(tg)];
  }

  /** `pages` 4 KiB pages from `page` are mapped to `target`. */
  map(page: number, pages: number, target: number, timeNs: number, line: number): void {
    let at = page;
    let to = target;
    let left = pages;
    while (left > 0) {
      const index = this.sizes.findIndex((log2, i) => i === this.sizes.length - 1 || fits(log2, at, to, left));
      const log2 = this.sizes[index];
      const unit = pagesOf(log2);
      let run = Math.max(1, Math.floor(left / unit));
      if (index > 0) {
        // Up to where a larger size could begin, if it can begin in this range at all.
        const larger = pagesOf(this.sizes[index - 1]);
        const toBoundary = larger - (at % larger);
        const meets = (at - to) % larger === 0 && toBoundary + larger <= left;
        if (meets) run = Math.min(run, Math.max(1, toBoundary / unit));
      }
      this.emit(EventKind.Map, at, run, log2, timeNs, line);
      this.remember(at, run * unit, log2);
      at += run * unit;
      to += run * unit;
      left -= run * unit;
    }
  }

  /** `pages` 4 KiB pages from `page` are unmapped. */
  unmap(page: number, pages: number, timeNs: number, line: number): void {
    const granuleLog2 = this.sizes[this.sizes.length - 1];
    let at = page;
    const end = page + pages;
    while (at < end) {
      const run = this.blocks.get(at);
      const next = run === undefined ? this.nextBlock(at, end) : Math.min(end, at + run.pages);
      const log2 = run === undefined ? granuleLog2 : run.sizeLog2;
      this.blocks.delete(at);
      this.emit(EventKind.Unmap, at, Math.max(1, Math.floor((next - at) / pagesOf(log2))), log2, timeNs, line);
      at = next;
    }
  }

  /** First page after `at` where a known run of blocks begins, or `end`. */
  private nextBlock(at: number, end: number): number {
    if (this.blocks.size === 0) return end;
    const unit = pagesOf(this.sizes[this.sizes.length - 2]);
    let next = at - (at % unit) + unit;
    for (let step = 0; step < MAX_STEPS && next < end; step++, next += unit) {
      if (this.blocks.has(next)) return next;
    }
    return end;
  }

  private remember(page: number, pages: number, sizeLog2: number): void {
    if (sizeLog2 === this.sizes[this.sizes.length - 1]) {
      if (this.blocks.size > 0) this.blocks.delete(page);
      return;
    }
    if (this.blocks.size >= MAX_BLOCK_RUNS) {
      const [oldest] = this.blocks.keys();
      this.blocks.delete(oldest);
    }
    this.blocks.set(page, { pages, sizeLog2 });
  }

  private emit(
    kind: EventKind.Map | EventKind.Unmap,
    page: number,
    pages: number,
    sizeLog2: number,
    timeNs: number,
    line: number,
  ): void {
    const batch = this.sink.append(kind, timeNs, line);
    const { row } = this.sink;
    batch.iovaPage[row] = page;
    batch.pageSizeLog2[row] = sizeLog2;
    batch.pages[row] = pages;
  }
}

const pagesOf = (log2: number): number => 2 ** (log2 - PAGE_SHIFT);

function fits(log2: number, page: number, target: number, left: number): boolean {
  const unit = pagesOf(log2);
  return unit <= left && page % unit === 0 && target % unit === 0;
}
