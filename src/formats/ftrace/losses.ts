/**
 * Lines that say that events were lost.
 *
 * - `CPU:1 [LOST 123 EVENTS]`, `CPU:1 [LOST EVENTS]` — the kernel's trace file
 * - `CPU:1 [123 EVENTS DROPPED]`, `CPU:1 [EVENTS DROPPED]` — trace-cmd report
 * - `# entries-in-buffer/entries-written: 100/250   #P:2` — the ring buffer had wrapped before it was read
 * - `perf 1 [001] 4.59: PERF_RECORD_LOST lost 123` — perf script --show-lost-events
 */
import type { LineCursor } from '../text/line-cursor.js';

/** Events lost. */
export interface Loss {
  readonly what: string;
  /** How many, at least 1. */
  readonly events: number;
  /** The CPU whose events they were; −1 if it is not known. */
  readonly cpu: number;
}

const LETTER_C = 0x43;
const HASH = 0x23;
const LOST_ON_CPU = /^CPU:\s?(\d{1,6}) \[(?:LOST )?(\d{1,15} )?EVENTS(?: DROPPED)?\]/;
const WRAPPED = /^# entries-in-buffer\/entries-written: (\d{1,15})\/(\d{1,15})/;
const PERF_LOST = /\[(\d{1,5})\] .*PERF_RECORD_LOST(?:_SAMPLES)?:? +lost:? (\d{1,15})/;
const LOST = 'events lost by the recorder';
const OVERWRITTEN = 'events overwritten in the ring buffer before it was read: the recording begins late';
/** Longer than any of these lines. */
const MAX_TEXT = 120;

/** The loss that the line tells of, if it does. Only for lines that are no events: it makes a string of them. */
export function lossOf(cursor: LineCursor): Loss | undefined {
  const { bytes, at, end } = cursor;
  const text = Buffer.from(bytes.buffer, bytes.byteOffset + at, Math.min(end - at, MAX_TEXT)).toString('latin1');
  const onCpu = bytes[at] === LETTER_C ? LOST_ON_CPU.exec(text) : null;
  if (onCpu !== null) return { what: LOST, events: Math.max(1, Number(onCpu[2] ?? 1)), cpu: Number(onCpu[1]) };
  const wrapped = bytes[at] === HASH ? WRAPPED.exec(text) : null;
  if (wrapped !== null) {
    const events = Number(wrapped[2]) - Number(wrapped[1]);
    return events > 0 ? { what: OVERWRITTEN, events, cpu: -1 } : undefined;
  }
  const perf = PERF_LOST.exec(text);
  return perf === null ? undefined : { what: LOST, events: Math.max(1, Number(perf[2])), cpu: Number(perf[1]) };
}
