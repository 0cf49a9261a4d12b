/**
 * What stands before the event name: thread and time.
 *
 * Source: facts M §2.7 (tracetool's log backend).
 * - `24723@1795426081.783191:smmuv3_…` — thread id and host time, `-msg timestamp=on` up to QEMU 10.0
 * - `2025-07-24T14:12:21.123456Z smmuv3_…` — host time only, `-msg timestamp=on` from QEMU 10.1
 * - `smmuv3_…` — neither: no time base
 */
import type { LineCursor } from './line-cursor.js';

const ZERO = 0x30;
const AT = 0x40;
const DOT = 0x2e;
const COLON = 0x3a;
const DASH = 0x2d;
const LETTER_T = 0x54;
const LETTER_Z = 0x5a;
const SPACE = 0x20;
const NS_PER_MICROSECOND = 1_000;
const NS_PER_SECOND = 1_000_000_000;
const MICROSECOND_DIGITS = 6;

/** Thread id of lines that name no thread. */
export const NO_THREAD = -1;

/** Prefix of the current line. */
export class LinePrefix {
  /** Thread id, or NO_THREAD. */
  thread = NO_THREAD;
  /** True if the line carries a time. */
  hasTime = false;
  /** True if the time is written as QEMU writes it from 10.1 on. */
  isIso = false;
  /** Time in ns since the first timestamped line of the file; kept from the line before if this one has none. */
  timeNs = 0;
  private firstSecond = -1;
  private firstMicrosecond = 0;

  /** Take the prefix, if there is one; the cursor then stands on the event name. */
  read(cursor: LineCursor): void {
    this.thread = NO_THREAD;
    this.hasTime = false;
    this.isIso = false;
    const first = cursor.bytes[cursor.at] - ZERO;
    if (first < 0 || first > 9) return;
    if (cursor.bytes[cursor.at + 4] === DASH) this.readIsoTime(cursor);
    else this.readThreadAndTime(cursor);
  }

  private readThreadAndTime(cursor: LineCursor): void {
    const { bytes, at, end } = cursor;
    const thread = digits(bytes, at, end, 10);
    const secondAt = numberEnd + 1;
    if (numberEnd === at || bytes[numberEnd] !== AT) return;
    const second = digits(bytes, secondAt, end, 12);
    const microsecondAt = numberEnd + 1;
    if (numberEnd === secondAt || bytes[numberEnd] !== DOT) return;
    const microsecond = digits(bytes, microsecondAt, end, MICROSECOND_DIGITS);
    if (numberEnd !== microsecondAt + MICROSECOND_DIGITS || numberEnd >= end || bytes[numberEnd] !== COLON) return;
    cursor.at = numberEnd + 1;
    this.thread = thread;
    this.setTime(second, microsecond);
  }

  private readIsoTime(cursor: LineCursor): void {
    const { bytes, at, end } = cursor;
    // 0123456789012345678901234567
    // 2025-07-24T14:12:21.123456Z
    if (at + 28 > end || bytes[at + 7] !== DASH || bytes[at + 10] !== LETTER_T || bytes[at + 19] !== DOT) return;
    if (bytes[at + 13] !== COLON || bytes[at + 16] !== COLON) return;
    if (bytes[at + 26] !== LETTER_Z || bytes[at + 27] !== SPACE) return;
    const year = fixed(bytes, at, 4);
    const month = fixed(bytes, at + 5, 2);
    const day = fixed(bytes, at + 8, 2);
    const hour = fixed(bytes, at + 11, 2);
    const minute = fixed(bytes, at + 14, 2);
    const second = fixed(bytes, at + 17, 2);
    const microsecond = fixed(bytes, at + 20, MICROSECOND_DIGITS);
    if (year < 0 || month < 1 || month > 12 || day < 1 || day > 31) return;
    if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 60 || microsecond < 0) return;
    cursor.at = at + 28;
    this.isIso = true;
    this.setTime(Date.UTC(year, month - 1, day, hour, minute, second) / 1000, microsecond);
  }

  private setTime(second: number, microsecond: number): void {
    if (this.firstSecond < 0) {
      this.firstSecond = second;
      this.firstMicrosecond = microsecond;
    }
    this.hasTime = true;
    this.timeNs =
      (second - this.firstSecond) * NS_PER_SECOND + (microsecond - this.firstMicrosecond) * NS_PER_MICROSECOND;
  }
}

/** Where the last `digits` call stopped. */
let numberEnd = 0;

/** Value of the decimal digits from `at` on, at most `limit` of them. */
function digits(bytes: Uint8Array, at: number, end: number, limit: number): number {
  const stop = Math.min(end, at + limit);
  let value = 0;
  let position = at;
  while (position < stop) {
    const digit = bytes[position] - ZERO;
    if (digit < 0 || digit > 9) break;
    value = value * 10 + digit;
    position++;
  }
  numberEnd = position;
  return value;
}

/** Value of exactly `count` digits at `at`, or -1. */
function fixed(bytes: Uint8Array, at: number, count: number): number {
  const value = digits(bytes, at, at + count, count);
  return numberEnd === at + count ? value : -1;
}
