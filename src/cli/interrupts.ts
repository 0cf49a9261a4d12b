/**
 * What must not be left behind when the process is told to stop: SIGINT ends it with 130, SIGTERM with 143, SIGHUP (the
 * terminal is gone) with 129, and every registered cleanup runs first. Cleanups are synchronous and must not throw.
 */
import { EXIT_HUNG_UP, EXIT_INTERRUPTED, EXIT_TERMINATED } from './failure.js';

const cleanups = new Set<() => void>();
let isInstalled = false;

/** Run `cleanup` if the process ends before the returned function is called. */
export function whenInterrupted(cleanup: () => void): () => void {
  cleanups.add(cleanup);
  return () => cleanups.delete(cleanup);
}

/** Install the handlers, once per process. */
export function installInterruptHandlers(): void {
  if (isInstalled) return;
  isInstalled = true;
  process.on('SIGINT', () => process.exit(EXIT_INTERRUPTED));
  process.on('SIGHUP', () => process.exit(EXIT_HUNG_UP));
  process.on('SIGTERM', () => process.exit(EXIT_TERMINATED));
  process.on('exit', runCleanups);
}

function runCleanups(): void {
  for (const cleanup of cleanups) cleanup();
  cleanups.clear();
}
