/**
 * Which page and block sizes, granules and PASIDs each ASID was seen with.
 *
 * A TLBI without range support does not say how large a block it means, and no TLBI says whether the DMA API or a shared
 * address space (SVA) asked for it: translations, maps and unmaps of the same ASID tell. Memory: one entry per ASID.
 */
import { ABSENT, type EventBatch, EventKind } from '../../trace/events.js';
import { PAGE_SHIFT } from '../../trace/units.js';

interface Sighting {
  /** Bit n: a page or block of 2^(12+n) bytes. */
  sizes: number;
  /** Smallest granule seen, log2; 0: none. */
  granuleLog2: number;
  /** A translation with a PASID used it. */
  isShared: boolean;
}

export class PageSizes {
  private readonly byAsid = new Map<number, Sighting>();

  /** Learn from a dma, map or unmap row. */
  observe(batch: EventBatch, row: number): void {
    const seen = this.sighting(batch.asid[row]);
    const sizeLog2 = batch.pageSizeLog2[row];
    if (sizeLog2 >= PAGE_SHIFT && sizeLog2 < PAGE_SHIFT + 31) seen.sizes |= 1 << (sizeLog2 - PAGE_SHIFT);
    if (batch.kind[row] !== EventKind.Dma) return;
    const granule = batch.granuleLog2[row];
    if (granule !== 0 && (seen.granuleLog2 === 0 || granule < seen.granuleLog2)) seen.granuleLog2 = granule;
    if (batch.ssid[row] > 0) seen.isShared = true;
  }

  /** True if `asid` was seen with pages or blocks of 2^`sizeLog2` bytes. */
  has(asid: number, sizeLog2: number): boolean {
    const bit = 1 << (sizeLog2 - PAGE_SHIFT);
    return ((this.byAsid.get(asid)?.sizes ?? 0) & bit) !== 0 || ((this.byAsid.get(ABSENT)?.sizes ?? 0) & bit) !== 0;
  }

  /** True if `asid` was seen with pages or blocks larger than 4 KiB. */
  hasBlocks(asid: number): boolean {
    return (this.byAsid.get(asid)?.sizes ?? 0) > 1 || (this.byAsid.get(ABSENT)?.sizes ?? 0) > 1;
  }

  /** 4 KiB pages of the largest page or block of `asid` that can begin at `page`: what a TLBI there may mean. */
  largestPagesAt(asid: number, page: number): number {
    const sizes = (this.byAsid.get(asid)?.sizes ?? 0) | (this.byAsid.get(ABSENT)?.sizes ?? 0);
    for (let log2 = 30; log2 > 0; log2--) if ((sizes & (1 << log2)) !== 0 && page % 2 ** log2 === 0) return 2 ** log2;
    return 1;
  }

  /** Translation granule of `asid`, log2; 4 KiB unless a translation says otherwise. */
  granuleLog2(asid: number): number {
    return this.byAsid.get(asid)?.granuleLog2 || PAGE_SHIFT;
  }

  /** True if `asid` is a process's address space. */
  isShared(asid: number): boolean {
    return this.byAsid.get(asid)?.isShared === true;
  }

  private sighting(asid: number): Sighting {
    let seen = this.byAsid.get(asid);
    if (seen === undefined) {
      seen = { sizes: 0, granuleLog2: 0, isShared: false };
      this.byAsid.set(asid, seen);
    }
    return seen;
  }
}
