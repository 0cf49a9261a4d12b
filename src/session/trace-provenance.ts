import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import type { JoinReport } from '../formats/join/report.js';
import type { RecordingOptions } from '../formats/open-recording.js';
import type { OpenTrace } from '../formats/reader.js';
import type { LoadedProfile } from '../profiles/load.js';

/** Name of a trace in results: its file name, without the folder. */
export function traceName(path: string): string {
  return path === '-' ? '<stdin>' : basename(path);
}

/** How the traces were read, as far as it decides what is in them. */
export function readingProvenance({ lenient = false, csvMap, ftraceEvents }: RecordingOptions) {
  return {
    lenient,
    ...(csvMap === undefined ? {} : { csv_map: Object.fromEntries(csvMap) }),
    ...(ftraceEvents === undefined ? {} : { ftrace_events: ftraceEvents }),
  };
}

/** What was joined with a trace and how well it agrees; nothing for a single recording. */
export function joinProvenance(trace: OpenTrace): { readonly join?: JoinReport } {
  const report = trace.join?.report();
  return report === undefined ? {} : { join: report };
}

/** SHA-256 over keys and values of all parameters: two profiles of one name may differ. */
export function parametersSha256({ parameters }: LoadedProfile): string {
  return createHash('sha256')
    .update(JSON.stringify(parameters.map(({ key, value }) => [key, value])))
    .digest('hex');
}
