/**
 * Units of the domain as constants and small conversions.
 *
 * Times are integer nanoseconds in a `number` (exact to 2^53 ns = 104 days). An IOVA is exact over 64 bits and is kept
 * as two numbers: its 4 KiB page number (52 bits, exact in a double) and its offset in that page (12 bits).
 */

/** The unit in which every IOVA is kept, whatever the guest's granule: log2 of 4 KiB. */
export const PAGE_SHIFT = 12;
/** Bytes in one 4 KiB page. */
export const PAGE_BYTES = 4096;
/** Number of 4 KiB pages in the 64-bit address space (2^52). */
export const ADDRESS_SPACE_PAGES = 2 ** 52;

const PAGES_PER_HIGH_WORD = 2 ** 20;

/** 4 KiB page number of the 64-bit address `high:low` (two unsigned 32-bit halves). */
export function pageOf(high: number, low: number): number {
  return (high >>> 0) * PAGES_PER_HIGH_WORD + (low >>> PAGE_SHIFT);
}

/** Upper 32 bits of the address of 4 KiB page `page`. */
export function highWordOfPage(page: number): number {
  return Math.floor(page / PAGES_PER_HIGH_WORD) >>> 0;
}

/** Lower 32 bits of the address of 4 KiB page `page` (offset 0). */
export function lowWordOfPage(page: number): number {
  return ((page % PAGES_PER_HIGH_WORD) << PAGE_SHIFT) >>> 0;
}

/** `page` and `offset` as `0x…` text, the form that reports and CSV use. */
export function formatIova(page: number, offset = 0): string {
  return `0x${((BigInt(page) << 12n) | BigInt(offset)).toString(16)}`;
}

/** log2 of the granule that a TG field names: 1 = 4 KiB, 2 = 16 KiB, 3 = 64 KiB; 0 (no range) counts as 4 KiB. */
export function granuleLog2OfTg(tg: number): number {
  return tg === 0 ? PAGE_SHIFT : 10 + 2 * tg;
}

/** TG field for a granule of `log2` 12, 14 or 16 bits; 0 for any other value. */
export function tgOfGranuleLog2(log2: number): number {
  return log2 === 12 || log2 === 14 || log2 === 16 ? (log2 - 10) / 2 : 0;
}
