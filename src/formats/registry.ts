/**
 * All trace formats: their readers in the order in which they are asked, and the writers of those that can be written. A new
 * format is a folder and a line here for its reader, its writer or each.
 */
import { suggestion, TraceFormatError, UsageError } from '../trace/errors.js';
import { ownFile } from '../trace/own-files.js';
import { arrowReader } from './arrow/reader.js';
import { arrowStreamWriter, arrowWriter } from './arrow/writer.js';
import { csvReader } from './csv/reader.js';
import { csvWriter } from './csv/writer.js';
import { ftraceReader } from './ftrace/reader.js';
import { jsonlReader } from './jsonl/reader.js';
import { jsonlWriter } from './jsonl/writer.js';
import { qemuLogReader } from './qemu-log/reader.js';
import { qemuSimpleReader } from './qemu-simple/reader.js';
import { qemuVtdLogReader } from './qemu-vtd-log/reader.js';
import { rawReader } from './raw/reader.js';
import { rawWriter } from './raw/writer.js';
import type { TraceReader } from './reader.js';
import type { TraceWriter } from './writer.js';

/** Readers in sniffing order; the order is total, so that a content has at most one format. */
export const READERS: readonly TraceReader[] = [
  qemuSimpleReader,
  arrowReader,
  rawReader,
  jsonlReader,
  qemuLogReader,
  qemuVtdLogReader,
  ftraceReader,
  csvReader,
];

/** Reader names for help and messages. */
export function readerNames(): string[] {
  return READERS.map((reader) => reader.name);
}

/**
 * The reader called `name`.
 * @throws UsageError for an unknown name
 */
export function readerByName(name: string): TraceReader {
  const found = READERS.find((reader) => reader.name === name);
  if (found !== undefined) return found;
  throw new UsageError(`unknown trace format ${name}${suggestion(name, readerNames())}`);
}

/**
 * The reader that recognises `head`, the first bytes of the decompressed content.
 * @throws TraceFormatError that tells what the content looks like
 */
export function readerByContent(head: Uint8Array, file: string): TraceReader {
  const found = READERS.find((reader) => reader.sniff(head));
  if (found !== undefined) return found;
  throw new TraceFormatError(file, 0, `a known trace format (${readerNames().join(', ')})`, describeContent(head));
}

/** Writers in the order in which help names them. */
const WRITERS: readonly TraceWriter[] = [csvWriter, jsonlWriter, arrowWriter, arrowStreamWriter, rawWriter];

/** Writer names for help and messages. */
export function writerNames(): string[] {
  return WRITERS.map((writer) => writer.name);
}

/**
 * The writer called `name`.
 * @throws UsageError for an unknown name
 */
export function writerByName(name: string): TraceWriter {
  const found = WRITERS.find((writer) => writer.name === name);
  if (found !== undefined) return found;
  throw new UsageError(`unknown output format ${name}${suggestion(name, writerNames())}`);
}

/**
 * The writer whose suffix the file name has.
 * @param file a path without the suffix of its compression
 * @throws UsageError if no writer has it
 */
export function writerByFile(file: string): TraceWriter {
  const lower = file.toLowerCase();
  const found = WRITERS.find(({ suffixes }) => suffixes.some((suffix) => lower.endsWith(suffix)));
  if (found !== undefined) return found;
  const suffixes = WRITERS.flatMap((writer) => writer.suffixes).join(', ');
  throw new UsageError(`${file}: expected a name that ends in ${suffixes}, or the format by name, found neither`);
}

/** What unrecognised content looks like, in a few words. */
function describeContent(head: Uint8Array): string {
  // Latin 1 maps every byte to one character and cannot fail.
  const text = Buffer.from(head.buffer, head.byteOffset, head.length).toString('latin1');
  if (looksBinary(head)) return `binary data that starts with ${hexBytes(head.subarray(0, 8))}`;
  const own = ownFile(Buffer.from(head).toString('utf8'));
  if (own !== undefined) return own.what;
  const firstLine = text.split('\n').find((line) => line.trim() !== '') ?? '';
  return firstLine === '' ? 'only blank lines' : `text that starts with "${firstLine.trim().slice(0, 60)}"`;
}

/** Control characters other than tab, line feed, form feed, carriage return and escape do not occur in text. */
function looksBinary(head: Uint8Array): boolean {
  const start = head.subarray(0, 4096);
  if (start.some((byte) => byte < 9 || (byte > 13 && byte < 27) || (byte > 27 && byte < 32))) return true;
  try {
    // As a stream, so that a character cut in two at the end is no error.
    new TextDecoder('utf-8', { fatal: true }).decode(start, { stream: true });
    return false;
  } catch {
    return true;
  }
}

function hexBytes(bytes: Uint8Array): string {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
}
