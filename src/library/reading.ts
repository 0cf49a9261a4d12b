/** From checked options to how a trace is read, and what is made of it. */
import { parseColumnMap } from '../formats/csv/column-map.js';
import type { RecordingOptions } from '../formats/open-recording.js';
import type { TransformOptions } from '../guest/transforms/transform.js';
import { parseFactor, parseKernel } from '../guest/transforms/transform-list.js';
import type { CheckedReading, CheckedTransforms } from './options.js';

/**
 * How a trace is opened.
 * @throws UsageError for a map of columns that cannot be
 */
export function recordingOptions(reading: CheckedReading): RecordingOptions {
  const { format, lenient, csvMap, ftraceEvents, with: joined } = reading;
  return {
    format,
    lenient,
    csvMap: csvMap === undefined ? undefined : parseColumnMap(csvMap),
    ftraceEvents,
    with: joined,
  };
}

/**
 * The transforms that are asked for.
 * @throws UsageError for a kernel or a factor that is none
 */
export function transformOptions({ guestKernel, timeScale, ...rest }: CheckedTransforms): TransformOptions {
  return {
    ...rest,
    guestKernel: guestKernel === undefined ? undefined : parseKernel('--guest-kernel', guestKernel),
    timeScale: timeScale === undefined ? undefined : parseFactor('--time-scale', String(timeScale)),
  };
}
