/**
 * Standard input, output and error of a thread, on their descriptors: what the main thread of a process has. Node gives
 * other threads streams that the main one copies, without a terminal's width, and slower.
 */
import { createReadStream, fstatSync, writeSync } from 'node:fs';
import { Socket, type SocketConstructorOpts } from 'node:net';
import { type Readable, Writable } from 'node:stream';
import { isatty, ReadStream, WriteStream } from 'node:tty';

/** Let `process.stdin`, `process.stdout` and `process.stderr` of this thread be the process's own; each opens when it is first used. */
export function useStandardStreams(): void {
  provide('stdin', () => openInput(0));
  provide('stdout', () => openOutput(1));
  provide('stderr', () => openOutput(2));
}

function provide(name: 'stdin' | 'stdout' | 'stderr', open: () => Readable | Writable): void {
  let stream: Readable | Writable | undefined;
  Object.defineProperty(process, name, {
    configurable: true,
    enumerable: true,
    get() {
      stream ??= open();
      return stream;
    },
  });
}

/** True for what the system tells us about when it can be read or written: pipes and sockets. */
function isPolled(descriptor: number): boolean {
  const stat = fstatSync(descriptor);
  return stat.isFIFO() || stat.isSocket();
}

function openInput(descriptor: number): Readable {
  const isTerminal = isatty(descriptor);
  if (!isTerminal && !isPolled(descriptor)) {
    return createReadStream('', { fd: descriptor, autoClose: false });
  }
  const stream = isTerminal ? new ReadStream(descriptor) : new Socket(pipeToRead(descriptor));
  // Whoever has looked and reads no more does not wait for an input that may never end.
  stream.on('pause', () => stream.unref());
  stream.on('resume', () => stream.ref());
  stream.on('newListener', (event) => {
    if (event === 'data' || event === 'readable') stream.ref();
  });
  return stream;
}

/** `manualStart`, which Node's types lack: nothing is taken from a pipe that others read too before somebody asks. */
const pipeToRead = (fd: number): SocketConstructorOpts & { manualStart: true } => ({
  fd,
  readable: true,
  writable: false,
  manualStart: true,
});

function openOutput(descriptor: number): Writable {
  let stream: Writable;
  if (isatty(descriptor)) stream = new WriteStream(descriptor);
  else if (isPolled(descriptor)) stream = new Socket({ fd: descriptor, readable: false, writable: true });
  else stream = new DescriptorWriter(descriptor);
  // As in the main thread: the descriptor stays open after an error, for what else is written to it.
  stream._destroy = (error, done) => done(error);
  return stream;
}

/** Writes to a file or device at once. */
class DescriptorWriter extends Writable {
  constructor(private readonly descriptor: number) {
    super({ decodeStrings: true });
  }

  override _write(chunk: Buffer, _encoding: string, done: (error?: Error | null) => void): void {
    try {
      for (let at = 0; at < chunk.length; ) at += writeSync(this.descriptor, chunk, at);
      done();
    } catch (error) {
      done(error as Error);
    }
  }
}
