/** From `--perfetto FILE --events FROM..TO` to the observer that fills the file. */
import { resolve } from 'node:path';
import type { ResultDocument } from '../results/document.js';
import type { RunHooks } from '../session/run.js';
import { UsageError } from '../trace/errors.js';
import { tell } from './messages.js';
import { openOutput } from './output.js';
import type { OnProgress } from './progress.js';

/** Largest file, bytes: beyond it a browser no longer opens the timeline, and this process would need that much memory. */
const MAX_BYTES = 128e6;

/** The flags that decide. */
export interface TimelineFlags {
  readonly perfetto: string | undefined;
  readonly events: string | undefined;
  readonly output: string | undefined;
  /** The most events that are read, if any. */
  readonly limit?: number | undefined;
  /** Times that the trace is run through. */
  readonly repeat?: number | undefined;
  readonly quiet: boolean;
}

/** A timeline that is being recorded. */
export interface OpenTimeline {
  readonly probe: NonNullable<RunHooks['timeline']>;
  /** To be told how much has been read; says once on stderr that the file will be larger than it may. */
  readonly onProgress: OnProgress;
  /** Write the file; returns `document` with its size in `results[0].timeline`. */
  commit(document: ResultDocument): Promise<ResultDocument>;
  /** Give up; nothing is left behind. No-op after `commit`. */
  discard(): void;
}

/**
 * Open the file of `--perfetto`; undefined without one.
 * @param inputs paths that are read and must not be overwritten
 * @throws UsageError for a malformed window, a window without a file, a file that cannot be written to
 */
export async function openTimeline(flags: TimelineFlags, inputs: readonly string[]): Promise<OpenTimeline | undefined> {
  const { perfetto, events, output } = flags;
  if (perfetto === undefined) {
    if (events !== undefined) throw new UsageError('--events: expected --perfetto FILE with it, found none');
    return undefined;
  }
  if (perfetto === '-') throw new UsageError('--perfetto: expected a file, found - (the report goes there)');
  if (output !== undefined && resolve(output) === resolve(perfetto)) {
    throw new UsageError(`--perfetto: expected a file other than that of --output, found ${perfetto}`);
  }
  const { ALL_EVENTS, parseEventWindow } = await import('../timeline/event-window.js');
  const { PerfettoSink } = await import('../timeline/perfetto-sink.js');
  const { forecastBytes } = await import('../timeline/forecast.js');
  const { TimelineRecorder } = await import('../timeline/recorder.js');
  const window = events === undefined ? ALL_EVENTS : parseEventWindow(events);
  const file = openOutput(perfetto, inputs);
  const sink = new PerfettoSink();
  const probe = new TimelineRecorder(sink, window, MAX_BYTES);
  let isTold = flags.quiet;
  /** Events of one run through the trace; an estimate until it has been read. */
  let perRun = 0;
  const onProgress: OnProgress = (bytesRead, totalBytes, read) => {
    if (isTold || totalBytes === undefined || bytesRead === 0) return;
    const { limit = Number.POSITIVE_INFINITY, repeat = 1 } = flags;
    const isRead = perRun > 0 && bytesRead >= totalBytes;
    if (!isRead) perRun = (read * totalBytes) / bytesRead;
    const allEvents = Math.max(read, Math.min(limit, perRun) * repeat);
    const bytes = forecastBytes(window, { bytes: sink.bytes, lastEvent: probe.lastEvent, allEvents });
    if (bytes === undefined || bytes <= MAX_BYTES) return;
    isTold = true;
    tell(
      `--perfetto: about ${Math.round(bytes / 1e6)} MB if it goes on like this, and more than ${MAX_BYTES / 1e6} MB is refused: choose a part with --events FROM..TO`,
    );
  };
  const commit = async (document: ResultDocument): Promise<ResultDocument> => {
    probe.end();
    const bytes = sink.finish();
    await file.commit(bytes);
    const [{ ...result }] = document.results;
    const timeline = { first_event: window.first, last_event: probe.lastEvent, ...probe.counts, bytes: bytes.length };
    return { ...document, results: [{ ...result, timeline }] };
  };
  return { probe, onProgress, commit, discard: () => file.discard() };
}
