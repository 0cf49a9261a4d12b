/**
 * Names and places of all counters of the translation side.
 *
 * Each device has one row of `Counter` columns per structure; the counters of a structure are the sums over the devices.
 * Rows live in a Float64Array, so that counting allocates nothing and reading a row is a plain loop.
 */

/** The structures, in the order in which a translation meets them. The names are the JSON keys (design §8). */
export const STRUCTURE_NAMES = ['atc', 'utlb', 'main', 'tcu', 'config', 'walk_s1', 'walk_s2', 'ipa'] as const;
export type StructureName = (typeof STRUCTURE_NAMES)[number];

/** Indices into STRUCTURE_NAMES. */
export const enum Structures {
  Atc = 0,
  Utlb = 1,
  Main = 2,
  Tcu = 3,
  Config = 4,
  WalkS1 = 5,
  WalkS2 = 6,
  Ipa = 7,
}

/** Columns of a row. A lookup that is not a miss is a hit. */
export const enum Counter {
  Lookups = 0,
  Misses = 1,
  Cold = 2,
  Capacity = 3,
  Conflict = 4,
  Invalidated = 5,
  Collateral = 6,
  StaleInWindow = 7,
  StaleAfterSync = 8,
}

/** Columns per row. */
export const COUNTERS = 9;

/** Causes of a miss, in column order from Counter.Cold on. */
export const CAUSE_NAMES = ['cold', 'capacity', 'conflict', 'invalidated', 'collateral'] as const;
export type CauseName = (typeof CAUSE_NAMES)[number];
