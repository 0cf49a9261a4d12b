/**
 * `native`: the same stream on bare metal. Each vCPU inserts its commands into the physical command queue and polls for its
 * own SYNC; nothing traps and nothing is rewritten. Alone on the machine no path is faster. Where many CPUs compete for the one
 * queue, paths with more queues (`hw-vcmdq`, `ecmdq`) or fewer producers (`sw-vcmdq`) are: it is no lower bound of theirs.
 * Closed form: facts M §4.3 row D.
 */

import { NATIVE_ERRORS } from '../error-behaviour.js';
import { hardwareFlaws } from '../flaws.js';
import { hostKernel, knowsRanges } from '../host-kernel.js';
import { Cost } from '../path/costs.js';
import type { PathBuilder } from '../path/path-builder.js';
import type { Submission } from '../path/submission.js';
import { Fate, type TransportDefinition } from '../transport.js';
import { noWorker } from './no-worker.js';

export const native: TransportDefinition = {
  name: 'native',
  summary: 'bare metal: every CPU writes into the one physical queue; no exit, no second stage',
  defaultAtc: 'vsid',
  walkStage: 's1',
  queuesAreMapped: true,
  keepsVmid: true,
  options: [],
  errors: () => NATIVE_ERRORS,
  create(setup) {
    return {
      ...noWorker,
      queueCount: 1,
      flawOf: hardwareFlaws(knowsRanges(hostKernel(setup))),
      forward(c0Low, c0High, c1Low, c1High, sink) {
        sink.emit(c0Low, c0High, c1Low, c1High);
        return Fate.Forwarded;
      },
      submit(submission, path) {
        guestIssueLists(path, 0, submission, 0, submission.guestCount, submission.syncCount);
      },
    };
  },
};

/**
 * Guest: put rows `from … to-1`, `syncs` SYNCs among them, into mapped queue `queue` and poll for the SYNCs, if any.
 * A PROD write that publishes nothing costs its doorbell.
 */
export function guestIssueLists(
  path: PathBuilder,
  queue: number,
  submission: Submission,
  from: number,
  to: number,
  syncs: number,
): void {
  const first = from < to ? submission.hostFirst[from] : 0;
  const count = from < to ? submission.hostFirst[to - 1] + submission.hostCount[to - 1] - first : 0;
  if (count === 0) {
    // The driver writes PROD with interrupts off.
    path.irqsOff(false);
    path.guest(Cost.doorbell);
  } else path.guestIssue(queue, first, count, syncs);
}
