/**
 * Which set a slot belongs to: slot s·ways + w is way w of set s. A division is the slowest thing that a hit would do, and
 * nearly every structure has 2^k ways, so those shift.
 */

/** k for 2^k; −1 for any other number. */
export function exactLog2(number: number): number {
  const log2 = 31 - Math.clz32(number);
  return 2 ** log2 === number ? log2 : -1;
}

/** Set of `slot`; `shift` is what `exactLog2` said of `ways`. */
export function setOfSlot(slot: number, ways: number, shift: number): number {
  return shift >= 0 ? slot >> shift : (slot / ways) | 0;
}
