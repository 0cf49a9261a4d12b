/**
 * What readers of line-oriented recordings share: walking blocks, the order of time, notes, and what to do with a bad line.
 *
 * A subclass reads one line from `cursor`; the bytes of a block are touched once and nothing is allocated per line.
 */
import { TraceFormatError } from '../../trace/errors.js';
import { CUT_NOTE, isRestart, RESTART_CAUSE } from '../clock-order.js';
import { addNote } from '../notes.js';
import type { ReaderContext } from '../reader.js';
import { EventSink } from './event-sink.js';
import { LineCursor } from './line-cursor.js';

const LINE_FEED = 10;
const CARRIAGE_RETURN = 13;
/** Characters of a bad line that a message quotes. */
const QUOTED_CHARACTERS = 120;

const seconds = (ns: number): string => (ns / 1e9).toFixed(6);

/** One recording, fed block by block. */
export abstract class LineDecoder {
  readonly sink = new EventSink();
  protected readonly cursor = new LineCursor();
  /** Number of the current line, from 1. */
  protected line = 0;
  /** Time of the latest event line in ns. */
  protected timeNs = 0;
  /** Time of the first event line in ns; -1 before it. */
  private firstTimeNs = -1;
  /** Another recording begins in the midst of this one: the rest is not read. */
  protected isCut = false;
  /** Position of the current line in its block. */
  protected lineStart = 0;

  constructor(protected readonly context: ReaderContext) {}

  /** Read the line at `cursor`; `isTerminated` is false for a last line without a line feed. */
  protected abstract decodeLine(isTerminated: boolean): void;

  /** Decode a block of whole lines; only the last block of a recording may lack the final line feed. */
  decode(block: Uint8Array): void {
    const { length } = block;
    let from = 0;
    while (from < length) {
      const lineFeed = block.indexOf(LINE_FEED, from);
      let to = lineFeed < 0 ? length : lineFeed;
      const next = to + 1;
      this.line++;
      this.lineStart = from;
      if (to > from && block[to - 1] === CARRIAGE_RETURN) to--;
      this.cursor.reset(block, from, to);
      if (this.isCut) this.leaveOut();
      else this.decodeLine(lineFeed >= 0);
      from = next;
    }
    this.context.statistics.lines = this.line;
  }

  /**
   * Take the time of an event line; false if the line must be skipped for it.
   * @throws TraceFormatError if the clock cannot be that of one run, unless lenient
   */
  protected advanceTime(timeNs: number): boolean {
    if (this.firstTimeNs < 0) this.firstTimeNs = timeNs;
    if (timeNs >= this.timeNs && timeNs <= Number.MAX_SAFE_INTEGER) {
      this.timeNs = timeNs;
      return true;
    }
    if (Number.isSafeInteger(timeNs)) {
      if (isRestart(timeNs, this.timeNs, this.firstTimeNs)) return this.refuseRestart(timeNs);
      this.note('time ran backwards: the line takes the time of the line before');
      return true;
    }
    // Beyond 2^53 ns times are no longer exact; no recording is that long, so the stamp is damaged.
    if (!this.context.lenient) throw this.error('a time within 104 days of the first line', this.quote());
    this.context.statistics.skippedRows++;
    this.note('time more than 104 days from the first line: skipped');
    return false;
  }

  /** A line that is not read because another recording begins before it. */
  protected leaveOut(): void {
    this.note(CUT_NOTE);
  }

  private refuseRestart(timeNs: number): boolean {
    if (!this.context.lenient) {
      const expected = `a time not long before the ${seconds(this.timeNs)} s of the line before (since the first line)`;
      throw this.error(expected, `${seconds(timeNs)} s: ${RESTART_CAUSE}`);
    }
    this.isCut = true;
    this.leaveOut();
    return false;
  }

  /** Decide once, at the first event, whether the recording has a clock. */
  protected setTimeBase(hasTime: boolean): void {
    this.sink.orderOnly = !hasTime;
    this.context.statistics.timeBase = hasTime ? 'clock' : 'order-only';
  }

  /**
   * The current line is not what its event prints.
   * @throws TraceFormatError unless malformed lines are to be skipped
   */
  protected malformedLine(expected: string, event: string): void {
    if (!this.context.lenient) throw this.error(expected, this.quote());
    this.context.statistics.skippedRows++;
    this.note(`malformed ${event} line: skipped`);
  }

  /** Note a loss at the current line. */
  protected note(what: string, times = 1): void {
    addNote(this.context.statistics, this.line, what, times);
  }

  /** An error at the current line. */
  protected error(expected: string, found: string): TraceFormatError {
    return new TraceFormatError(this.context.file, this.line, expected, found);
  }

  /** The current line as printable text, shortened. */
  protected quote(): string {
    const { lineStart: from } = this;
    const { bytes, end } = this.cursor;
    const to = Math.min(end, from + QUOTED_CHARACTERS);
    const text = Buffer.from(bytes.buffer, bytes.byteOffset + from, to - from).toString('latin1');
    return `"${text.replace(/[^\x20-\x7e]/g, '?')}${to < end ? '…' : ''}"`;
  }
}
