/** From parsed flags to how a trace is opened. */
import type { RecordingOptions } from '../readers/open-recording.js';

/** The flags of `traceFlags` that say what to read, parsed. */
export interface RecordingFlags {
  readonly format: string | undefined;
  readonly lenient: boolean;
  readonly 'ftrace-events': string | undefined;
  readonly with: string | undefined;
}

/** Options for `openRecording`. */
export function recordingOptions(flags: RecordingFlags): RecordingOptions {
  return {
    format: flags.format,
    lenient: flags.lenient,
    ftraceEvents: flags['ftrace-events'],
    with: flags.with,
  };
}
