/**
 * A file that appears complete or not at all.
 *
 * It is written under a temporary name in its own folder and renamed over the target; the temporary file is created
 * before the work begins, so that an unwritable folder is found at once, and removed on every failure and at the end of
 * the process; what a killed one leaves, the next removes (temporary.ts). A symbolic link stays one: its target is
 * replaced, or made. Devices and pipes (`/dev/null`) are written directly.
 */
import {
  accessSync,
  closeSync,
  constants,
  fchmodSync,
  fsyncSync,
  openSync,
  readlinkSync,
  realpathSync,
  renameSync,
  rmSync,
  type Stats,
  statSync,
  writeSync,
} from 'node:fs';
import { dirname, resolve } from 'node:path';
import { UsageError } from '../trace/errors.js';
import { leaveBehind } from './leftovers.js';
import { systemReason } from './system-reason.js';
import { temporaryPath } from './temporary.js';

/** Files that this process is writing. */
const openTargets = new Set<string>();

/** A destination for bytes. */
export class AtomicFile {
  private isOpen = true;

  private constructor(
    private readonly path: string,
    private readonly target: string,
    private readonly temporary: string | undefined,
    private readonly descriptor: number,
    private readonly mode: number | undefined,
    private readonly forget: () => void,
  ) {}

  /**
   * Begin to write `path`.
   * @param inputs paths that are read and must not be overwritten
   * @throws UsageError for a directory, a folder that is missing or cannot be written to, an input's own path, or a file
   *   that this process is writing already
   */
  static open(path: string, inputs: readonly string[] = []): AtomicFile {
    const existing = asUsageError(path, () => statOf(path));
    if (existing?.isDirectory()) throw new UsageError(`${path}: expected a file to write to, found a directory`);
    if (existing !== undefined) refuseInputs(path, existing, inputs);
    return asUsageError(path, () => {
      if (existing !== undefined && !existing.isFile()) {
        return new AtomicFile(path, path, undefined, openSync(path, 'w'), undefined, () => {});
      }
      const target = existing === undefined ? targetOf(resolve(path)) : realpathSync(path);
      if (openTargets.has(target)) throw new UsageError(`${path}: expected another file for each output`);
      const temporary = temporaryPath(dirname(target));
      if (existing !== undefined) accessSync(target, constants.W_OK);
      const mode = existing === undefined ? undefined : existing.mode & 0o777;
      const forget = leaveBehind({ file: temporary });
      const descriptor = openSync(temporary, 'wx');
      openTargets.add(target);
      return new AtomicFile(path, target, temporary, descriptor, mode, forget);
    });
  }

  /** Append `bytes`. @throws UsageError if the system refuses */
  write(bytes: Uint8Array): void {
    asUsageError(this.path, () => {
      for (let at = 0; at < bytes.length; ) at += writeSync(this.descriptor, bytes, at);
    });
  }

  /** Everything is written: let the file appear. */
  commit(): void {
    try {
      asUsageError(this.path, () => {
        if (this.temporary === undefined) return;
        if (this.mode !== undefined) fchmodSync(this.descriptor, this.mode);
        fsyncSync(this.descriptor);
        renameSync(this.temporary, this.target);
      });
    } finally {
      this.discard();
    }
  }

  /** Give up; nothing is left behind. No-op after `commit`. */
  discard(): void {
    if (!this.isOpen) return;
    this.isOpen = false;
    openTargets.delete(this.target);
    closeSync(this.descriptor);
    if (this.temporary !== undefined) rmSync(this.temporary, { force: true });
    this.forget();
  }
}

function refuseInputs(path: string, existing: Stats, inputs: readonly string[]): void {
  const isSame = (input: string) => {
    const other = input === '-' ? undefined : inputStat(input);
    return other !== undefined && other.ino === existing.ino && other.dev === existing.dev;
  };
  if (inputs.some(isSame))
    throw new UsageError(`${path}: expected an output other than the trace or strategy that is read`);
}

/** The file at `path`; undefined if there is none, nor its folder (opening it will then say so). */
function statOf(path: string): Stats | undefined {
  try {
    return statSync(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw error;
  }
}

/** An input that cannot be looked at is for its reader to complain of. */
function inputStat(path: string): Stats | undefined {
  try {
    return statOf(path);
  } catch {
    return undefined;
  }
}

/** What is to be made for `path`, which is not there: where it leads to if it is a link. */
function targetOf(path: string): string {
  let linked: string;
  try {
    linked = readlinkSync(path);
  } catch {
    return path;
  }
  return targetOf(resolve(dirname(path), linked));
}

/** Run `work`; a failing system call becomes one sentence about `path`. */
function asUsageError<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new UsageError(`${path}: expected a file that can be written, found ${systemReason(error)}`);
  }
}
