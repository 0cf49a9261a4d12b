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
  const format = '[{bar}] {value} of {total} points{left}';
  const bar = new cliProgress.SingleBar({ format, stream: process.stderr, clearOnComplete: true, barsize: 30 });
  const forget = leaveBehind({ terminal: WITHOUT_BAR });
  let startedMs = -1;
  try {
    return await work((ended, points) => {
      if (startedMs < 0) bar.start(points, 0, { left: '' });
      if (startedMs < 0) startedMs = performance.now();
      bar.update(ended, { left: timeLeft(performance.now() - startedMs, ended / points) });
    });
  } finally {
    bar.stop();
    forget();
  }
}

/** Elapsed time from which on the share that is done says something about the rest, ms. */
const FIRST_ESTIMATE_MS = 2000;

/** `, 12 s left` after `elapsedMs` with `share` of the work done; empty while that is no estimate, and when less than a second is left. */
export function timeLeft(elapsedMs: number, share: number): string {
  if (elapsedMs < FIRST_ESTIMATE_MS || share <= 0 || share >= 1) return '';
  const leftS = Math.round((elapsedMs * (1 - share)) / share / 1000);
  return leftS < 1 ? '' : `, ${leftS} s left`;
}

function isWanted({ progress, quiet }: ProgressFlags): boolean {
  return progress && !quiet && process.stderr.isTTY === true && process.env.TERM !== 'dumb';
}

/** Begin to show progress, or do nothing at all. */
async function startProgress(flags: ProgressFlags): Promise<Progress> {
  if (!isWanted(flags)) return { update: () => {}, stop: () => {} };
  const { default: cliProgress } = await import('cli-progress');
  let bar: SingleBar | undefined;
  let startedMs = 0;
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
            : '[{bar}] {percentage}%, {events} events{left}';
        bar = new cliProgress.SingleBar({ format, stream: process.stderr, clearOnComplete: true, barsize: 30 });
        bar.start(totalBytes ?? 1, 0, { events, mebibytes, left: '' });
        startedMs = performance.now();
      }
      const left = timeLeft(performance.now() - startedMs, bytesRead / (totalBytes ?? Number.POSITIVE_INFINITY));
      bar.update(totalBytes === undefined ? 0 : Math.min(bytesRead, totalBytes), { events, mebibytes, left });
    },
    stop,
  };
}
