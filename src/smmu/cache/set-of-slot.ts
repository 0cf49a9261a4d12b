/**
 * Which set a slot belongs to: slot s·ways + w is way w of set s. A division is the slowest thing that a hit would do, and
 * nearly every structure has 2^k ways, so those shift.
 */

/** k for 2^k ways; −1 for any other number. */
export function shiftOfWays(ways: number): number {
  const shift = 31 - Math.clz32(ways);
  return 2 ** shift === ways ? shift : -1;
}

/** Set of `slot`; `shift` is what `shiftOfWays` said of `ways`. */
export function setOfSlot(slot: number, ways: number, shift: number): number {
  return shift >= 0 ? slot >> shift : (slot / ways) | 0;
}
