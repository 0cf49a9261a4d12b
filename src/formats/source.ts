/**
 * Where the bytes of a trace come from: a file or standard input, counted and hashed as they are given.
 */
import { createHash } from 'node:crypto';
import { constants, createReadStream, fstatSync, openSync, type Stats } from 'node:fs';
import { stat } from 'node:fs/promises';
import { Socket } from 'node:net';
import { Readable } from 'node:stream';
import { UsageError } from '../trace/errors.js';

/** Name that messages and results use for standard input. */
const STDIN_NAME = '<stdin>';

/** Bytes per read; large enough that a chunk costs little beside its content. */
const READ_BYTES = 2 ** 19;

/** Bytes of one trace, to be drawn once. */
export interface ByteSource {
  /** The path, or `<stdin>`. */
  readonly name: string;
  /** Size of a regular file in bytes; undefined for pipes. */
  readonly totalBytes: number | undefined;
  readonly chunks: AsyncIterable<Uint8Array>;
  /** Bytes drawn so far. */
  bytesRead(): number;
  /** SHA-256 in hex of the bytes drawn; final at the first call. */
  sha256(): string;
  /** Give up the file or pipe; harmless when it has ended. */
  close(): void;
}

/** How to open a source. */
export interface SourceOptions {
  /** Stands in for `process.stdin` when the path is `-`. */
  readonly stdin?: NodeJS.ReadableStream | undefined;
  /** Bytes that lie in memory, by the name that stands for their path. */
  readonly contents?: ReadonlyMap<string, Uint8Array> | undefined;
  /** Bytes per read, for tests of streaming. */
  readonly chunkBytes?: number | undefined;
}

/**
 * Open `path`, or standard input for `-`.
 * @throws UsageError if it does not exist, cannot be read or is a directory; while drawing, at the end of a file that was
 *   written to meanwhile
 */
export async function openSource(path: string, options: SourceOptions = {}): Promise<ByteSource> {
  const content = options.contents?.get(path);
  if (content !== undefined) return new CountedSource(path, content.length, Readable.from(pieces(content)));
  if (path === '-') {
    const stdin = (options.stdin ?? process.stdin) as Readable;
    return new CountedSource(STDIN_NAME, undefined, stdin);
  }
  if (await isNamedPipe(path)) return new CountedSource(path, undefined, openNamedPipe(path));
  return openFile(path, options.chunkBytes ?? READ_BYTES);
}

function* pieces(content: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < content.length; at += READ_BYTES) yield content.subarray(at, at + READ_BYTES);
}

/** One descriptor for all: what is looked at, read, and looked at again is the same file, whatever the path names by then. */
function openFile(path: string, highWaterMark: number): ByteSource {
  try {
    const descriptor = openSync(path, 'r');
    // The stream closes it when it is destroyed, not at the end of the file.
    const stream = createReadStream('', { fd: descriptor, highWaterMark, autoClose: false });
    const before = fstatSync(descriptor);
    if (!before.isDirectory()) {
      const size = before.isFile() ? before.size : undefined;
      return new CountedSource(path, size, stream, () => {
        if (size !== undefined) refuseChanged(path, before, fstatSync(descriptor));
      });
    }
    stream.destroy();
  } catch (error) {
    throw describeReadError(path, error);
  }
  throw new UsageError(`${path}: expected a trace file, found a directory`);
}

/** A file that was written to meanwhile has been read neither as it was nor as it is. */
function refuseChanged(path: string, before: Stats, after: Stats): void {
  if (after.size === before.size && after.mtimeMs === before.mtimeMs) return;
  const what = after.size > before.size ? 'grown' : after.size < before.size ? 'cut' : 'written to';
  const sizes = after.size === before.size ? '' : ` from ${before.size} to ${after.size} bytes`;
  throw new UsageError(
    `${path}: expected a trace file that does not change while it is read, found it ${what}${sizes}; copy it first`,
  );
}

async function isNamedPipe(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isFIFO();
  } catch (error) {
    throw describeReadError(path, error);
  }
}

/**
 * A pipe is opened once, so that its writer never sees it closed, and without waiting for a writer: a call that waits cannot
 * be ended, not even by the end of the process.
 */
function openNamedPipe(path: string): Readable {
  try {
    const descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    return new Socket({ fd: descriptor, readable: true, writable: false });
  } catch (error) {
    throw describeReadError(path, error);
  }
}

/** One clear sentence for the system's error. */
function describeReadError(path: string, error: unknown): Error {
  if (!(error instanceof Error) || !('code' in error)) return error as Error;
  if (error.code === 'ENOENT') return new UsageError(`${path}: expected a trace file, found no such file`);
  if (error.code === 'EISDIR') return new UsageError(`${path}: expected a trace file, found a directory`);
  if (error.code === 'EACCES' || error.code === 'EPERM') {
    return new UsageError(`${path}: expected a readable trace file, found no permission to read it`);
  }
  if (error.code === 'ELOOP') return new UsageError(`${path}: expected a trace file, found a loop of symbolic links`);
  if (error.code === 'ENAMETOOLONG') {
    return new UsageError(`${path}: expected a trace file, found a name that is too long`);
  }
  return new UsageError(
    `${path}: expected a readable trace file, found an error (${String(error.code)}) while reading`,
  );
}

class CountedSource implements ByteSource {
  readonly chunks: AsyncIterable<Uint8Array>;
  private readonly hash = createHash('sha256');
  private bytes = 0;
  private digest: string | undefined;

  constructor(
    readonly name: string,
    readonly totalBytes: number | undefined,
    private readonly stream: Readable,
    /** Called at the end of the stream. */
    private readonly atEnd: () => void = () => {},
  ) {
    this.chunks = this.draw();
  }

  bytesRead(): number {
    return this.bytes;
  }

  sha256(): string {
    this.digest ??= this.hash.digest('hex');
    return this.digest;
  }

  close(): void {
    this.stream.destroy();
  }

  private async *draw(): AsyncGenerator<Uint8Array, void, void> {
    try {
      for await (const piece of this.stream) {
        const chunk: Uint8Array = typeof piece === 'string' ? Buffer.from(piece) : piece;
        this.hash.update(chunk);
        this.bytes += chunk.length;
        yield chunk;
      }
      this.atEnd();
    } catch (error) {
      throw describeReadError(this.name, error);
    } finally {
      this.close();
    }
  }
}
