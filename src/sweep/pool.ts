/**
 * Threads that run points: the caller's own, or workers that read the decoded traces in shared memory. A job carries
 * parameters and references to the columns, never events.
 */
import { Worker } from 'node:worker_threads';
import { failedWith, type PointJob, type PointOutcome, runPoint } from './run-point.js';

/** Where one point after another is run. */
export interface PointThread {
  /** Run one; the next only when it has ended. Never rejects. */
  run(job: PointJob): Promise<PointOutcome>;
  /** End; nothing is left behind. */
  close(): Promise<void>;
}

/** The thread that a sweep runs in. */
export function ownThread(signal: AbortSignal | undefined): PointThread {
  return { run: (job) => runPoint(job, signal), close: async () => {} };
}

/** A thread of its own. One that dies (out of memory) loses its point only: the next point has a new one. */
export function workerThread(): PointThread {
  let worker: Worker | undefined;
  const close = async () => {
    const ending = worker;
    worker = undefined;
    await ending?.terminate();
  };
  return {
    run(job) {
      const running = worker ?? new Worker(new URL('./worker.js', import.meta.url));
      worker = running;
      return new Promise((resolve) => {
        const end = (outcome: PointOutcome) => {
          running.off('message', end);
          running.off('error', onError);
          running.off('exit', onExit);
          resolve(outcome);
        };
        const lose = (error: unknown) => {
          if (worker === running) worker = undefined;
          end(failedWith(error));
        };
        const onError = (error: unknown) => lose(error);
        const onExit = (code: number) => lose(new Error(`the worker thread ended with ${code}`));
        running.on('message', end);
        running.on('error', onError);
        running.on('exit', onExit);
        running.postMessage(job);
      });
    },
    close,
  };
}
