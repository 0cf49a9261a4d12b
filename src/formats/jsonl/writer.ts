/**
 * Writer of JSON Lines: the cells of the CSV format under their column names, absent ones left out.
 */

import type { EventBatch } from '../../trace/events.js';
import { CSV_HEADER, eventToCsvRow } from '../csv.js';
import { TextChunks } from '../text/text-chunks.js';
import { countUnsaidFacts, type TraceWriter, type WriterContext } from '../writer.js';

/** Longest decimal text that is surely below 2^53. */
const SAFE_DIGITS = 15;
const KEYS = CSV_HEADER.map((name) => JSON.stringify(name));

async function* write(batches: AsyncIterable<EventBatch>, context: WriterContext): AsyncGenerator<Uint8Array> {
  const chunks = new TextChunks();
  for await (const batch of batches) {
    for (let row = 0; row < batch.count; row++) {
      chunks.add(`${objectText(eventToCsvRow(batch, row))}\n`);
      if (chunks.isFull) yield chunks.take();
    }
  }
  yield chunks.take();
  countUnsaidFacts(context);
}

function objectText(cells: readonly string[]): string {
  let text = '';
  for (let column = 0; column < cells.length; column++) {
    const cell = cells[column];
    if (cell !== '') text += `${text === '' ? '{' : ','}${KEYS[column]}:${valueText(cell)}`;
  }
  return `${text}}`;
}

/** Decimal numbers that a double holds are numbers; names, hexadecimal and larger values are strings. */
function valueText(cell: string): string {
  if (!/^\d+$/.test(cell)) return JSON.stringify(cell);
  return cell.length <= SAFE_DIGITS || Number.isSafeInteger(Number(cell)) ? cell : `"${cell}"`;
}

/** JSON Lines writer. */
export const jsonlWriter: TraceWriter = {
  name: 'jsonl',
  summary: 'JSON Lines: one object per event, keys as the columns of CSV',
  suffixes: ['.jsonl', '.ndjson'],
  write,
};
