/**
 * Where a report goes: standard output, or a file that appears complete or not at all.
 *
 * A file is written under a temporary name in its own folder and renamed over the target; the temporary file is created
 * before the work begins, so that an unwritable folder is found at once, and removed on every failure or interrupt.
 * Devices and pipes (`/dev/null`) are written to directly.
 */
import { randomBytes } from 'node:crypto';
import {
  accessSync,
  closeSync,
  constants,
  fchmodSync,
  fsyncSync,
  openSync,
  realpathSync,
  renameSync,
  rmSync,
  type Stats,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { UsageError } from '../trace/errors.js';
import { systemReason } from './failure.js';
import { whenInterrupted } from './interrupts.js';

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
  const existing = statOf(path);
  if (existing?.isDirectory()) throw new UsageError(`${path}: expected a file to write to, found a directory`);
  if (existing !== undefined) refuseInputs(path, existing, inputs);
  return existing === undefined || existing.isFile() ? openFile(path, existing) : openDevice(path);
}

function refuseInputs(path: string, existing: Stats, inputs: readonly string[]): void {
  const isSame = (input: string) => {
    const other = input === '-' ? undefined : statOf(input);
    return other !== undefined && other.ino === existing.ino && other.dev === existing.dev;
  };
  if (inputs.some(isSame))
    throw new UsageError(`${path}: expected an output other than the trace or strategy that is read`);
}

function openFile(path: string, existing: Stats | undefined): Output {
  // A symbolic link stays one: its target is replaced.
  const target = existing === undefined ? path : realpathSync(path);
  const temporary = join(dirname(target), `.${basename(target)}.${randomBytes(4).toString('hex')}.tmp`);
  const descriptor = asUsageError(path, () => {
    if (existing !== undefined) accessSync(target, constants.W_OK);
    return openSync(temporary, 'wx');
  });
  let isOpen = true;
  const discard = () => {
    if (!isOpen) return;
    isOpen = false;
    closeSync(descriptor);
    rmSync(temporary, { force: true });
    forget();
  };
  const forget = whenInterrupted(discard);
  const commit = async (content: string | Uint8Array) => {
    try {
      asUsageError(path, () => {
        writeFileSync(descriptor, content);
        if (existing !== undefined) fchmodSync(descriptor, existing.mode & 0o777);
        fsyncSync(descriptor);
        renameSync(temporary, target);
      });
    } finally {
      discard();
    }
  };
  return { isStdout: false, commit, discard };
}

function openDevice(path: string): Output {
  const commit = async (content: string | Uint8Array) => asUsageError(path, () => writeFileSync(path, content));
  return { isStdout: false, commit, discard: () => {} };
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

/** The file at `path`; undefined if there is none (opening it will then say why). */
function statOf(path: string): Stats | undefined {
  try {
    return statSync(path);
  } catch {
    return undefined;
  }
}

/** Run `work`; a failing system call becomes one sentence about `path`. */
function asUsageError<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw new UsageError(`${path}: expected a file that can be written, found ${systemReason(error)}`);
  }
}
