/**
 * Where a report goes: standard output, or a file that appears complete or not at all.
 */
import { setImmediate } from 'node:timers/promises';
import { AtomicFile } from '../files/atomic-file.js';

/** A text, a text piece by piece, or the bytes of one file. */
type Content = string | Iterable<string> | Uint8Array;

/** A destination that takes one of them. */
export interface Output {
  /** True for standard output. */
  readonly isStdout: boolean;
  /** Write `content` and finish. */
  commit(content: Content): Promise<void>;
  /** Give up; nothing is left behind. No-op after `commit`. */
  discard(): void;
}

/**
 * The destination that `--output` names: a path, or standard output for `-` and undefined.
 * @param inputs paths that are read and must not be overwritten
 * @throws UsageError for a directory, a folder that is missing or cannot be written to, or an input's own path
 */
export function openOutput(path: string | undefined, inputs: readonly string[] = []): Output {
  if (path === undefined || path === '-') return { isStdout: true, commit: writeStdout, discard: () => {} };
  const file = AtomicFile.open(path, inputs);
  const commit = async (content: Content) => {
    try {
      for await (const piece of piecesOf(content)) file.write(toBytes(piece));
      file.commit();
    } finally {
      file.discard();
    }
  };
  return { isStdout: false, commit, discard: () => file.discard() };
}

/** A piece is made when the one before is on its way, and a Ctrl-C between them is heard. */
async function* piecesOf(content: Content): AsyncGenerator<string | Uint8Array> {
  const pieces = typeof content === 'string' || content instanceof Uint8Array ? [content] : content;
  for (const piece of pieces) {
    yield piece;
    await setImmediate();
  }
}

const toBytes = (piece: string | Uint8Array): Uint8Array => (typeof piece === 'string' ? Buffer.from(piece) : piece);

/** Resolves when everything is handed over, or when the reader has gone away (`| head`). */
async function writeStdout(content: Content): Promise<void> {
  for await (const piece of piecesOf(content)) if (!(await writePiece(piece))) return;
}

/** False if nobody reads any more. */
async function writePiece(piece: string | Uint8Array): Promise<boolean> {
  return new Promise((resolve, reject) => {
    // As bytes: a pipe that is handed texts keeps a copy of each for long, and a study has hundreds of megabytes.
    process.stdout.write(toBytes(piece), (error) => {
      if (error === undefined || error === null) resolve(true);
      else if ((error as NodeJS.ErrnoException).code === 'EPIPE') resolve(false);
      else reject(error);
    });
  });
}
