/**
 * Byte chunks of any size → blocks of whole lines.
 *
 * Text readers work on blocks instead of lines, so that the hot path touches bytes once and allocates per chunk, not per
 * line. A block ends with a line feed, except the last one of a file that lacks it. Carriage returns are left to readers.
 */
import { TraceFormatError } from '../../trace/errors.js';
import type { ReaderContext } from '../reader.js';

/** Longest line that a text reader accepts; anything longer is not a trace and would have to be held in memory. */
export const MAX_LINE_BYTES = 2 ** 20;

const LINE_FEED = 10;

/**
 * Split `chunks` into blocks of whole lines. The consumer keeps `context.statistics.lines` current after each block.
 * @throws TraceFormatError for a line longer than 1 MiB
 */
export async function* lineBlocks(
  chunks: AsyncIterable<Uint8Array>,
  context: ReaderContext,
): AsyncGenerator<Uint8Array, void, void> {
  const carry = new Carry();
  for await (const chunk of chunks) {
    // Slices of at most the limit, so that no line longer than it can hide inside one chunk.
    for (let from = 0; from < chunk.length; from += MAX_LINE_BYTES) {
      const slice = plainView(chunk, from, Math.min(chunk.length, from + MAX_LINE_BYTES));
      const afterLast = slice.lastIndexOf(LINE_FEED) + 1;
      if (afterLast > 0) {
        let start = 0;
        if (carry.length > 0) {
          start = slice.indexOf(LINE_FEED) + 1;
          carry.add(slice.subarray(0, start));
          refuseOverlong(carry.length - 1, context);
          yield carry.take();
        }
        if (start < afterLast) yield slice.subarray(start, afterLast);
      }
      if (afterLast < slice.length) carry.add(slice.subarray(afterLast));
      refuseOverlong(carry.length, context);
    }
  }
  if (carry.length > 0) yield carry.take();
}

function refuseOverlong(length: number, context: ReaderContext): void {
  if (length <= MAX_LINE_BYTES) return;
  const line = context.statistics.lines + 1;
  throw new TraceFormatError(context.file, line, `lines of at most ${MAX_LINE_BYTES} bytes`, 'a longer one');
}

/** A plain Uint8Array (not Buffer) over bytes `from … to - 1`: one array shape keeps the readers' loops monomorphic. */
function plainView(chunk: Uint8Array, from: number, to: number): Uint8Array {
  return new Uint8Array(chunk.buffer, chunk.byteOffset + from, to - from);
}

/** Bytes of a line whose end has not arrived yet. */
class Carry {
  length = 0;
  private pieces: Uint8Array[] = [];

  add(piece: Uint8Array): void {
    this.pieces.push(piece);
    this.length += piece.length;
  }

  take(): Uint8Array {
    const whole = new Uint8Array(this.length);
    let at = 0;
    for (const piece of this.pieces) {
      whole.set(piece, at);
      at += piece.length;
    }
    this.pieces = [];
    this.length = 0;
    return whole;
  }
}
