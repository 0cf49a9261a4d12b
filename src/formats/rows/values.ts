/**
 * Cells → numbers, exactly or not at all.
 */
import { RowError } from './row-error.js';

const ZERO = 0x30;
const NINE = 0x39;
/** Longest decimal text that needs no check against 2^53. */
const SAFE_DIGITS = 15;
const HEXADECIMAL = /^0[xX][0-9a-fA-F]+$/;
const DECIMAL = /^[0-9]+$/;
const LETTER_X = 0x78;
const TWO_32 = 2 ** 32;
const TWO_64 = 2n ** 64n;

/** Value of decimal digits; NaN for anything else (signs, fractions, exponents, more than 2^53). */
function decimal(text: string): number {
  const { length } = text;
  if (length === 0) return Number.NaN;
  let value = 0;
  for (let index = 0; index < length; index++) {
    const code = text.charCodeAt(index);
    if (code < ZERO || code > NINE) return Number.NaN;
    value = value * 10 + (code - ZERO);
  }
  if (length > SAFE_DIGITS && !(value <= Number.MAX_SAFE_INTEGER)) return Number.NaN;
  return value;
}

/** A quoted cell for messages. */
export const quoted = (text: string): string => `"${text.length > 80 ? `${text.slice(0, 80)}…` : text}"`;

/** Time in ns. @throws RowError unless it is an integer from 0 to 2^53 - 1 */
export function timeOf(text: string): number {
  const value = decimal(text);
  if (!Number.isNaN(value)) return value;
  throw new RowError('time_ns as an integer of ns from 0 to 2^53 - 1', text === '' ? 'an empty cell' : quoted(text));
}

/** An unsigned integer of at most `max`, decimal or 0x… . @throws RowError that names the column */
export function integerOf(text: string, column: string, max: number, min = 0): number {
  let value = decimal(text);
  if (Number.isNaN(value) && HEXADECIMAL.test(text)) value = Number.parseInt(text, 16);
  if (value >= min && value <= max) return value;
  throw new RowError(`${column} as an integer from ${min} to ${max}`, quoted(text));
}

/** Upper and lower half of the last `readAddress` or `readWord`. */
export let highHalf = 0;
export let lowHalf = 0;

/** A 64-bit address, decimal or 0x…, into `highHalf` and `lowHalf`. @throws RowError */
export function readAddress(text: string): void {
  if (setHalvesFromHex(text)) return;
  const value = decimal(text);
  if (!Number.isNaN(value)) {
    highHalf = Math.floor(value / TWO_32);
    lowHalf = value % TWO_32;
    return;
  }
  const large = DECIMAL.test(text) ? BigInt(text) : TWO_64;
  if (large >= TWO_64) throw new RowError('iova as a 64-bit address, decimal or 0x…', quoted(text));
  highHalf = Number(large >> 32n);
  lowHalf = Number(large & 0xffffffffn);
}

/** A 64-bit command word, 0x…, into `highHalf` and `lowHalf`. @throws RowError */
export function readWord(text: string, column: string): void {
  if (setHalvesFromHex(text)) return;
  throw new RowError(`${column} as a 64-bit word 0x…`, quoted(text));
}

function setHalvesFromHex(text: string): boolean {
  const { length } = text;
  // 0x and 1 to 16 digits
  if (length < 3 || length > 18 || text.charCodeAt(0) !== ZERO || (text.charCodeAt(1) | 0x20) !== LETTER_X)
    return false;
  const split = Math.max(2, length - 8);
  let high = 0;
  let low = 0;
  for (let index = 2; index < length; index++) {
    const digit = hexDigit(text.charCodeAt(index));
    if (digit < 0) return false;
    if (index < split) high = high * 16 + digit;
    else low = low * 16 + digit;
  }
  highHalf = high;
  lowHalf = low;
  return true;
}

/** Value of a hexadecimal digit, or -1. */
function hexDigit(code: number): number {
  if (code >= ZERO && code <= NINE) return code - ZERO;
  const letter = code | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1;
}

/** log2 of a page size in bytes. @throws RowError unless it is a power of two from 4096 to 2^63 */
export function pageSizeLog2Of(text: string): number {
  let bytes = decimal(text);
  if (Number.isNaN(bytes) && (DECIMAL.test(text) || HEXADECIMAL.test(text))) bytes = powerOfTwo(BigInt(text));
  const log2 = Math.log2(bytes);
  if (Number.isInteger(log2) && log2 >= 12 && log2 <= 63) return log2;
  throw new RowError('page_size in bytes as a power of two from 4096 to 2^63', quoted(text));
}

/** `value` as a number if it is a power of two, which a double holds exactly; otherwise 0. */
function powerOfTwo(value: bigint): number {
  return value > 0n && (value & (value - 1n)) === 0n ? Number(value) : 0;
}
