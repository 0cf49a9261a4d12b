/**
 * All trace writers. A new format is one file and one line here.
 */
import { suggestion, UsageError } from '../trace/errors.js';
import { arrowStreamWriter, arrowWriter } from './arrow/writer.js';
import { csvWriter } from './csv/writer.js';
import { jsonlWriter } from './jsonl/writer.js';
import { rawWriter } from './raw/writer.js';
import type { TraceWriter } from './writer.js';

/** Writers in the order in which help names them. */
export const WRITERS: readonly TraceWriter[] = [csvWriter, jsonlWriter, arrowWriter, arrowStreamWriter, rawWriter];

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
