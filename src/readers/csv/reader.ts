/**
 * Reader of the native CSV format, on csv-parse.
 *
 * Records come as arrays through the `data` callback and the header is mapped once: half the cost of `columns: true` or
 * of iterating (anchors/packages.md §3a).
 */
import { finished } from 'node:stream/promises';
import { CsvError, type Parser, parse } from 'csv-parse';
import { TraceFormatError } from '../../trace/errors.js';
import type { EventBatch } from '../../trace/events.js';
import { MAX_LINE_BYTES } from '../lines.js';
import { peek } from '../peek.js';
import { type ReaderContext, SNIFF_BYTES, type TraceReader } from '../reader.js';
import { looksLikeHeader } from './columns.js';
import { RowDecoder } from './row-decoder.js';

const CARRIAGE_RETURN = 13;

async function* read(chunks: AsyncIterable<Uint8Array>, context: ReaderContext): AsyncGenerator<EventBatch> {
  const rows = new RowDecoder(context);
  const { head, all } = await peek(chunks, SNIFF_BYTES);
  let failure: Error | undefined;
  const fail = (error: unknown): void => {
    failure ??= error instanceof CsvError ? describe(error, context.file) : (error as Error);
  };
  const parser = openParser(rows, context, recordDelimiters(head), fail);
  try {
    for await (const chunk of all) {
      await write(parser, chunk);
      if (failure !== undefined) throw failure;
      yield* rows.takeFull();
    }
    parser.end();
    await finished(parser).catch(fail);
    if (failure !== undefined) throw failure;
    yield* rows.takeRest();
  } finally {
    parser.destroy();
  }
}

/**
 * Line ends to look for. Each one costs a comparison per byte, so CR LF is looked for only if the beginning has it; a
 * stray CR after that is trimmed off the last cell like any blank.
 */
function recordDelimiters(head: Uint8Array): string[] {
  return head.includes(CARRIAGE_RETURN) ? ['\r\n', '\n'] : ['\n'];
}

function openParser(
  rows: RowDecoder,
  context: ReaderContext,
  delimiters: string[],
  fail: (error: unknown) => void,
): Parser {
  const parser = parse({
    bom: true,
    record_delimiter: delimiters,
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
    if (rows.hasHeader) rows.skipped(lineOf(error));
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
function describe(error: CsvError, file: string): TraceFormatError {
  const line = lineOf(error);
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
