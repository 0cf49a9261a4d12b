/**
 * All trace readers in the order in which they are asked. A new format is one file and one line here.
 */
import { suggestion, TraceFormatError, UsageError } from '../trace/errors.js';
import { arrowReader } from './arrow/reader.js';
import { csvReader } from './csv.js';
import { ftraceReader } from './ftrace/reader.js';
import { jsonlReader } from './jsonl/reader.js';
import { qemuLogReader } from './qemu-log/reader.js';
import { qemuSimpleReader } from './qemu-simple/reader.js';
import { qemuVtdLogReader } from './qemu-vtd-log/reader.js';
import { rawReader } from './raw/reader.js';
import type { TraceReader } from './reader.js';

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

/** What unrecognised content looks like, in a few words. */
function describeContent(head: Uint8Array): string {
  // Latin 1 maps every byte to one character and cannot fail.
  const text = Buffer.from(head.buffer, head.byteOffset, head.length).toString('latin1');
  if (looksBinary(head)) return `binary data that starts with ${hexBytes(head.subarray(0, 8))}`;
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
