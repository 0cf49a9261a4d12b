/** A worker thread of a sweep: one message with a job, one with its outcome. */
import { parentPort } from 'node:worker_threads';
import { type PointJob, runPoint } from './run-point.js';

parentPort?.on('message', async (job: PointJob) => {
  parentPort?.postMessage(await runPoint(job));
});
