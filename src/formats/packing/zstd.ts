/**
 * zst while streaming: Node's own decoder where there is one that reads all frames (24), a JavaScript one elsewhere. Both verify what a
 * frame's checksum says, and both say the same of a stream without one: a result does not depend on the Node that read it.
 */
import { pipeline, Readable, type Transform } from 'node:stream';
import * as zlib from 'node:zlib';
import { ZstdFrames } from './zstd-frames.js';

/** The part of newer Nodes' zlib that the types of Node 20 lack. */
const { createZstdDecompress, zstdDecompressSync } = zlib as {
  createZstdDecompress?: () => Transform;
  zstdDecompressSync?: (bytes: Uint8Array) => Buffer;
};

/** A frame of `a`, one to be skipped, a frame of `b`. That of Node 22 ends behind the first, without an error. */
const TWO_FRAMES = Uint8Array.from([
  ...[0x28, 0xb5, 0x2f, 0xfd, 0x20, 1, 0x09, 0, 0, 0x61],
  ...[0x50, 0x2a, 0x4d, 0x18, 0, 0, 0, 0],
  ...[0x28, 0xb5, 0x2f, 0xfd, 0x20, 1, 0x09, 0, 0, 0x62],
]);

/** Node's own decoder, if it can be used. */
export const nativeDecoder: (() => Transform) | undefined =
  zstdDecompressSync?.(TWO_FRAMES).toString('latin1') === 'ab' ? createZstdDecompress : undefined;

/** A stream that is not what it should be. */
export class ZstdError extends Error {
  /** @param isTruncated true if only its end is missing */
  constructor(
    readonly found: string,
    readonly isTruncated = false,
  ) {
    super(found);
  }
}

/** What is to be said of a stream that was unpacked without error. */
export interface ZstdOptions {
  /** Called at the end with what could not be checked. */
  readonly onUnchecked?: ((what: string) => void) | undefined;
  /** False to use the JavaScript decoder even if Node's own can be used. */
  readonly native?: boolean | undefined;
}

/**
 * Unpack `chunks`.
 * @throws ZstdError for a truncated or damaged stream, as far as it shows
 */
export async function* unzstd(
  chunks: AsyncIterable<Uint8Array>,
  { onUnchecked, native = true }: ZstdOptions = {},
): AsyncGenerator<Uint8Array, void, void> {
  const decoder = native ? nativeDecoder?.() : undefined;
  const isNative = decoder !== undefined;
  const frames = new ZstdFrames(!isNative);
  const watched = watch(chunks, frames, isNative);
  const output = isNative ? unpackNatively(watched, decoder) : unpackInJavaScript(watched, frames);
  let bytes = 0;
  try {
    for await (const chunk of output) {
      bytes += chunk.length;
      if (!frames.hasUndeclared && frames.isAtBoundary && bytes > frames.declaredBytes) break;
      yield chunk;
    }
  } catch (error) {
    throw describeFailure(error, frames);
  }
  if (frames.problem !== undefined) throw new ZstdError(frames.problem);
  if (!frames.isAtBoundary) throw new ZstdError('', true);
  if (!frames.hasUndeclared && bytes !== frames.declaredBytes) {
    throw new ZstdError(`corrupt data (${bytes} bytes where ${frames.declaredBytes} are declared)`);
  }
  if (!frames.hasChecksum) onUnchecked?.('zst stream without a checksum: nothing to verify it by');
}

/** The input's own errors pass; the decoder's become ours. */
function describeFailure(error: unknown, frames: ZstdFrames): unknown {
  if (error instanceof InputError) return error.cause;
  if (frames.problem !== undefined) return new ZstdError(frames.problem);
  return new ZstdError('corrupt data', /unexpected EOF/i.test(String(error)) || !frames.isAtBoundary);
}

class InputError extends Error {}

/**
 * What the JavaScript decoder may move of its windows, some seconds' worth: recordings need a tenth per byte, but a block of four
 * bytes can ask for 128 MiB to be moved.
 */
const MOVED_ALLOWANCE_BYTES = 2 ** 34;
export const MAX_MOVED_PER_BYTE = 2 ** 16;

async function* watch(
  chunks: AsyncIterable<Uint8Array>,
  frames: ZstdFrames,
  isNative: boolean,
): AsyncGenerator<Uint8Array> {
  const iterator = chunks[Symbol.asyncIterator]();
  try {
    for (;;) {
      let next: IteratorResult<Uint8Array>;
      try {
        next = await iterator.next();
      } catch (error) {
        throw new InputError('input', { cause: error });
      }
      if (next.done) return;
      frames.feed(next.value);
      if (!isNative && frames.movedBytes > MOVED_ALLOWANCE_BYTES + MAX_MOVED_PER_BYTE * frames.fedBytes) {
        frames.problem ??= 'many small blocks in large windows; unpack it first (zstd -d)';
      }
      if (frames.problem !== undefined) throw new ZstdError(frames.problem);
      yield next.value;
    }
  } finally {
    await iterator.return?.();
  }
}

async function* unpackNatively(chunks: AsyncIterable<Uint8Array>, output: Transform): AsyncGenerator<Uint8Array> {
  const input = Readable.from(chunks);
  pipeline(input, output, () => {});
  try {
    yield* output;
  } finally {
    input.destroy();
    output.destroy();
  }
}

/** Packed bytes per call: bounds what one call may put out at once, a block of 128 KiB for every four bytes. */
const PIECE_BYTES = 2 ** 10;

/** A decoder for every frame: what it puts out is that frame's content, which its checksum is of. */
async function* unpackInJavaScript(
  chunks: AsyncIterable<Uint8Array>,
  { ends }: ZstdFrames,
): AsyncGenerator<Uint8Array> {
  const { Decompress } = await import('fzstd');
  const { default: loadXxhash } = await import('xxhash-wasm');
  const { create64 } = await loadXxhash();
  let ready: Uint8Array[] = [];
  let hash = create64();
  const begin = () =>
    new Decompress((chunk) => {
      if (chunk.length === 0) return;
      hash.update(chunk);
      ready.push(chunk);
    });
  const taken = () => {
    const pieces = ready;
    ready = [];
    return pieces;
  };
  let decoder = begin();
  let position = 0;
  for await (const chunk of chunks) {
    for (let at = 0; at < chunk.length; ) {
      const [end] = ends;
      const length = Math.min(PIECE_BYTES, chunk.length - at, (end?.position ?? Number.POSITIVE_INFINITY) - position);
      decoder.push(chunk.slice(at, at + length));
      yield* taken();
      at += length;
      position += length;
      if (position !== end?.position) continue;
      decoder.push(new Uint8Array(0), true);
      yield* taken();
      if (end.checksum !== undefined && Number(hash.digest() & 0xffff_ffffn) !== end.checksum) {
        throw new Error('checksum');
      }
      ends.shift();
      hash = create64();
      decoder = begin();
    }
  }
}
