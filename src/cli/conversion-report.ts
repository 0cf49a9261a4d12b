/** What `convert` says: a line about what was written, and one about everything that the format could not hold. */

import type { SavedTrace } from '../formats/save-trace.js';
import type { ConversionEstimate } from '../session/convert.js';

/** The line after a conversion to a file. */
export function conversionSummary(file: string, { events, bytes, format, compression }: SavedTrace): string {
  return `${file}: ${count(events)} events, ${size(bytes)} of ${formName(format, compression)}`;
}

/** The line of an estimate. */
export function estimateSummary(file: string, estimate: ConversionEstimate): string {
  const { events, bytes, isExact, sampledEvents, writtenEvents, sampledBytes } = estimate;
  const form = formName(estimate.format, estimate.compression);
  if (events === undefined || bytes === undefined) {
    const each = (sampledBytes / writtenEvents).toFixed(1);
    return `${file}: ${each} bytes of ${form} per event, by the first ${count(sampledEvents)}; the size of the input is not known`;
  }
  if (isExact) return `${file}: ${count(events)} events, ${size(bytes)} of ${form}`;
  return `${file}: about ${count(events)} events, ${size(bytes)} of ${form}, by the first ${count(sampledEvents)} events`;
}

/** One sentence per kind of loss. */
export function lossSentences({ losses, format }: SavedTrace): string[] {
  return losses
    .entries()
    .map(({ what, count: times }) => `${format} cannot hold: ${what}${times > 1 ? ` (${count(times)})` : ''}`);
}

const formName = (format: string, compression: string): string =>
  compression === 'none' ? format : `${format} packed as ${compression}`;

const count = (value: number): string => value.toLocaleString('en-US');

const UNITS = ['bytes', 'kB', 'MB', 'GB', 'TB'];

/** Bytes in decimal units with three digits. */
function size(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < UNITS.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${unit === 0 ? value : value.toPrecision(3)} ${UNITS[unit]}`;
}
