/** From parsed flags to how a trace is opened. */
import type { OpenOptions } from '../library/options.js';

/** The flags of `traceFlags` that decide how a trace is read, parsed. */
export interface ReadFlags {
  readonly format: string | undefined;
  readonly lenient: boolean;
  readonly 'csv-map': readonly string[] | undefined;
  readonly 'ftrace-events': string | undefined;
  readonly with: string | undefined;
}

/** How `flags` want a trace opened, as options of the library. */
export function readOptions(flags: ReadFlags): OpenOptions {
  const { format, lenient, 'csv-map': csvMap, 'ftrace-events': ftraceEvents, with: joined } = flags;
  return { format, lenient, csvMap, ftraceEvents, with: joined };
}
