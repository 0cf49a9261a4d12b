/**
 * One run at a time for what two of them would do twice.
 *
 * The lock is a symbolic link that leads nowhere: its making is one step that fails if it is there, its target names the
 * owner. A lock whose owner is dead is taken over. One whose owner cannot be known (another machine: owner.ts) holds
 * nobody up: a run on a machine that is lost for good must be resumable elsewhere. Neither does a file system without links.
 */
import { readlinkSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { leaveBehind } from './leftovers.js';
import { livenessOf, processOf, thisOwner } from './owner.js';
import { TEMPORARY_PREFIX, temporaryPath } from './temporary.js';

/** A lock that is held, until `release`. */
export interface FolderLock {
  release(): void;
}

/** The lock is another's: a process of this machine. */
export interface LockHolder {
  readonly processId: number;
}

/** Times that a lock which vanishes or is left by a dead owner is tried again. */
const ATTEMPTS = 10;
const NOTHING_TO_RELEASE: FolderLock = { release: () => {} };

/** Take the lock called `key` (letters, digits, `-`) in `folder`, or say which running process holds it. */
export function lockFolder(folder: string, key: string): FolderLock | LockHolder {
  const path = join(folder, `${TEMPORARY_PREFIX}${key}.lock`);
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    try {
      symlinkSync(thisOwner, path);
      return held(path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') return NOTHING_TO_RELEASE;
    }
    const owner = ownerOf(path);
    if (owner === undefined) continue;
    const liveness = livenessOf(owner);
    if (liveness === 'alive') return { processId: processOf(owner) };
    if (liveness === 'unknown') return NOTHING_TO_RELEASE;
    takeAway(folder, path, owner);
  }
  return NOTHING_TO_RELEASE;
}

function held(path: string): FolderLock {
  const forget = leaveBehind({ file: path });
  return {
    release() {
      rmSync(path, { force: true });
      forget();
    },
  };
}

/** Remove the lock of the dead `owner`; if another run has done so and locked meanwhile, its lock is put back. */
function takeAway(folder: string, path: string, owner: string): void {
  const aside = temporaryPath(folder);
  try {
    renameSync(path, aside);
    if (ownerOf(aside) === owner) rmSync(aside, { force: true });
    else renameSync(aside, path);
  } catch {
    // It is gone already.
  }
}

function ownerOf(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}
