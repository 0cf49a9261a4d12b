/**
 * `ioctl`: upstream QEMU's accelerated SMMUv3. The PROD write traps to the VMM, which forwards each command with an ioctl of
 * its own; the host kernel closes each with its own CMD_SYNC. The guest then reads CONS, a second trap.
 * Sources: facts L §5.3–5.5, M §2.4, closed form M §4.3 row A (O1).
 */
import { TRAPPED_ERRORS } from '../error-behaviour.js';
import { hostFlaws } from '../flaws.js';
import { forwardToHost, hostKernel, UAPI_OPTION } from '../host-kernel.js';
import type { TransportDefinition } from '../transport.js';
import { ioctlPerCommand } from '../trapped-queue.js';
import { noWorker } from './no-worker.js';

export const ioctl: TransportDefinition = {
  name: 'ioctl',
  summary: 'PROD write traps to the VMM; one ioctl and one host CMD_SYNC per command',
  defaultAtc: 'vsid',
  walkStage: 'nested',
  options: [UAPI_OPTION],
  errors: () => TRAPPED_ERRORS,
  create: (setup) => ({
    ...noWorker,
    attachesStreams: true,
    queueCount: 1,
    forward: forwardToHost(hostKernel(setup, setup.option('uapi'))),
    flawOf: hostFlaws(hostKernel(setup, setup.option('uapi'))),
    submit(submission, path) {
      path.trapToVmm();
      ioctlPerCommand(submission, 0, submission.guestCount, path);
      path.returnToGuest();
      path.readConsTrapped(submission.syncCount);
    },
  }),
};
