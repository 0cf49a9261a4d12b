/**
 * Arguments of a kprobe line: `(FUNCTION) key=value key=value …`.
 *
 * The number of commands is `n=` (or `count=` of qi_submit_sync), whether a CMD_SYNC follows them is `sync=`. The words
 * are the keys with a number in them, in the order in which they stand (`c0=0x… c1=0x…`, `d0lo=0x… d0hi=0x…`), and the
 * arrays (`c={0x…,0x…}`). Only the first two words per command mean anything: the probe copies a fixed length.
 */
import type { LineCursor } from '../text/line-cursor.js';

const SPACE = 0x20;
const EQUALS = 0x3d;
const COMMA = 0x2c;
const OPEN_ROUND = 0x28;
const CLOSE_ROUND = 0x29;
const OPEN_CURLY = 0x7b;
const CLOSE_CURLY = 0x7d;
const ZERO = 0x30;
const LETTER_X = 0x78;
const MINUS = 0x2d;

/** Words kept: 512 commands, far more than any probe can show or any driver submits at once. */
const MAX_WORDS = 1024;
/** Commands of one submission at most: the largest command queue. */
const MAX_COMMANDS = 2 ** 19;
const ABSENT = -1;

/** Key names as numbers: the bytes of a short key in one integer. */
const KEY_N = 0x6e;
const KEY_SYNC = keyOf('sync');
const KEY_COUNT = keyOf('count');

function keyOf(text: string): number {
  let key = 0;
  for (const letter of text) key = key * 256 + letter.charCodeAt(0);
  return key;
}

/** Arguments of the current line. */
export class CallArguments {
  /** Commands or descriptors; ABSENT (−1) if the line does not say. */
  count = 0;
  /** 1 if the function appends a CMD_SYNC, ABSENT if the line does not say. */
  sync = 0;
  /** Words captured, and their halves. */
  words = 0;
  readonly low = new Uint32Array(MAX_WORDS);
  readonly high = new Uint32Array(MAX_WORDS);

  /** Read the arguments at the cursor; its `failed` is set if they are not arguments. */
  read(cursor: LineCursor, needsSync: boolean): void {
    const { bytes, end } = cursor;
    this.count = ABSENT;
    this.sync = ABSENT;
    this.words = 0;
    this.skipSpaces(cursor);
    if (bytes[cursor.at] === OPEN_ROUND) {
      while (cursor.at < end && bytes[cursor.at] !== CLOSE_ROUND) cursor.at++;
      cursor.at++;
    }
    for (;;) {
      this.skipSpaces(cursor);
      if (cursor.at >= end) return;
      this.readArgument(cursor);
      if (cursor.failed) return;
      const isComplete = this.count >= 0 && this.words >= 2 * this.count && (this.sync >= 0 || !needsSync);
      if (isComplete) return;
    }
  }

  private readArgument(cursor: LineCursor): void {
    const { bytes, end } = cursor;
    let at = cursor.at;
    let key = 0;
    let isNumbered = false;
    while (at < end && bytes[at] !== EQUALS && bytes[at] !== SPACE) {
      const byte = bytes[at++];
      key = (key * 256 + byte) % 2 ** 48;
      if (byte >= ZERO && byte <= ZERO + 9) isNumbered = true;
    }
    if (at >= end || bytes[at] !== EQUALS) {
      cursor.failed = true;
      return;
    }
    cursor.at = at + 1;
    if (bytes[cursor.at] === OPEN_CURLY) {
      this.readArray(cursor);
    } else if (key === KEY_N || key === KEY_COUNT) {
      this.count = this.readNumber(cursor);
      if (this.count > MAX_COMMANDS) cursor.failed = true;
    } else if (key === KEY_SYNC) {
      this.sync = this.readNumber(cursor);
      if (this.sync > 1) cursor.failed = true;
    } else if (isNumbered) {
      this.readWord(cursor);
    } else {
      cursor.skipWord();
    }
  }

  private readArray(cursor: LineCursor): void {
    const { bytes } = cursor;
    do {
      cursor.at++;
      this.readWord(cursor);
      if (cursor.failed) return;
      if (this.count >= 0 && this.words >= 2 * this.count) {
        // The rest is whatever lay behind the commands in memory.
        cursor.skipWord();
        return;
      }
    } while (bytes[cursor.at] === COMMA);
    if (bytes[cursor.at] !== CLOSE_CURLY) cursor.failed = true;
    cursor.at++;
  }

  private readWord(cursor: LineCursor): void {
    const { bytes } = cursor;
    if (bytes[cursor.at] !== ZERO || bytes[cursor.at + 1] !== LETTER_X) {
      cursor.failed = true;
      return;
    }
    cursor.at += 2;
    cursor.address();
    if (cursor.failed || this.words === MAX_WORDS) return;
    this.low[this.words] = cursor.lowWord();
    this.high[this.words] = cursor.highWord();
    this.words++;
  }

  /** A non-negative integer, decimal or hexadecimal. */
  private readNumber(cursor: LineCursor): number {
    const { bytes } = cursor;
    if (bytes[cursor.at] === ZERO && bytes[cursor.at + 1] === LETTER_X) {
      cursor.at += 2;
      return cursor.hex32();
    }
    if (bytes[cursor.at] === MINUS) cursor.failed = true;
    return cursor.decimal();
  }

  private skipSpaces(cursor: LineCursor): void {
    const { bytes, end } = cursor;
    while (cursor.at < end && bytes[cursor.at] === SPACE) cursor.at++;
  }
}
