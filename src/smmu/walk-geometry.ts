/**
 * Levels of Arm translation tables for granules of 4, 16 and 64 KiB.
 *
 * A table of one granule holds 2^(granule − 3) descriptors, so each level resolves `stride` = granule − 3 bits; level 3
 * is the last. A leaf at level L < 3 is a block. With 48 bits of address: 4 KiB → levels 0–3, 16 KiB → 0–3, 64 KiB → 1–3.
 */

/** The level that maps pages. */
export const LAST_LEVEL = 3;
const ADDRESS_BITS = 48;
/** A granule of two descriptors is the smallest that a profile could make up. */
const SMALLEST_GRANULE_LOG2 = 4;
const LARGEST_GRANULE_LOG2 = 16;

/** log2 of the bytes that one descriptor of `level` covers. */
export function coverageLog2(level: number, granuleLog2: number): number {
  return granuleLog2 + (LAST_LEVEL - level) * (granuleLog2 - 3);
}

/** `firstLevel` of every granule, by its log2: asked at each walk. */
export function firstLevels(levels: number): Int8Array {
  return Int8Array.from({ length: LARGEST_GRANULE_LOG2 + 1 }, (_, granule) =>
    granule < SMALLEST_GRANULE_LOG2 ? 0 : firstLevel(levels, granule),
  );
}

/** First level of a walk with `levels` levels; 0 = as many as 48 bits of address need. */
function firstLevel(levels: number, granuleLog2: number): number {
  const needed = levels === 0 ? Math.ceil((ADDRESS_BITS - granuleLog2) / (granuleLog2 - 3)) : levels;
  return LAST_LEVEL + 1 - needed;
}

/** Level whose descriptors map 2^sizeLog2 bytes; a contiguous run of pages is at the level of its pages. */
export function leafLevel(sizeLog2: number, granuleLog2: number): number {
  if (sizeLog2 <= granuleLog2) return LAST_LEVEL;
  return LAST_LEVEL - Math.floor((sizeLog2 - granuleLog2) / (granuleLog2 - 3));
}
