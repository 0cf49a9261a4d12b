/**
 * JSON Lines: one event per line, an object whose keys are the columns of the CSV format.
 *
 *     {"time_ns":1200,"event":"dma","sid":8,"asid":1,"iova":"0xfffff040","page_size":4096,"outcome":"hit"}
 *
 * Absent, null and "" mean the same. Numbers are integers below 2^53; larger ones (command words, addresses) are strings,
 * as JSON has no way to write them that every program reads back exactly.
 */
import type { EventBatch } from '../../trace/events.js';
import type { ReaderContext, TraceReader } from '../reader.js';
import { columnOfName, IGNORED } from '../rows/columns.js';
import { RowDecoder } from '../rows/row-decoder.js';
import { RowError } from '../rows/row-error.js';
import { quoted } from '../rows/values.js';
import { lineBlocks } from '../text/lines.js';

const LINE_FEED = 10;
const FIRST_LINE = /^\ufeff?\s*\{.*"(?:event|time_ns)"\s*:/;

function sniff(head: Uint8Array): boolean {
  const [line] = Buffer.from(head.buffer, head.byteOffset, head.length).toString('utf8').trimStart().split('\n', 1);
  return FIRST_LINE.test(line);
}

async function* read(chunks: AsyncIterable<Uint8Array>, context: ReaderContext): AsyncGenerator<EventBatch> {
  const rows = new RowDecoder(context);
  for await (const block of lineBlocks(chunks, context)) {
    for (let from = 0; from < block.length; ) {
      const lineEnd = block.indexOf(LINE_FEED, from);
      const to = lineEnd < 0 ? block.length : lineEnd;
      decodeLine(Buffer.from(block.buffer, block.byteOffset + from, to - from).toString('utf8'), rows, context);
      from = to + 1;
    }
    yield* rows.sink.takeFull();
  }
  yield* rows.sink.takeRest();
}

function decodeLine(text: string, rows: RowDecoder, context: ReaderContext): void {
  const line = rows.sink.nextLine++;
  context.statistics.lines++;
  const trimmed = text.replace(/^\ufeff/, '').trim();
  if (trimmed === '') return;
  try {
    rows.addCells(spread(objectOf(trimmed), rows.cells), line);
  } catch (error) {
    rows.refuseOrSkip(error, line);
  }
}

function objectOf(text: string): Record<string, unknown> {
  // An error of JSON.parse costs as much as fifty rows.
  if (text[0] !== '{') throw new RowError('a JSON object on one line', quoted(text));
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new RowError('a JSON object on one line', quoted(text));
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw new RowError('a JSON object', quoted(text));
}

/** Put the object's values under their column numbers; returns the set of those that are not empty. */
function spread(object: Record<string, unknown>, cells: string[]): number {
  cells.fill('');
  let present = 0;
  for (const key of Object.keys(object)) {
    const column = columnOfName(key);
    if (column === IGNORED) continue;
    const text = textOf(key, object[key]);
    cells[column] = text;
    if (text !== '') present |= 1 << column;
  }
  return present;
}

function textOf(key: string, value: unknown): string {
  if (typeof value === 'string') return value.trim();
  if (value === null) return '';
  if (typeof value === 'number') {
    if (Number.isSafeInteger(value)) return String(value);
    throw new RowError(`${key} as an integer below 2^53 (a larger one as a string)`, String(value));
  }
  throw new RowError(`${key} as a number or a string`, quoted(JSON.stringify(value)));
}

/** JSON Lines reader. */
export const jsonlReader: TraceReader = {
  name: 'jsonl',
  summary: 'JSON Lines: one object per event, keys as the columns of CSV',
  sniff,
  read,
};
