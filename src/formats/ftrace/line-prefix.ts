/**
 * What stands before the event name: task, CPU, context, time.
 *
 * - `            init-1       [000] d.h2.     4.592159: smmu_cmdq: …` — /sys/kernel/tracing/trace; the flags may be off
 * - `            init-1     [000]     4.592159: smmu_cmdq:            …` — trace-cmd report, with or without flags
 * - `            init     1 [000]     4.592159: kprobes:smmu_cmdq: …` — perf script, `PID/TID` too
 *
 * Task names may hold spaces and brackets, so the CPU field is the first `[digits]` that a time and a name follow.
 */
import type { LineCursor } from '../text/line-cursor.js';

const SPACE = 0x20;
const OPEN = 0x5b;
const CLOSE = 0x5d;
const OPEN_ROUND = 0x28;
const CLOSE_ROUND = 0x29;
const COLON = 0x3a;
const DOT = 0x2e;
const ZERO = 0x30;
const MAX_CPU_DIGITS = 5;
const NS_PER_SECOND = 1_000_000_000;
const SECOND_DIGITS = 12;
/** Place of the interrupt context among the flags: irqs-off, need-resched, hardirq/softirq, … */
const CONTEXT_FLAG = 2;

/** In what a task was when the event happened; a higher one can interrupt a lower one. */
export const enum Context {
  Unknown = -1,
  Process = 0,
  SoftIrq = 1,
  HardIrq = 2,
  Nmi = 3,
}

/** Prefix of the current line. */
export class FtracePrefix {
  cpu = 0;
  /** Thread id; an idle task or an unreadable id is told apart by its CPU, as a negative number. */
  task = 0;
  context: number = Context.Unknown;
  /** False if the clock of the recording counts events or cycles instead of seconds. */
  hasTime = false;
  /** ns since the first line of the recording. */
  timeNs = 0;
  private firstSecond = -1;
  private firstNs = 0;

  /** Take the prefix; false if this is no event line. The cursor then stands on the event name, group included. */
  read(cursor: LineCursor): boolean {
    const { bytes, end } = cursor;
    for (let at = cursor.at + 1; at < end; at++) {
      if (bytes[at] !== OPEN || bytes[at - 1] !== SPACE) continue;
      if (this.readFrom(cursor, at)) return true;
    }
    return false;
  }

  private readFrom(cursor: LineCursor, open: number): boolean {
    const { bytes, end } = cursor;
    let at = open + 1;
    let cpu = 0;
    while (at < end && isDigit(bytes[at])) cpu = cpu * 10 + bytes[at++] - ZERO;
    const digits = at - open - 1;
    if (digits === 0 || digits > MAX_CPU_DIGITS || bytes[at] !== CLOSE || bytes[at + 1] !== SPACE) return false;
    at = skipSpaces(bytes, at + 1, end);
    let context: number = Context.Unknown;
    let wordEnd = endOfWord(bytes, at, end);
    if (!isTime(bytes, at, wordEnd)) {
      context = contextOf(bytes[at + CONTEXT_FLAG], wordEnd - at);
      at = skipSpaces(bytes, wordEnd, end);
      wordEnd = endOfWord(bytes, at, end);
      if (!isTime(bytes, at, wordEnd)) return false;
    }
    const name = skipSpaces(bytes, wordEnd, end);
    const nameEnd = endOfWord(bytes, name, end);
    if (nameEnd - name < 2 || bytes[nameEnd - 1] !== COLON) return false;
    this.readTime(bytes, at, wordEnd - 1);
    this.cpu = cpu;
    this.context = context;
    this.task = taskBefore(bytes, cursor.at, open);
    if (this.task <= 0) this.task = -1 - cpu;
    cursor.at = name;
    return true;
  }

  private readTime(bytes: Uint8Array, from: number, to: number): void {
    let at = from;
    let second = 0;
    while (at < to && bytes[at] !== DOT) second = second * 10 + bytes[at++] - ZERO;
    this.hasTime = at < to;
    if (!this.hasTime) return;
    let ns = 0;
    let unit = NS_PER_SECOND;
    for (at++; at < to && unit > 1; at++) {
      unit /= 10;
      ns += (bytes[at] - ZERO) * unit;
    }
    if (this.firstSecond < 0) {
      this.firstSecond = second;
      this.firstNs = ns;
    }
    this.timeNs = (second - this.firstSecond) * NS_PER_SECOND + ns - this.firstNs;
  }
}

function isDigit(byte: number): boolean {
  return byte >= ZERO && byte <= ZERO + 9;
}

function skipSpaces(bytes: Uint8Array, from: number, end: number): number {
  let at = from;
  while (at < end && bytes[at] === SPACE) at++;
  return at;
}

function endOfWord(bytes: Uint8Array, from: number, end: number): number {
  let at = from;
  while (at < end && bytes[at] !== SPACE) at++;
  return at;
}

/** Digits, perhaps a dot and digits, then a colon. */
function isTime(bytes: Uint8Array, from: number, to: number): boolean {
  if (to - from < 2 || bytes[to - 1] !== COLON || !isDigit(bytes[from])) return false;
  let dots = 0;
  for (let at = from; at < to - 1; at++) {
    if (bytes[at] === DOT) dots++;
    else if (!isDigit(bytes[at])) return false;
    else if (dots === 0 && at - from >= SECOND_DIGITS) return false;
  }
  return dots <= 1;
}

function contextOf(flag: number, length: number): number {
  if (length <= CONTEXT_FLAG) return Context.Unknown;
  switch (String.fromCharCode(flag)) {
    case '.':
      return Context.Process;
    case 's':
      return Context.SoftIrq;
    case 'h':
    case 'H':
      return Context.HardIrq;
    case 'z':
    case 'Z':
      return Context.Nmi;
    default:
      return Context.Unknown;
  }
}

/** The thread id that ends before the CPU field, or before the thread group in brackets; 0 if there is none. */
function taskBefore(bytes: Uint8Array, start: number, open: number): number {
  let at = open - 1;
  while (at > start && bytes[at] === SPACE) at--;
  if (bytes[at] === CLOSE_ROUND) {
    while (at > start && bytes[at] !== OPEN_ROUND) at--;
    at--;
    while (at > start && bytes[at] === SPACE) at--;
  }
  let task = 0;
  let unit = 1;
  while (at >= start && isDigit(bytes[at]) && unit < 1e10) {
    task += (bytes[at] - ZERO) * unit;
    unit *= 10;
    at--;
  }
  return task;
}
