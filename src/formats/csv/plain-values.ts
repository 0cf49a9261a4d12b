/**
 * Cells of plain bytes → numbers, without strings. Everything that is not written in the plainest way (blanks, decimal
 * numbers beyond 15 digits, mistakes) is left to values.ts: the functions here say so and decide nothing.
 */

const ZERO = 0x30;
const LOWER_X = 0x78;
/** Decimal digits that a double surely holds. */
const SAFE_DIGITS = 15;
const TWO_32 = 2 ** 32;

/** Result of a function here for a cell that values.ts has to read. */
export const NOT_PLAIN = -1;

/** Value of the decimal digits `from … to - 1`; NOT_PLAIN for anything else. */
export function plainDecimal(bytes: Uint8Array, from: number, to: number): number {
  if (from === to || to - from > SAFE_DIGITS) return NOT_PLAIN;
  let value = 0;
  for (let at = from; at < to; at++) {
    const digit = bytes[at] - ZERO;
    if (digit < 0 || digit > 9) return NOT_PLAIN;
    value = value * 10 + digit;
  }
  return value;
}

/** Halves of the last 64-bit value. */
export let plainHigh = 0;
export let plainLow = 0;

/** Read `0x` and 1 to 16 digits into `plainHigh` and `plainLow`; false for anything else. */
export function readPlainHex(bytes: Uint8Array, from: number, to: number): boolean {
  const length = to - from;
  if (length < 3 || length > 18 || bytes[from] !== ZERO || bytes[from + 1] !== LOWER_X) return false;
  const split = Math.max(from + 2, to - 8);
  let high = 0;
  let low = 0;
  for (let at = from + 2; at < split; at++) {
    const digit = hexDigit(bytes[at]);
    if (digit < 0) return false;
    high = (high << 4) | digit;
  }
  for (let at = split; at < to; at++) {
    const digit = hexDigit(bytes[at]);
    if (digit < 0) return false;
    low = (low << 4) | digit;
  }
  plainHigh = high >>> 0;
  plainLow = low >>> 0;
  return true;
}

/** Read a 64-bit value in decimal or hexadecimal; false for anything else. */
export function readPlainAddress(bytes: Uint8Array, from: number, to: number): boolean {
  if (readPlainHex(bytes, from, to)) return true;
  const value = plainDecimal(bytes, from, to);
  if (value === NOT_PLAIN) return false;
  plainHigh = Math.floor(value / TWO_32);
  plainLow = value % TWO_32;
  return true;
}

/** Value of a cell of at most 32 bits in decimal or hexadecimal; NOT_PLAIN for anything else. */
export function plainInteger(bytes: Uint8Array, from: number, to: number): number {
  const value = plainDecimal(bytes, from, to);
  if (value !== NOT_PLAIN) return value;
  return readPlainHex(bytes, from, to) && plainHigh === 0 ? plainLow : NOT_PLAIN;
}

/** Value of a hexadecimal digit, or -1. */
function hexDigit(byte: number): number {
  const digit = byte - ZERO;
  if (digit >= 0 && digit <= 9) return digit;
  const letter = byte | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1;
}

/** A small fixed set of words → numbers, by bytes. */
export class PlainWords {
  private readonly words: readonly Uint8Array[];
  /** Candidates by length and first byte, to look at one or two words instead of all. */
  private readonly byStart: (readonly number[] | undefined)[] = [];
  private readonly values: readonly number[];

  /** Each word and the number it stands for. */
  constructor(entries: Iterable<readonly [word: string, value: number]>) {
    const list = [...entries];
    this.words = list.map(([word]) => new Uint8Array(Buffer.from(word, 'latin1')));
    this.values = list.map(([, value]) => value);
    for (const [index, word] of this.words.entries()) {
      const start = startOf(word, 0, word.length);
      this.byStart[start] = [...(this.byStart[start] ?? []), index];
    }
  }

  /** Number of the word `from … to - 1`; NOT_PLAIN if it is none of them. */
  lookup(bytes: Uint8Array, from: number, to: number): number {
    const length = to - from;
    if (length === 0 || length > 31) return NOT_PLAIN;
    const candidates = this.byStart[startOf(bytes, from, to)];
    if (candidates === undefined) return NOT_PLAIN;
    for (let i = 0; i < candidates.length; i++) {
      const word = this.words[candidates[i]];
      let index = 1;
      while (index < length && bytes[from + index] === word[index]) index++;
      if (index === length) return this.values[candidates[i]];
    }
    return NOT_PLAIN;
  }
}

/** Length, first and last byte in one number. */
const startOf = (bytes: Uint8Array, from: number, to: number): number =>
  ((to - from) << 14) | ((bytes[from] & 0x7f) << 7) | (bytes[to - 1] & 0x7f);
