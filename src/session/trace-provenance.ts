import { basename } from 'node:path';
import type { JoinReport } from '../readers/join/report.js';
import type { OpenTrace } from '../readers/reader.js';

/** Name of a trace in results: its file name, without the folder. */
export function traceName(path: string): string {
  return path === '-' ? '<stdin>' : basename(path);
}

/** What was joined with a trace and how well it agrees; nothing for a single recording. */
export function joinProvenance(trace: OpenTrace): { readonly join?: JoinReport } {
  const report = trace.join?.report();
  return report === undefined ? {} : { join: report };
}
