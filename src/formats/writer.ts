/**
 * The contract of a trace writer: batches of canonical events → bytes of one format.
 *
 * Contract:
 * - A writer never sees file names or compression and holds one batch at a time, whatever the length of the trace.
 * - What is written reads back, through the reader of that format, as the same events with the same values, except
 *   for what is counted in `context.losses`. Nothing is lost without being counted there.
 * - The first bytes make the reader's `sniff` recognise the format.
 */

import { ABSENT, type EventBatch } from '../trace/events.js';
import { Losses } from './losses.js';
import type { ReaderStatistics } from './reader.js';

/** What a writer may consult and must fill. */
export interface WriterContext {
  /** What the format could not hold, with counts; final when the last bytes were yielded. */
  readonly losses: Losses;
  /** Statistics of the reading that the batches come from, if they come from one; still growing while it is read. */
  readonly source?: ReaderStatistics | undefined;
}

/** One output format. */
export interface TraceWriter {
  /** Name for `--to`. */
  readonly name: string;
  /** One line for help. */
  readonly summary: string;
  /** File name endings that stand for this format, with their dot. */
  readonly suffixes: readonly string[];
  /** Encode; events the format cannot hold etc. are counted in `context.losses`. */
  write(batches: AsyncIterable<EventBatch>, context: WriterContext): AsyncGenerator<Uint8Array>;
}

/** A context for one writing of events that come from `source`. */
export function writerContext(source?: ReaderStatistics): WriterContext {
  return { losses: new Losses(), source };
}

/**
 * Count what no text or raw format says about a recording as a whole: that it has no clock, and which producer wrote it.
 * Called at the end, when the reading is over.
 */
export function countUnsaidFacts(context: WriterContext): void {
  const { source, losses } = context;
  if (source === undefined) return;
  if (source.timeBase === 'order-only') losses.add('the mark that times are only an order');
  if (source.version !== '') losses.add(`the producer's version (${source.version})`);
  for (const { what, count } of source.lossy) losses.add(`the reader's note "${what}"`, count);
}

/** True if the recorder gave this identifier. */
export const isPresent = (id: number): boolean => id !== ABSENT;
