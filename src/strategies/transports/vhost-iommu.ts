/**
 * `vhost-iommu`: a paravirtual IOMMU whose device is a host kernel thread. As `virtio-iommu`, but the kick exits to the host
 * kernel only (ioeventfd) and wakes the thread, which unmaps with no system call and fills the used ring; the guest polls
 * that in shared memory. Kicks that arrive while the thread runs need no wake-up.
 *
 * | per submission with r requests | count |
 * |---|---|
 * | exits (`virtqueue_kick`) | 1, or 0 without requests |
 * | ioctls | 0 |
 * | host CMD_SYNCs | r, and 1 more per request whose domain has ATS devices |
 *
 * What requests are, and what the guest's other commands become: see paravirtual.ts. The guest waits for its requests in
 * every submission that has some.
 * Estimates: those of `virtio-iommu`; reading a request costs the thread what reading a command costs a software vCMDQ's.
 * No in-kernel IOMMU device is upstream: design §5 lists it as the contrast that the thread names.
 */

import { PARAVIRTUAL_ERRORS } from '../error-behaviour.js';
import { forwardUnmapToHost, hostKernel } from '../host-kernel.js';
import { hasRequests } from '../paravirtual.js';
import { Cost } from '../path/costs.js';
import type { PathBuilder } from '../path/path-builder.js';
import type { Submission } from '../path/submission.js';
import { ExitCause } from '../path/tally.js';
import type { TransportDefinition } from '../transport.js';
import { issueInBlocks } from '../trapped-queue.js';

export const vhostIommu: TransportDefinition = {
  name: 'vhost-iommu',
  summary: 'paravirtual unmap requests; the kick wakes a host kernel thread, which unmaps',
  defaultAtc: 'implicit',
  walkStage: 's1',
  unmapsDerivedFrom: 'tlbi',
  options: [],
  // No source says what this guest does when nobody serves its virtqueue.
  errors: () => ({ ...PARAVIRTUAL_ERRORS, deadWorker: { notApplicable: 'what its guest does then is not known' } }),
  create: (setup) => ({
    queueCount: 1,
    workerCount: 1,
    isWorkerPolling: false,
    isQueuePerVcpu: true,
    unmapsWithoutRanges: setup.text('host.ril') !== 'on',
    forward: forwardUnmapToHost(hostKernel(setup)),
    submit(submission, path) {
      if (!hasRequests(submission)) return;
      path.trapToKernel(ExitCause.VirtqueueKick);
      path.signalWorker(0);
      path.awaitWorker();
    },
    wakeWorker(path) {
      path.guest(Cost.wakeUp);
    },
    drain: serveRequests,
  }),
};

function serveRequests(rows: Submission, path: PathBuilder): void {
  for (let row = 0; row < rows.guestCount; row++) {
    if (rows.hostCount[row] > 0) {
      path.host(Cost.workerRead);
      path.host(Cost.hostUnmap);
      issueInBlocks(path, rows.hostFirst[row], rows.hostCount[row]);
    }
    // A submission ends at its last row, whatever that is.
    path.complete(row + 1);
  }
}
