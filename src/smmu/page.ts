/**
 * 52-bit page numbers as two 32-bit halves, for loops that compare and mask them without rounding or allocation.
 *
 * `low` is bits 31:0 of the 4 KiB page number, `high` bits 51:32; both are kept as signed 32-bit integers. An entry of
 * 2^s bytes is filed under the page number of its base: s − 12 low bits zero.
 */
import { PAGE_SHIFT } from '../trace/units.js';

const TWO_32 = 2 ** 32;
const PER_TWO_32 = 2 ** -32;
/** log2 of the largest block: the whole 64-bit address space. */
export const LARGEST_LOG2 = 64;

/** Low half of a page number. */
export const pageLow = (page: number): number => page | 0;
/** High half of a page number (20 bits). */
export const pageHigh = (page: number): number => (page * PER_TWO_32) | 0;
/** The page number of two halves. */
export const joinPage = (low: number, high: number): number => high * TWO_32 + (low >>> 0);

/** Masks that clear the page-number bits inside an entry of 2^s bytes, indexed by s. */
export const LOW_MASK = new Int32Array(LARGEST_LOG2 + 1);
export const HIGH_MASK = new Int32Array(LARGEST_LOG2 + 1);
/** Number of 4 KiB pages in an entry of 2^s bytes, indexed by s. */
export const PAGES = Float64Array.from({ length: LARGEST_LOG2 + 1 }, (_, s) => 2 ** Math.max(0, s - PAGE_SHIFT));

for (let s = 0; s <= LARGEST_LOG2; s++) {
  const bits = Math.max(0, s - PAGE_SHIFT);
  LOW_MASK[s] = bits >= 32 ? 0 : -1 << bits;
  HIGH_MASK[s] = bits <= 32 ? -1 : -1 << (bits - 32);
}

/** Bits 31:0 of (page number >> (sizeLog2 − 12)): the number of the 2^sizeLog2 block that holds the page. */
export function blockNumber(low: number, high: number, sizeLog2: number): number {
  const bits = sizeLog2 - PAGE_SHIFT;
  if (bits <= 0) return low;
  if (bits < 32) return (low >>> bits) | (high << (32 - bits));
  return high >>> (bits - 32);
}
