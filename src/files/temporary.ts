/**
 * Files under temporary names: what they are called, and the removal of those that killed runs have left.
 *
 * A run that ends in any other way removes its own (leftovers.ts). `kill -9`, a crash of the machine and the kernel's
 * out-of-memory killer leave them; the next run that writes into the same folder removes them, if their owner is dead.
 */
import { readdirSync, readlinkSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { livenessOf, OWNER_PATTERN, randomSuffix, thisOwner } from './owner.js';

/** Beginning of the names of all files that are to go. */
export const TEMPORARY_PREFIX = '.smmuscope-';
const TEMPORARY = new RegExp(`^\\.smmuscope-(${OWNER_PATTERN})-[0-9a-f]{8}\\.tmp$`);
/** A symbolic link whose target is its owner (folder-lock.ts). */
const LOCK = /^\.smmuscope-[\w-]+\.lock$/;

/** Folders that this thread has looked through. */
const swept = new Set<string>();

/**
 * A new temporary name in `folder`, whose leftovers of dead owners are removed when it is first asked for. The name has
 * nothing of the file that it is for, which may be as long as names can be.
 */
export function temporaryPath(folder: string): string {
  removeLeftovers(folder);
  return join(folder, `${TEMPORARY_PREFIX}${thisOwner}-${randomSuffix()}.tmp`);
}

/** Remove what dead runs left in `folder`, once per thread. Never throws: the folder may be another's. */
export function removeLeftovers(folder: string): void {
  if (swept.has(folder)) return;
  swept.add(folder);
  try {
    for (const name of readdirSync(folder)) {
      if (!name.startsWith(TEMPORARY_PREFIX)) continue;
      const path = join(folder, name);
      const owner = LOCK.test(name) ? readlinkSync(path) : TEMPORARY.exec(name)?.[1];
      if (owner !== undefined && livenessOf(owner) === 'dead') rmSync(path, { force: true });
    }
  } catch {
    // Not ours to read or to change: whoever writes here next will see to it.
  }
}
