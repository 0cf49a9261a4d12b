/** From parsed flags to how a trace is opened. */
import { type ColumnMap, parseColumnMap } from '../formats/csv/column-map.js';
import type { RecordingOptions } from '../formats/open-recording.js';

/** The flags of `traceFlags` that decide how a trace is read, parsed. */
export interface ReadFlags {
  readonly format: string | undefined;
  readonly lenient: boolean;
  readonly 'csv-map': readonly string[] | undefined;
  readonly 'ftrace-events': string | undefined;
  readonly with: string | undefined;
}

/**
 * How `flags` want a trace opened: options for `openRecording`, and the part of every session's options that it takes.
 * @throws UsageError for a map of columns that cannot be
 */
export function readOptions(flags: ReadFlags): RecordingOptions {
  return {
    format: flags.format,
    lenient: flags.lenient,
    csvMap: columnMap(flags['csv-map']),
    ftraceEvents: flags['ftrace-events'],
    with: flags.with,
  };
}

function columnMap(texts: readonly string[] | undefined): ColumnMap | undefined {
  return texts === undefined ? undefined : parseColumnMap(texts);
}
