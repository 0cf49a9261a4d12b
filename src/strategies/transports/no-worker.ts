import type { Transport } from '../transport.js';

/** The worker part of a transport that has no worker. */
export const noWorker: Pick<Transport, 'workerCount' | 'isWorkerPolling' | 'wakeWorker' | 'drain'> = {
  workerCount: 0,
  isWorkerPolling: false,
  wakeWorker() {
    throw new Error('this transport has no worker');
  },
  drain() {
    throw new Error('this transport has no worker');
  },
};
