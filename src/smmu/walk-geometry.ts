/**
 * Levels of Arm translation tables for granules of 4, 16 and 64 KiB.
 *
 * A table of one granule holds 2^(granule − 3) descriptors, so each level resolves `stride` = granule − 3 bits; level 3
 * is the last. A leaf at level L < 3 is a block. With 48 bits of address: 4 KiB → levels 0–3, 16 KiB → 0–3, 64 KiB → 1–3.
 */

/** The level that maps pages. */
export const LAST_LEVEL = 3;
const ADDRESS_BITS = 48;

/** log2 of the bytes that one descriptor of `level` covers. */
export function coverageLog2(level: number, granuleLog2: number): number {
  return granuleLog2 + (LAST_LEVEL - level) * (granuleLog2 - 3);
}

/** First level of a walk with `levels` levels; 0 = as many as 48 bits of address need. */
export function firstLevel(levels: number, granuleLog2: number): number {
  const needed = levels === 0 ? Math.ceil((ADDRESS_BITS - granuleLog2) / (granuleLog2 - 3)) : levels;
  return LAST_LEVEL + 1 - needed;
}

/** Level whose descriptors map 2^sizeLog2 bytes; a contiguous run of pages is at the level of its pages. */
export function leafLevel(sizeLog2: number, granuleLog2: number): number {
  if (sizeLog2 <= granuleLog2) return LAST_LEVEL;
  return LAST_LEVEL - Math.floor((sizeLog2 - granuleLog2) / (granuleLog2 - 3));
}
