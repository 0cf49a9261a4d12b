/**
 * Compression by magic bytes, never by file name: gz and xz are unpacked while streaming, others are named and refused.
 */
import { createRequire } from 'node:module';
import { pipeline, Readable } from 'node:stream';
import { ReadableStream } from 'node:stream/web';
import { createGunzip } from 'node:zlib';
import { TraceFormatError, UserError } from '../trace/errors.js';
import { peek } from './peek.js';

/** Unpacked bytes and what they were packed with. */
export interface Unpacked {
  /** `none`, `gz`, `xz`. */
  readonly compression: string;
  readonly chunks: AsyncIterable<Uint8Array>;
}

type Unpacker = (chunks: AsyncIterable<Uint8Array>, file: string) => AsyncIterable<Uint8Array>;

interface Compression {
  readonly name: string;
  readonly magic: readonly number[];
  /** Absent for a compression that is recognised only to be named in the message. */
  readonly unpack?: Unpacker;
}

const COMPRESSIONS: readonly Compression[] = [
  { name: 'gz', magic: [0x1f, 0x8b], unpack: gunzip },
  { name: 'xz', magic: [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00], unpack: unxz },
  { name: 'zstd', magic: [0x28, 0xb5, 0x2f, 0xfd] },
  { name: 'bzip2', magic: [0x42, 0x5a, 0x68] },
  { name: 'lz4', magic: [0x04, 0x22, 0x4d, 0x18] },
  { name: 'zip', magic: [0x50, 0x4b, 0x03, 0x04] },
];

/** Length of the longest magic above. */
const MAGIC_BYTES = 6;

/** Default output chunks of zlib (16 KiB) cost two to three times the throughput. */
const GUNZIP_CHUNK_BYTES = 2 ** 18;

/**
 * Recognise the compression of `chunks` and unpack it.
 * @throws TraceFormatError for empty input or a compression that cannot be unpacked here
 */
export async function unpack(chunks: AsyncIterable<Uint8Array>, file: string): Promise<Unpacked> {
  const { head, all } = await peek(chunks, MAGIC_BYTES);
  if (head.length === 0) throw new TraceFormatError(file, 0, 'a trace', 'an empty file');
  const found = COMPRESSIONS.find(({ magic }) => magic.every((byte, index) => head[index] === byte));
  if (found === undefined) return { compression: 'none', chunks: all };
  if (found.unpack === undefined) {
    throw new TraceFormatError(file, 0, 'plain text, gz or xz', `${found.name} compression; unpack it first`);
  }
  return { compression: found.name, chunks: found.unpack(all, file) };
}

async function* gunzip(chunks: AsyncIterable<Uint8Array>, file: string): AsyncGenerator<Uint8Array, void, void> {
  const input = Readable.from(chunks);
  const output = createGunzip({ chunkSize: GUNZIP_CHUNK_BYTES });
  // The pipeline forwards an error of the input to the output, whose iteration throws it.
  pipeline(input, output, () => {});
  try {
    yield* output;
  } catch (error) {
    const truncated = error instanceof Error && 'code' in error && error.code === 'Z_BUF_ERROR';
    throw describeUnpackError(file, 'gz', error, truncated);
  } finally {
    input.destroy();
    output.destroy();
  }
}

async function* unxz(chunks: AsyncIterable<Uint8Array>, file: string): AsyncGenerator<Uint8Array, void, void> {
  const iterator = chunks[Symbol.asyncIterator]();
  let inputEnded = false;
  let inputError: unknown;
  const input = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const next = await iterator.next();
          inputEnded = next.done === true;
          if (next.done) controller.close();
          else controller.enqueue(next.value);
        } catch (error) {
          inputError = error;
          throw error;
        }
      },
    },
    // No read-ahead: `inputEnded` then means that the decoder itself asked for more than there is.
    { highWaterMark: 0 },
  );
  const reader = new (loadXz())(input).getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      if (value.length > 0) yield value;
    }
    // Drain what follows the stream, so that the digest covers the whole file.
    while (!(await iterator.next()).done);
  } catch (error) {
    throw describeUnpackError(file, 'xz', inputError ?? error, inputEnded);
  } finally {
    await reader.cancel().catch(() => {});
    await iterator.return?.();
  }
}

function describeUnpackError(file: string, name: string, error: unknown, truncated: boolean): Error {
  if (error instanceof UserError) return error;
  const found = truncated ? 'the end of the file inside the stream (truncated)' : 'corrupt data';
  return new TraceFormatError(file, 0, `a complete ${name} stream`, found);
}

type XzStreamConstructor = new (input: ReadableStream<Uint8Array>) => ReadableStream<Uint8Array>;

/**
 * A private copy of the xz decoder. The package shares one WebAssembly instance behind a global lock, so that a second
 * stream would wait for ever on a first one that is only half drawn; a copy of its own per stream avoids that.
 */
function loadXz(): XzStreamConstructor {
  const require = createRequire(import.meta.url);
  const path = require.resolve('xz-decompress');
  const shared = require.cache[path];
  delete require.cache[path];
  try {
    return (require(path) as { XzReadableStream: XzStreamConstructor }).XzReadableStream;
  } finally {
    if (shared === undefined) delete require.cache[path];
    else require.cache[path] = shared;
  }
}
