/** Runs of consecutive measurements, long enough that one forgets the one before: a machine is slow for a while. */

/** Most blocks that a recording is cut into. */
const MOST_BLOCKS = 40;

/** First and end index of each block of `measurements`, which come in the order in which they were made. */
export function blocksOf(measurements: readonly unknown[]): (readonly [first: number, end: number])[] {
  const total = measurements.length;
  const size = Math.max(1, Math.round(Math.max(Math.sqrt(total), total / MOST_BLOCKS)));
  return Array.from({ length: Math.ceil(total / size) }, (_, block) => [
    block * size,
    Math.min((block + 1) * size, total),
  ]);
}
