/** Files that a sweep reads more than once, to identify its points and to run them: they must stay what they were. */
import { statSync } from 'node:fs';
import { basename } from 'node:path';
import { UsageError } from '../trace/errors.js';

/** The state of files when they were first asked about. */
export class InputFiles {
  private readonly states = new Map<string, string>();

  /** Remember the file at `path` as it is; to be called before it is read. */
  note(path: string): void {
    if (!this.states.has(path)) this.states.set(path, stateOf(path));
  }

  /** @throws UsageError if the file at `path` has been noted and is not what it was */
  requireSame(path: string): void {
    const known = this.states.get(path);
    if (known === undefined || known === stateOf(path)) return;
    throw new UsageError(`${basename(path)}: expected the file that the sweep began with, found it changed`);
  }
}

/** Whatever writes into a file, or puts another one in its place, changes one of these. */
function stateOf(path: string): string {
  const stat = statSync(path, { bigint: true, throwIfNoEntry: false });
  return stat === undefined ? 'none' : [stat.dev, stat.ino, stat.size, stat.mtimeNs].join();
}
