/** A progress bar on stderr; only on a terminal, and never when it is not wanted. */
import type { SingleBar } from 'cli-progress';
import { leaveBehind } from '../files/leftovers.js';

/** Called as traces are read. */
export type OnProgress = (bytesRead: number, totalBytes: number | undefined, events: number) => void;

interface Progress {
  readonly update: OnProgress;
  /** Remove the bar. */
  stop(): void;
}

/** The flags that decide. */
export interface ProgressFlags {
  readonly quiet: boolean;
  readonly progress: boolean;
}

const MEBIBYTE = 2 ** 20;

/** To a terminal that a bar was drawn on: to the beginning of its line, clear it, wrap lines again. */
const WITHOUT_BAR = '\r\u001b[K\u001b[?7h';

/** Run `work` and show its progress while it lasts. */
export async function withProgress<T>(flags: ProgressFlags, work: (onProgress: OnProgress) => Promise<T>): Promise<T> {
  const progress = await startProgress(flags);
  try {
    return await work(progress.update);
  } finally {
    progress.stop();
  }
}

/** Run `work` and show how many of its points have ended. */
export async function withPointProgress<T>(
  flags: ProgressFlags,
  work: (onProgress: (ended: number, points: number) => void) => Promise<T>,
): Promise<T> {
  if (!isWanted(flags)) return work(() => {});
  const { default: cliProgress } = await import('cli-progress');
  const format = '[{bar}] {value} of {total} points, {eta} s left';
  const bar = new cliProgress.SingleBar({ format, stream: process.stderr, clearOnComplete: true, barsize: 30 });
  const forget = leaveBehind({ terminal: WITHOUT_BAR });
  let isStarted = false;
  try {
    return await work((ended, points) => {
      if (!isStarted) bar.start(points, 0);
      isStarted = true;
      bar.update(ended);
    });
  } finally {
    bar.stop();
    forget();
  }
}

function isWanted({ progress, quiet }: ProgressFlags): boolean {
  return progress && !quiet && process.stderr.isTTY === true && process.env.TERM !== 'dumb';
}

/** Begin to show progress, or do nothing at all. */
async function startProgress(flags: ProgressFlags): Promise<Progress> {
  if (!isWanted(flags)) return { update: () => {}, stop: () => {} };
  const { default: cliProgress } = await import('cli-progress');
  let bar: SingleBar | undefined;
  const stop = () => {
    bar?.stop();
    forget();
  };
  const forget = leaveBehind({ terminal: WITHOUT_BAR });
  return {
    update(bytesRead, totalBytes, events) {
      const mebibytes = Math.floor(bytesRead / MEBIBYTE);
      if (bar === undefined) {
        // The size of a pipe is not known: what has been read is shown, without a bar.
        const format =
          totalBytes === undefined
            ? '{mebibytes} MiB read, {events} events'
            : '[{bar}] {percentage}%, {events} events, {eta} s left';
        bar = new cliProgress.SingleBar({ format, stream: process.stderr, clearOnComplete: true, barsize: 30 });
        bar.start(totalBytes ?? 1, 0, { events, mebibytes });
      }
      bar.update(totalBytes === undefined ? 0 : Math.min(bytesRead, totalBytes), { events, mebibytes });
    },
    stop,
  };
}
