/**
 * Where the bytes of a trace come from: a file or standard input, counted and hashed as they are given.
 */
import { createHash } from 'node:crypto';
import { constants, createReadStream, openSync } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import { UsageError } from '../trace/errors.js';

/** Name that messages and results use for standard input. */
export const STDIN_NAME = '<stdin>';

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
  /** Bytes per read, for tests of streaming. */
  readonly chunkBytes?: number | undefined;
}

/**
 * Open `path`, or standard input for `-`.
 * @throws UsageError if it does not exist, cannot be read or is a directory
 */
export async function openSource(path: string, options: SourceOptions = {}): Promise<ByteSource> {
  if (path === '-') {
    const stdin = (options.stdin ?? process.stdin) as Readable;
    return new CountedSource(STDIN_NAME, undefined, stdin);
  }
  if (await isNamedPipe(path)) return new CountedSource(path, undefined, openNamedPipe(path));
  const totalBytes = await sizeOfReadableFile(path);
  const stream = createReadStream(path, { highWaterMark: options.chunkBytes ?? READ_BYTES });
  return new CountedSource(path, totalBytes, stream);
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

/** Size of the regular file at `path`, undefined for a pipe or device. */
async function sizeOfReadableFile(path: string): Promise<number | undefined> {
  try {
    const handle = await open(path, 'r');
    try {
      const status = await handle.stat();
      if (status.isDirectory()) throw new UsageError(`${path}: expected a trace file, found a directory`);
      return status.isFile() ? status.size : undefined;
    } finally {
      await handle.close();
    }
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
    } catch (error) {
      throw describeReadError(this.name, error);
    }
  }
}
