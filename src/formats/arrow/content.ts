/**
 * Arrow bytes on their way to the library: the file format's frame is taken off, so that a file is read like a stream,
 * front to back in bounded memory, and what came in is watched.
 */
import { TraceFormatError } from '../../trace/errors.js';
import { MAX_MESSAGE_BYTES } from './verify.js';

/** Frame of the file format: at the beginning padded to eight bytes, at the very end without padding. */
export const FILE_MAGIC = Buffer.from('ARROW1');
const FRAME_BYTES = 8;
/** Bytes of the beginning that the constructor wants to see. */
export const ARROW_HEAD_BYTES = 12;
const CONTINUATION = Buffer.from([0xff, 0xff, 0xff, 0xff]);
/** End of a stream: a continuation mark and a length of zero. */
const END_OF_STREAM = Buffer.from([0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0]);

/** The input as the library may draw it. */
export class ArrowContent {
  /** True for the file format, false for a stream. */
  isFile = false;
  /**
   * True for a file that only its end explains (as polars writes them): no schema message stands at its beginning, so
   * it is held in memory as a whole.
   */
  needsWhole = false;
  /** True when the input has no more bytes. */
  ended = false;
  /** An error of the input itself, such as a corrupt compression. */
  sourceError: unknown;
  private tail = Buffer.alloc(0);
  private readonly iterator: AsyncIterator<Uint8Array>;

  constructor(
    chunks: AsyncIterable<Uint8Array>,
    head: Uint8Array,
    private readonly file: string,
  ) {
    this.isFile = FILE_MAGIC.equals(head.subarray(0, FILE_MAGIC.length));
    this.needsWhole = this.isFile && CONTINUATION.some((byte, at) => head[FRAME_BYTES + at] !== byte);
    this.iterator = chunks[Symbol.asyncIterator]();
  }

  /** True if the end of the file or stream is what its format says. */
  get isComplete(): boolean {
    return this.isFile ? this.tail.subarray(-FILE_MAGIC.length).equals(FILE_MAGIC) : this.tail.equals(END_OF_STREAM);
  }

  /** Draw what is left, so that the digest covers it and the end is known. */
  async drain(): Promise<void> {
    while (!this.ended) await this.next();
  }

  /** Give the input up. */
  async close(): Promise<void> {
    await this.iterator.return?.();
  }

  /** The whole content. @throws TraceFormatError beyond the limit of a message */
  async whole(): Promise<Uint8Array> {
    const pieces: Uint8Array[] = [];
    let length = 0;
    for (let chunk = await this.next(); chunk !== undefined; chunk = await this.next()) {
      pieces.push(chunk);
      length += chunk.length;
      if (length > MAX_MESSAGE_BYTES) {
        const limit = `at most ${MAX_MESSAGE_BYTES / 2 ** 20} MiB of an Arrow file whose schema stands only at its end`;
        throw new TraceFormatError(this.file, 0, limit, 'more; write it as a stream (polars: write_ipc_stream)');
      }
    }
    return Buffer.concat(pieces);
  }

  /** The bytes without the frame at the beginning. */
  async *bytes(): AsyncGenerator<Uint8Array, void, void> {
    let frame = this.isFile ? FRAME_BYTES : 0;
    while (!this.ended) {
      const chunk = await this.next();
      if (chunk === undefined) return;
      const skipped = Math.min(frame, chunk.length);
      frame -= skipped;
      if (skipped < chunk.length) yield chunk.subarray(skipped);
    }
  }

  private async next(): Promise<Uint8Array | undefined> {
    try {
      const next = await this.iterator.next();
      this.ended = next.done === true;
      if (next.done) return undefined;
      const end = next.value.subarray(-END_OF_STREAM.length);
      this.tail = Buffer.concat([this.tail, end]).subarray(-END_OF_STREAM.length);
      return next.value;
    } catch (error) {
      this.ended = true;
      this.sourceError = error;
      throw error;
    }
  }
}
