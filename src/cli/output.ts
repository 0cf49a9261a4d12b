/**
 * Where a report goes: standard output, or a file that appears complete or not at all.
 */
import { AtomicFile } from '../files/atomic-file.js';

/** A destination that takes one text, or the bytes of one file. */
export interface Output {
  /** True for standard output. */
  readonly isStdout: boolean;
  /** Write `content` and finish. */
  commit(content: string | Uint8Array): Promise<void>;
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
  const commit = async (content: string | Uint8Array) => {
    try {
      file.write(typeof content === 'string' ? Buffer.from(content) : content);
      file.commit();
    } finally {
      file.discard();
    }
  };
  return { isStdout: false, commit, discard: () => file.discard() };
}

/** Resolves when the text is handed over, or when the reader has gone away (`| head`). */
async function writeStdout(content: string | Uint8Array): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    process.stdout.write(content, (error) => {
      if (error === undefined || error === null || (error as NodeJS.ErrnoException).code === 'EPIPE') resolve();
      else reject(error);
    });
  });
}
