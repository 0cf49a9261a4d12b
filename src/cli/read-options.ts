/** From parsed flags to how a trace is opened. */
import { type ColumnMap, parseColumnMap } from '../readers/csv/column-map.js';

/** The flags of `traceFlags` that decide how a trace is read, parsed. */
export interface ReadFlags {
  readonly format: string | undefined;
  readonly lenient: boolean;
  readonly 'csv-map': readonly string[] | undefined;
}

/** Options for `openTrace`, and the part of the session's options that it takes. */
export interface ReadOptions {
  readonly format: string | undefined;
  readonly lenient: boolean;
  readonly csvMap: ColumnMap | undefined;
}

/**
 * How `flags` want a trace opened.
 * @throws UsageError for a map of columns that cannot be
 */
export function readOptions(flags: ReadFlags): ReadOptions {
  const texts = flags['csv-map'];
  return {
    format: flags.format,
    lenient: flags.lenient,
    csvMap: texts === undefined ? undefined : parseColumnMap(texts),
  };
}
