/**
 * `virtio-iommu`: a paravirtual IOMMU whose device is the VMM in user space. The guest puts one UNMAP request per unmap (or TLBI) into
 * the virtqueue and kicks once; the kick traps to the VMM, which takes each range out of the host's page tables with one
 * system call. The host invalidates and waits; the used ring is in shared memory, so the guest, resumed, sees it filled.
 *
 * | per submission with r requests | count |
 * |---|---|
 * | exits (`virtqueue_kick`) | 1, or 0 without requests |
 * | ioctls | r |
 * | host CMD_SYNCs | r, and 1 more per request whose domain has ATS devices |
 *
 * What requests are, and what the guest's other commands become: see paravirtual.ts. The guest sends no request without
 * waiting for it, so that a CMD_SYNC without requests has nothing to wait for.
 * Estimates: the host's unmap (x86 lab notes, facts L N1b), that it is one system call and one SYNC per request, and that
 * queue handling costs the VMM what decoding a command does. Sources: design §5; L §1.4, §9.3, N1b.
 */

import { PARAVIRTUAL_ERRORS } from '../error-behaviour.js';
import { forwardUnmapToHost, hostKernel } from '../host-kernel.js';
import { hasRequests } from '../paravirtual.js';
import { Cost } from '../path/costs.js';
import { ExitCause } from '../path/tally.js';
import type { TransportDefinition } from '../transport.js';
import { issueInBlocks, nextSmmu } from '../trapped-queue.js';
import { noWorker } from './no-worker.js';

export const virtioIommu: TransportDefinition = {
  name: 'virtio-iommu',
  summary: 'paravirtual unmap requests; the kick traps to the VMM, which unmaps on the host',
  defaultAtc: 'implicit',
  walkStage: 's1',
  unmapsDerivedFrom: 'tlbi',
  options: [],
  errors: () => PARAVIRTUAL_ERRORS,
  create: (setup) => ({
    ...noWorker,
    queueCount: 1,
    isQueuePerVcpu: true,
    unmapsWithoutRanges: setup.text('host.ril') !== 'on',
    forward: forwardUnmapToHost(hostKernel(setup)),
    submit(submission, path) {
      if (!hasRequests(submission)) return;
      path.trapToVmm(ExitCause.VirtqueueKick);
      for (let row = 0; row < submission.guestCount; row++) {
        if (submission.hostCount[row] === 0) continue;
        path.host(Cost.vmmPerCommand);
        const first = submission.hostFirst[row];
        const count = submission.hostCount[row];
        for (let smmu = nextSmmu(path, 0, first, count); smmu >= 0; smmu = nextSmmu(path, smmu + 1, first, count)) {
          path.ioctl(1, 0);
          path.host(Cost.hostUnmap);
          issueInBlocks(path, first, count);
        }
      }
      path.returnToGuest();
    },
  }),
};
