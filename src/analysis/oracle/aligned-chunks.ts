/**
 * How QEMU cuts the range of one TLBI into naturally aligned powers of two (`dma_aligned_pow2_mask` in a loop).
 *
 * Source: facts M §2.2 (range rule), O11, O12. Ranges are counted in 4 KiB pages, the unit of every IOVA here; QEMU
 * works in bytes, but both ends of a command's range are multiples of 4 KiB, so the cuts are the same.
 */
import { ADDRESS_SPACE_PAGES } from '../../trace/units.js';

const TWO_32 = 2 ** 32;

/** Largest power of two that divides `page`; the whole address space for page 0, which every size is aligned to. */
function alignmentOf(page: number): number {
  const low = page | 0;
  if (low !== 0) return (low & -low) >>> 0;
  const high = (page / TWO_32) | 0;
  return high === 0 ? ADDRESS_SPACE_PAGES : (high & -high) * TWO_32;
}

/** Largest power of two not above `pages`, which is at least 1. */
function powerOfTwoWithin(pages: number): number {
  if (pages < TWO_32) return (1 << (31 - Math.clz32(pages))) >>> 0;
  return (1 << (31 - Math.clz32((pages / TWO_32) | 0))) * TWO_32;
}

/** Pages in the first chunk of the range of `pages` ≥ 1 pages that begins at `page`. */
export function firstChunkPages(page: number, pages: number): number {
  return Math.min(alignmentOf(page), powerOfTwoWithin(pages));
}
