import { basename } from 'node:path';
import type { OpenTraceOptions } from '../readers/open-trace.js';

/** Name of a trace in results: its file name, without the folder. */
export function traceName(path: string): string {
  return path === '-' ? '<stdin>' : basename(path);
}

/** How the traces were read, as far as it decides what is in them. */
export function readingProvenance({ lenient = false, csvMap }: OpenTraceOptions) {
  return { lenient, ...(csvMap === undefined ? {} : { csv_map: Object.fromEntries(csvMap) }) };
}
