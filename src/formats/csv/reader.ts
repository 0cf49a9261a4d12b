/**
 * Reader of the native CSV format: a byte scanner of our own for the plain part of a file, csv-parse from the first quote
 * on. What both read means the same (test/readers/csv-fast-path.test.ts).
 *
 * csv-parse's records come as arrays through the `data` callback and the header is mapped once: half the cost of
 * `columns: true` or of iterating, and a sixth of the scanner's speed (anchors/packages.md §3a).
 */
import { finished } from 'node:stream/promises';
import { CsvError, type Parser, parse } from 'csv-parse';
import { TraceFormatError } from '../../trace/errors.js';
import type { EventBatch } from '../../trace/events.js';
import { peek } from '../peek.js';
import { type ReaderContext, SNIFF_BYTES, type TraceReader } from '../reader.js';
import { headerLine, looksLikeHeader } from '../rows/columns.js';
import { RowDecoder } from '../rows/row-decoder.js';
import { lineBlocks, MAX_LINE_BYTES } from '../text/lines.js';
import { PlainRows } from './plain-rows.js';

const CARRIAGE_RETURN = 13;
const QUOTE = 0x22;
const UTF8_MARK = Buffer.from([0xef, 0xbb, 0xbf]);
const UTF16_MARK = Buffer.from([0xff, 0xfe]);

/** How the file is written, from its beginning. */
interface Dialect {
  readonly delimiter: string;
  /**
   * Line ends to look for. Each one costs csv-parse a comparison per byte, so CR LF is looked for only if the beginning
   * has it; a stray CR after that is trimmed off the last cell like any blank.
   */
  readonly recordDelimiters: string[];
}

async function* read(chunks: AsyncIterable<Uint8Array>, context: ReaderContext): AsyncGenerator<EventBatch> {
  const rows = new RowDecoder(context, context.options?.csvMap);
  const { head, all } = await peek(chunks, SNIFF_BYTES);
  const dialect: Dialect = {
    delimiter: headerLine(head, context.options?.csvMap).delimiter,
    recordDelimiters: head.includes(CARRIAGE_RETURN) ? ['\r\n', '\n'] : ['\n'],
  };
  if (startsWith(head, UTF16_MARK)) {
    yield* readQuoted(all, rows, context, dialect, true);
    return;
  }
  const plain = new PlainRows(rows, context.statistics, dialect.delimiter);
  const blocks = lineBlocks(all, context);
  let isFirst = true;
  for await (const block of blocks) {
    const bytes = Buffer.from(block.buffer, block.byteOffset, block.length);
    if (bytes.includes(QUOTE)) {
      yield* readQuoted(followedBy(block, blocks), rows, context, dialect, isFirst);
      return;
    }
    plain.decode(block, isFirst && startsWith(block, UTF8_MARK) ? UTF8_MARK.length : 0);
    isFirst = false;
    yield* rows.sink.takeFull();
  }
  yield* rows.sink.takeRest();
}

/**
 * Read with csv-parse to the end; `rows` may have read the lines before.
 * @param isStart true if `chunks` begin at the first byte of the file
 */
export async function* readQuoted(
  chunks: AsyncIterable<Uint8Array>,
  rows: RowDecoder,
  context: ReaderContext,
  dialect: Dialect,
  isStart: boolean,
): AsyncGenerator<EventBatch, void, void> {
  const linesBefore = rows.sink.nextLine - 1;
  let failure: Error | undefined;
  const fail = (error: unknown): void => {
    failure ??= error instanceof CsvError ? describe(error, context.file, linesBefore) : (error as Error);
  };
  const parser = openParser(rows, context, dialect, isStart, fail, linesBefore);
  try {
    for await (const chunk of chunks) {
      await write(parser, chunk);
      if (failure !== undefined) throw failure;
      yield* rows.sink.takeFull();
    }
    parser.end();
    await finished(parser).catch(fail);
    if (failure !== undefined) throw failure;
    yield* rows.sink.takeRest();
  } finally {
    parser.destroy();
  }
}

async function* followedBy(
  first: Uint8Array,
  rest: AsyncGenerator<Uint8Array>,
): AsyncGenerator<Uint8Array, void, void> {
  yield first;
  yield* rest;
}

const startsWith = (bytes: Uint8Array, mark: Uint8Array): boolean => mark.every((byte, at) => bytes[at] === byte);

function openParser(
  rows: RowDecoder,
  context: ReaderContext,
  dialect: Dialect,
  isStart: boolean,
  fail: (error: unknown) => void,
  linesBefore: number,
): Parser {
  const parser = parse({
    bom: isStart,
    delimiter: dialect.delimiter,
    record_delimiter: dialect.recordDelimiters,
    relax_column_count: true,
    max_record_size: MAX_LINE_BYTES,
    // A misplaced quote then becomes part of its cell, and the row is skipped for what the cell says.
    relax_quotes: context.lenient,
    skip_records_with_error: context.lenient,
  });
  let hasFailed = false;
  parser.on('data', (record: string[]) => {
    if (hasFailed) return;
    try {
      rows.add(record);
    } catch (error) {
      hasFailed = true;
      fail(error);
    }
  });
  parser.on('skip', (error: CsvError) => {
    if (rows.columns !== undefined) rows.skipped(lineOf(error) + linesBefore);
    else fail(error);
  });
  parser.on('error', fail);
  return parser;
}

/** Hand `chunk` over and wait until it is parsed; an error arrives through the parser's `error` event as well. */
function write(parser: Parser, chunk: Uint8Array): Promise<void> {
  return new Promise((resolve) => {
    parser.write(chunk, () => resolve());
  });
}

function lineOf(error: CsvError): number {
  return typeof error.lines === 'number' ? error.lines : 0;
}

/** The library's error in the words of every other message. */
function describe(error: CsvError, file: string, linesBefore: number): TraceFormatError {
  const line = lineOf(error) + linesBefore;
  if (error.code === 'CSV_MAX_RECORD_SIZE') {
    return new TraceFormatError(file, line, `rows of at most ${MAX_LINE_BYTES} bytes`, 'a longer one');
  }
  if (error.code === 'CSV_QUOTE_NOT_CLOSED') {
    return new TraceFormatError(file, line, 'a closing quote', 'the end of the file');
  }
  return new TraceFormatError(file, line, 'well-formed CSV', `a misplaced quote (${error.code})`);
}

/** CSV reader. */
export const csvReader: TraceReader = {
  name: 'csv',
  summary: 'the native CSV format: one event per row, header row required',
  sniff: looksLikeHeader,
  read,
};
