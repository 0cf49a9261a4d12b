/**
 * Losses of a reading, merged by kind: the first line where each showed and how often it happened.
 */
import type { ReaderStatistics } from './reader.js';

/** Record `count` occurrences of `what` at `line`; the note keeps the line of the first one. */
export function addNote(statistics: ReaderStatistics, line: number, what: string, count = 1): void {
  const known = statistics.lossy.find((note) => note.what === what);
  if (known === undefined) statistics.lossy.push({ line, what, count });
  else known.count += count;
}
