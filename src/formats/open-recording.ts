/**
 * A trace as the command line names it: one recording, or two of the same run that are joined.
 */
import { UsageError } from '../trace/errors.js';
import { eventRoles } from './ftrace/event-roles.js';
import { ftraceReader } from './ftrace/reader.js';
import { joinTraces } from './join/join-traces.js';
import { type OpenTraceOptions, openTrace } from './open-trace.js';
import type { OpenTrace } from './reader.js';

/** How to open a recording. */
export interface RecordingOptions extends OpenTraceOptions {
  /** A second recording of the same run, of either kind; its format is always recognised by content. */
  readonly with?: string | undefined;
}

/**
 * Open the recording at `path` and the one to be joined with it, if there is one.
 * @throws UsageError for what openTrace refuses, and for ftrace event names without an ftrace recording
 */
export async function openRecording(path: string, options: RecordingOptions = {}): Promise<OpenTrace> {
  const { with: second, ...own } = options;
  if (own.ftraceEvents !== undefined) eventRoles(own.ftraceEvents);
  if (second === path) throw new UsageError(`--with: expected another recording of the same run, found ${path} again`);
  const trace = await openTrace(path, own);
  const opened = [trace];
  try {
    if (second !== undefined) opened.push(await openTrace(second, { ...own, format: undefined, csvMap: undefined }));
    const formats = opened.map(({ statistics }) => statistics.format);
    if (own.ftraceEvents !== undefined && !formats.includes(ftraceReader.name)) {
      throw new UsageError(`--ftrace-events: expected an ftrace recording, found format ${formats.join(' and ')}`);
    }
    return opened.length === 1 ? trace : joinTraces(trace, opened[1]);
  } catch (error) {
    for (const { batches } of opened) await batches.return(undefined);
    throw error;
  }
}

/**
 * Two recordings are of one run, so that --with goes with a single trace.
 * @throws UsageError for more
 */
export function requireSingleTrace(traces: readonly string[], second: string | undefined): void {
  if (second === undefined || traces.length === 1) return;
  throw new UsageError(`--with: expected one trace to join ${second} with, found ${traces.length}`);
}
