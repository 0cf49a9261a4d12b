/**
 * Lines of text → chunks of bytes of a size that is worth a system call.
 */

const CHUNK_CHARACTERS = 2 ** 16;

/** Collects text; `take` yields the bytes once there are enough of them. */
export class TextChunks {
  private pieces: string[] = [];
  private length = 0;

  /** Add `text`, its line end included. */
  add(text: string): void {
    this.pieces.push(text);
    this.length += text.length;
  }

  /** True if a chunk is worth writing. */
  get isFull(): boolean {
    return this.length >= CHUNK_CHARACTERS;
  }

  /** All text so far as bytes. */
  take(): Uint8Array {
    const bytes = Buffer.from(this.pieces.join(''), 'utf8');
    this.pieces = [];
    this.length = 0;
    return bytes;
  }
}
