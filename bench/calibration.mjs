/**
 * A yardstick for `--check`: a loop that does what the tool's hot loops do (integer arithmetic, reads and writes of typed
 * arrays inside and outside the caches, branches that no one predicts) and never changes. A slower machine, or one that
 * others use, slows it as it slows the tool.
 */
const WORDS = 1 << 20;
const MASK = WORDS - 1;
/** A twentieth of a second: about as long as a piece of work, so that a lucky moment favours neither. */
const STEPS = 12 << 22;
const table = new Int32Array(WORDS);

/** Do the loop once; returns the number of its steps. */
export function calibrate() {
  let at = 1;
  let sum = 0;
  for (let step = 0; step < STEPS; step++) {
    at = (Math.imul(at, 1664525) + 1013904223) | 0;
    const place = (step & 15) === 0 ? at & MASK : (at >>> 8) & 0xfff;
    const value = table[place];
    if ((value ^ at) & 1) sum = (sum + value) | 0;
    else table[place] = (value + step) | 0;
  }
  table[0] = sum;
  return STEPS;
}
