/**
 * Reads one log line byte by byte, without strings.
 *
 * A read that does not find what it expects sets `failed` and the rest of the line means nothing; handlers read all
 * fields in order and look at `failed` once. This keeps them as plain as the printf formats they mirror.
 */
import { granuleLog2OfTg } from '../../trace/units.js';

const ZERO = 0x30;
const MINUS = 0x2d;
const SPACE = 0x20;
const LARGEST_DECIMAL = 2 ** 32;

/** The bytes of an ASCII literal. */
export const ascii = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'latin1'));

/** Value of a lower-case hexadecimal digit, or -1. QEMU prints no capitals. */
function hexDigit(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  return byte >= 0x61 && byte <= 0x66 ? byte - 0x57 : -1;
}

/** Position in one line, `at … end - 1` of `bytes`. */
export class LineCursor {
  bytes: Uint8Array = new Uint8Array(0);
  at = 0;
  end = 0;
  failed = false;
  /** The last `address()`: 4 KiB page number and offset in it. */
  page = 0;
  offset = 0;

  /** Begin the line `from … to - 1` of `bytes`. */
  reset(bytes: Uint8Array, from: number, to: number): void {
    this.bytes = bytes;
    this.at = from;
    this.end = to;
    this.failed = false;
  }

  /** Expect exactly these bytes. */
  literal(expected: Uint8Array): void {
    if (!this.accept(expected)) this.failed = true;
  }

  /** Take these bytes if they come next. */
  accept(expected: Uint8Array): boolean {
    const { bytes, at } = this;
    const length = expected.length;
    if (at + length > this.end) return false;
    for (let index = 0; index < length; index++) {
      if (bytes[at + index] !== expected[index]) return false;
    }
    this.at = at + length;
    return true;
  }

  /** A decimal integer of at most 32 bits, perhaps negative. */
  decimal(): number {
    const { bytes, end } = this;
    let { at } = this;
    const negative = at < end && bytes[at] === MINUS;
    if (negative) at++;
    const first = at;
    let value = 0;
    while (at < end) {
      const digit = bytes[at] - ZERO;
      if (digit < 0 || digit > 9) break;
      value = value * 10 + digit;
      at++;
    }
    if (at === first || value >= LARGEST_DECIMAL) this.failed = true;
    this.at = at;
    return negative ? -value : value;
  }

  /** A decimal integer from 0 to 2^53 - 1. */
  decimal64(): number {
    const { bytes, end } = this;
    const first = this.at;
    let value = 0;
    while (this.at < end) {
      const digit = bytes[this.at] - ZERO;
      if (digit < 0 || digit > 9) break;
      value = value * 10 + digit;
      this.at++;
    }
    if (this.at === first || value > Number.MAX_SAFE_INTEGER) this.failed = true;
    return value;
  }

  /** A decimal integer in `low … high`. */
  decimalWithin(low: number, high: number): number {
    const value = this.decimal();
    if (value < low || value > high) this.failed = true;
    return value;
  }

  /** An ASID or VMID: 16 bits, or -1 for "none". */
  identifier(): number {
    return this.decimalWithin(-1, 0xffff);
  }

  /** Hexadecimal digits (the `0x` already taken) of a 64-bit value, into `page` and `offset`. */
  address(): void {
    const { bytes, end } = this;
    let { at } = this;
    const first = at;
    let page = 0;
    let offset = 0;
    while (at < end) {
      const digit = hexDigit(bytes[at]);
      if (digit < 0) break;
      page = page * 16 + (offset >>> 8);
      offset = ((offset & 0xff) << 4) | digit;
      at++;
    }
    if (at === first || at - first > 16) this.failed = true;
    this.at = at;
    this.page = page;
    this.offset = offset;
  }

  /** Hexadecimal digits (the `0x` already taken) of a value of at most 32 bits. */
  hex32(): number {
    this.address();
    if (this.page >= 2 ** 20) this.failed = true;
    return this.page * 4096 + this.offset;
  }

  /** Low 32 bits of the last `address()`. */
  lowWord(): number {
    return (this.page % 2 ** 20) * 4096 + this.offset;
  }

  /** High 32 bits of the last `address()`. */
  highWord(): number {
    return Math.floor(this.page / 2 ** 20);
  }

  /** A translation granule as its TG code 1 … 3; log2 of its bytes. */
  granule(): number {
    return granuleLog2OfTg(this.decimalWithin(1, 3));
  }

  /** Skip to the next space (or the end). */
  skipWord(): void {
    while (this.at < this.end && this.bytes[this.at] !== SPACE) this.at++;
  }

  /** Expect the end of the line; trailing spaces (empty payloads, consume_out) are part of the format. */
  endOfLine(): void {
    while (this.at < this.end && this.bytes[this.at] === SPACE) this.at++;
    if (this.at !== this.end) this.failed = true;
  }
}
