/**
 * Writer of the native CSV format. No cell ever needs a quote: all are numbers and names of ours.
 */

import type { EventBatch } from '../../trace/events.js';
import { CSV_HEADER, eventToCsvRow } from '../csv.js';
import { TextChunks } from '../text/text-chunks.js';
import { countUnsaidFacts, type TraceWriter, type WriterContext } from '../writer.js';

async function* write(batches: AsyncIterable<EventBatch>, context: WriterContext): AsyncGenerator<Uint8Array> {
  const chunks = new TextChunks();
  chunks.add(`${CSV_HEADER.join(',')}\n`);
  for await (const batch of batches) {
    for (let row = 0; row < batch.count; row++) {
      chunks.add(`${eventToCsvRow(batch, row).join(',')}\n`);
      if (chunks.isFull) yield chunks.take();
    }
  }
  yield chunks.take();
  countUnsaidFacts(context);
}

/** CSV writer. */
export const csvWriter: TraceWriter = {
  name: 'csv',
  summary: 'the native CSV format, every column of every event',
  suffixes: ['.csv'],
  write,
};
