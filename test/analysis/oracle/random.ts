/** Seeded random numbers for tests (mulberry32): the same seed gives the same run on every host. */

/** A function that returns the next integer of 0 … below-1. */
export type RandomInteger = (below: number) => number;

/** A generator with this seed. */
export function seededRandom(seed: number): RandomInteger {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * below);
  };
}
