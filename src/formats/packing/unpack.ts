/**
 * Compression by magic bytes, never by file name: gz, xz and zst are unpacked while streaming, others are named and
 * refused. What unpacks to very much more than it is packed in is refused too.
 */
import { createRequire } from 'node:module';
import { pipeline, Readable } from 'node:stream';
import { ReadableStream } from 'node:stream/web';
import { createGunzip } from 'node:zlib';
import { TraceFormatError, UserError } from '../../trace/errors.js';
import { peek } from '../peek.js';
import { unzstd, ZstdError } from './zstd.js';

/** Unpacked bytes and what they were packed with. */
export interface Unpacked {
  /** `none`, `gz`, `xz`, `zst`. */
  readonly compression: string;
  readonly chunks: AsyncIterable<Uint8Array>;
}

/** Called with what could not be checked about a stream, once it has been unpacked. */
export type OnUnchecked = (what: string) => void;

type Unpacker = (
  chunks: AsyncIterable<Uint8Array>,
  file: string,
  onUnchecked?: OnUnchecked,
) => AsyncIterable<Uint8Array>;

interface Compression {
  readonly name: string;
  readonly magic: readonly number[];
  /** Absent for a compression that is recognised only to be named in the message. */
  readonly unpack?: Unpacker;
}

const COMPRESSIONS: readonly Compression[] = [
  { name: 'gz', magic: [0x1f, 0x8b], unpack: gunzip },
  { name: 'xz', magic: [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00], unpack: unxz },
  { name: 'zst', magic: [0x28, 0xb5, 0x2f, 0xfd], unpack: unzst },
  { name: 'bzip2', magic: [0x42, 0x5a, 0x68] },
  { name: 'lz4', magic: [0x04, 0x22, 0x4d, 0x18] },
  { name: 'zip', magic: [0x50, 0x4b, 0x03, 0x04] },
];

/** Length of the longest magic above. */
const MAGIC_BYTES = 6;

/**
 * The limit on what a packed trace may become: beyond the first 64 MiB, at most 500 times the packed bytes. Recordings
 * pack 10 to 60 times; a file of one repeated byte 1000 times and more.
 */
const MAX_INFLATION = 500;
const INFLATION_ALLOWANCE_BYTES = 2 ** 26;

/** Default output chunks of zlib (16 KiB) cost two to three times the throughput. */
const GUNZIP_CHUNK_BYTES = 2 ** 18;

/**
 * Recognise the compression of `chunks` and unpack it.
 * @throws TraceFormatError for empty input or a compression that cannot be unpacked here
 */
export async function unpack(
  chunks: AsyncIterable<Uint8Array>,
  file: string,
  onUnchecked?: OnUnchecked,
): Promise<Unpacked> {
  const { head, all } = await peek(chunks, MAGIC_BYTES);
  if (head.length === 0) throw new TraceFormatError(file, 0, 'a trace', 'an empty file');
  const found = COMPRESSIONS.find(({ magic }) => magic.every((byte, index) => head[index] === byte));
  if (found === undefined) return { compression: 'none', chunks: all };
  if (found.unpack === undefined) {
    throw new TraceFormatError(file, 0, 'plain text, gz, xz or zst', `${found.name} compression; unpack it first`);
  }
  const packed = new CountedBytes(all);
  const unpacked = found.unpack(packed.counted(), file, onUnchecked);
  return { compression: found.name, chunks: refusingBombs(unpacked, packed, file, found.name) };
}

/** Counts bytes as they pass. */
class CountedBytes {
  bytes = 0;

  constructor(private readonly chunks: AsyncIterable<Uint8Array>) {}

  async *counted(): AsyncGenerator<Uint8Array, void, void> {
    for await (const chunk of this.chunks) {
      this.bytes += chunk.length;
      yield chunk;
    }
  }
}

async function* refusingBombs(
  chunks: AsyncIterable<Uint8Array>,
  packed: CountedBytes,
  file: string,
  name: string,
): AsyncGenerator<Uint8Array, void, void> {
  let bytes = 0;
  for await (const chunk of chunks) {
    bytes += chunk.length;
    if (bytes > INFLATION_ALLOWANCE_BYTES && bytes > packed.bytes * MAX_INFLATION) {
      const expected = `${name} data that unpacks to at most ${MAX_INFLATION} times its size`;
      throw new TraceFormatError(file, 0, expected, 'more; unpack it first if that is meant');
    }
    yield chunk;
  }
}

async function* unzst(
  chunks: AsyncIterable<Uint8Array>,
  file: string,
  onUnchecked?: OnUnchecked,
): AsyncGenerator<Uint8Array, void, void> {
  try {
    yield* unzstd(chunks, { onUnchecked });
  } catch (error) {
    if (!(error instanceof ZstdError)) throw error;
    throw error.isTruncated || error.found === 'corrupt data'
      ? describeUnpackError(file, 'zst', error, error.isTruncated)
      : new TraceFormatError(file, 0, 'a complete zst stream', error.found);
  }
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
    const refused = inputError === undefined ? XZ_REFUSALS[codeOf(error)] : undefined;
    if (refused !== undefined) throw new TraceFormatError(file, 0, ...refused);
    throw describeUnpackError(file, 'xz', inputError ?? error, inputEnded);
  } finally {
    await reader.cancel().catch(() => {});
    await iterator.return?.();
  }
}

/** What the xz decoder says no to before it has unpacked anything, by its error codes: expected, found. */
const XZ_REFUSALS: Readonly<Record<number, readonly [string, string]>> = {
  3: ['an xz dictionary of at most 64 MiB', 'no memory for it'],
  4: ['an xz dictionary of at most 64 MiB', 'a larger one; pack it with xz -9 or less'],
  6: ['xz of LZMA2 with CRC32, CRC64 or no check', 'another filter or check; pack it with xz --check=crc64'],
};

/** The decoder's error code, which stands only in the text of its error; 0 if there is none. */
const codeOf = (error: unknown): number => Number(/error code (\d+)/.exec(String(error))?.[1] ?? 0);

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
