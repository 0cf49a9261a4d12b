/**
 * The arguments of a record in the words in which QEMU's log backend prints them.
 */
import type { Layout } from './layouts.js';

const ARGUMENT_BYTES = 8;
const LENGTH_BYTES = 4;

/** Room for the longest payload: a string of 512 bytes and a few numbers. */
const MAX_PAYLOAD_BYTES = 4096;

/** Renders one record after the other into the same bytes. */
export class Payload {
  readonly bytes = Buffer.alloc(MAX_PAYLOAD_BYTES);
  length = 0;

  /** @param isLittleEndian byte order of the host that recorded */
  constructor(private readonly isLittleEndian: boolean) {}

  /**
   * Render the arguments at `from … to - 1` of `view`.
   * @returns false if they are not what `layout` says
   */
  render(layout: Layout, view: DataView, from: number, to: number): boolean {
    const { literals, conversions } = layout;
    let text = literals[0];
    let at = from;
    for (let index = 0; index < conversions.length; index++) {
      const conversion = conversions[index];
      const bytes = conversion === 's' ? this.textBytes(view, at, to) : ARGUMENT_BYTES;
      if (at + bytes > to) return false;
      text += this.argument(conversion, view, at, bytes) + literals[index + 1];
      at += bytes;
    }
    if (at !== to || text.length > MAX_PAYLOAD_BYTES) return false;
    this.length = this.bytes.write(text, 0, 'latin1');
    return true;
  }

  private argument(conversion: string, view: DataView, at: number, bytes: number): string {
    const { isLittleEndian } = this;
    switch (conversion) {
      case 's':
        return Buffer.from(view.buffer, view.byteOffset + at + LENGTH_BYTES, bytes - LENGTH_BYTES).toString('latin1');
      case 'X':
        return view.getBigUint64(at, isLittleEndian).toString(16);
      case 'x':
        return this.lowerHalf(view, at).toString(16);
      default:
        return String(this.lowerHalf(view, at) | 0);
    }
  }

  private lowerHalf(view: DataView, at: number): number {
    return view.getUint32(this.isLittleEndian ? at : at + 4, this.isLittleEndian);
  }

  /** Bytes of a string with its length; more than there are if it is cut. */
  private textBytes(view: DataView, at: number, to: number): number {
    if (at + LENGTH_BYTES > to) return Number.POSITIVE_INFINITY;
    return LENGTH_BYTES + view.getUint32(at, this.isLittleEndian);
  }
}
