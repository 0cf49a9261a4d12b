/**
 * Two recordings of one run as one trace: the guest's ftrace for commands, latencies and mappings, QEMU's log for
 * translations.
 */
import { basename } from 'node:path';
import { TraceFormatError, UsageError } from '../../trace/errors.js';
import type { EventBatch } from '../../trace/events.js';
import { addNote } from '../notes.js';
import type { OpenTrace } from '../reader.js';
import { readerReport } from '../reader-report.js';
import { type Alignment, align } from './alignment.js';
import { type ClockMap, fitClocks } from './clocks.js';
import { merge } from './merge.js';
import { Recording } from './recording.js';
import type { JoinReport } from './report.js';

const NO_PLACE = 'mapping left out: without clocks in both recordings its place among the translations is not known';

/** `trace` joined with `other`: its batches, statistics of `trace`, digests and sizes of both. */
export function joinTraces(trace: OpenTrace, other: OpenTrace): OpenTrace {
  const joined: { report?: JoinReport; version?: string } = {};
  const batches = joinedBatches(trace, other, joined);
  const total =
    trace.totalBytes === undefined || other.totalBytes === undefined ? undefined : trace.totalBytes + other.totalBytes;
  return {
    file: trace.file,
    compression: trace.compression,
    batches: closingBoth(batches, trace, other),
    statistics: trace.statistics,
    totalBytes: total,
    bytesRead: () => trace.bytesRead() + other.bytesRead(),
    sha256: () => trace.sha256(),
    join: { report: () => joined.report, recorderVersion: () => joined.version ?? '' },
  };
}

async function* joinedBatches(
  trace: OpenTrace,
  other: OpenTrace,
  joined: { report?: JoinReport; version?: string },
): AsyncGenerator<EventBatch, void, void> {
  const first = await Recording.of(trace);
  const second = await Recording.of(other);
  // Both recorders were at work in that one run.
  trace.statistics.isTracedInside ||= other.statistics.isTracedInside;
  const isFirstCalls = second.dmas > 0 && first.dmas === 0;
  if (!isFirstCalls && (first.dmas === 0 || second.dmas > 0)) {
    const found = first.dmas === 0 ? 'translations in neither' : 'translations in both';
    throw new UsageError(
      `--with ${other.file}: expected one recording with translations (a QEMU log) and one without (ftrace), found ${found}`,
    );
  }
  const [calls, stream] = isFirstCalls ? [first, second] : [second, first];
  const [callTrace, streamTrace] = isFirstCalls ? [trace, other] : [other, trace];
  const hasClocks = trace.statistics.timeBase === 'clock' && other.statistics.timeBase === 'clock';
  const alignment = align(calls, stream, hasClocks);
  if (alignment.matched === 0) {
    throw new TraceFormatError(
      other.file,
      0,
      `commands of the same run as ${trace.file}`,
      'no common sequence of commands',
    );
  }
  const clock = hasClocks ? clockOf(calls, stream, alignment) : undefined;
  if (clock === undefined) {
    trace.statistics.timeBase = 'order-only';
    if (calls.mappings > 0) addNote(callTrace.statistics, 0, NO_PLACE, calls.mappings);
  }
  joined.version = streamTrace.statistics.version;
  joined.report = {
    file: basename(other.file),
    sha256: other.sha256(),
    compression: other.compression,
    reader: readerReport(other.statistics),
    commands_from: basename(callTrace.file),
    translations_from: basename(streamTrace.file),
    commands: {
      matched: alignment.matched,
      only_in_commands_from: calls.commands - alignment.matched,
      only_before: alignment.from,
      only_within: alignment.to - alignment.from - alignment.matched,
      only_after: stream.commands - alignment.to,
    },
    submissions: {
      matched: alignment.matchedSubmissions,
      unmatched: calls.submissions.length - alignment.matchedSubmissions,
      out_of_order: alignment.outOfOrder,
    },
    clock:
      clock === undefined
        ? null
        : { offset_ns: clock.offsetNs, drift_ppm: Number(clock.driftPpm.toFixed(3)), spread_ns: clock.spreadNs },
  };
  yield* merge(calls, stream, alignment, clock);
}

/** The clocks at the submissions that both recorded. */
function clockOf(calls: Recording, stream: Recording, { submissionAt }: Alignment): ClockMap | undefined {
  const pairs: [number, number][] = [];
  let doorbell = 0;
  for (let at = 0; at < submissionAt.length; at++) {
    if (submissionAt[at] < 0) continue;
    const submission = calls.submissions[submissionAt[at]];
    const last = at + submission.count - 1;
    // The register write that published its last command.
    while (doorbell < stream.submissions.length && endOf(stream, doorbell) <= last) doorbell++;
    if (doorbell < stream.submissions.length) {
      pairs.push([submission.doorbellNs, stream.submissions[doorbell].doorbellNs]);
    }
  }
  if (pairs.length === 0) return undefined;
  pairs.sort(([a], [b]) => a - b);
  return fitClocks(
    pairs.map(([from]) => from),
    pairs.map(([, to]) => to),
  );
}

/** Number of the first command behind submission `index`. */
function endOf(recording: Recording, index: number): number {
  const { first, count } = recording.submissions[index];
  return first + count;
}

/** `batches` that also gives up both sources when it is not drawn to its end. */
function closingBoth(
  batches: AsyncGenerator<EventBatch>,
  trace: OpenTrace,
  other: OpenTrace,
): AsyncGenerator<EventBatch> {
  const close = async () => {
    await trace.batches.return(undefined);
    await other.batches.return(undefined);
  };
  return {
    async next() {
      try {
        return await batches.next();
      } catch (error) {
        await close();
        throw error;
      }
    },
    async return(value) {
      await close();
      return batches.return(value);
    },
    async throw(error) {
      await close();
      return batches.throw(error);
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  } as AsyncGenerator<EventBatch>;
}
