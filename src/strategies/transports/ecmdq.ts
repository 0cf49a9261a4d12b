/**
 * `ecmdq`: emulated ECMDQs. Every vCPU has a command queue of its own whose doorbell and CONS trap to the VMM; the host
 * kernel issues from a queue of its own per host CPU; one physical consumer serves all of them in turn.
 *
 * | per submission | count |
 * |---|---|
 * | exits | 1 PROD write + 1 CONS read per CMD_SYNC |
 * | ioctls, host CMD_SYNCs | 1 each per forwarded command |
 * | VMM big lock | only around commands that the VMM emulates (CFGI_STE*, PREFETCH, what it refuses) |
 *
 * Modelled: on an idle machine it costs what `ioctl` costs, since nothing about one command is cheaper; with several vCPUs
 * neither the VMM's lock nor one physical queue's producers are shared, while the consumer is (facts L §7.2 N5: ECMDQs do
 * not execute in parallel, 2.4–4.6 % more throughput on a saturated consumer; L §9.7).
 * Estimates: that the VMM decodes each queue's page without its big lock (upstream QEMU would take it for any MMIO exit),
 * that it forwards one command per ioctl as upstream does, and that a vCPU runs on its own host CPU with its own ECMDQ
 * (option `queues`). No ECMDQ figure of a guest is published.
 */

import { Opcode } from '../../trace/opcodes.js';
import { emulate } from '../attach.js';
import { TRAPPED_ERRORS } from '../error-behaviour.js';
import { hostFlaws } from '../flaws.js';
import { forwardToHost, hostKernel } from '../host-kernel.js';
import { Cost } from '../path/costs.js';
import type { PathBuilder } from '../path/path-builder.js';
import type { Submission } from '../path/submission.js';
import type { TransportDefinition } from '../transport.js';
import { forwardByIoctl } from '../trapped-queue.js';
import { noWorker } from './no-worker.js';

export const ecmdq: TransportDefinition = {
  name: 'ecmdq',
  summary: 'one emulated queue per vCPU, trapped doorbells without the VMM’s big lock, one physical consumer',
  defaultAtc: 'vsid',
  walkStage: 'nested',
  options: [
    {
      key: 'queues',
      help: 'physical ECMDQs that the vCPUs’ threads issue from, vCPU modulo queues',
      default: '16',
      range: [1, 256],
    },
  ],
  errors: () => TRAPPED_ERRORS,
  create(setup) {
    const queues = Number(setup.option('queues'));
    return {
      ...noWorker,
      attachesStreams: true,
      queueCount: queues,
      isQueuePerVcpu: true,
      forward: forwardToHost(hostKernel(setup)),
      flawOf: hostFlaws(hostKernel(setup)),
      submit(submission, path) {
        path.trapToVmmUnlocked();
        for (let row = 0; row < submission.guestCount; row++) {
          serveCommand(submission, row, submission.vcpu % queues, path);
        }
        path.returnToGuestUnlocked();
        path.readConsTrappedUnlocked(submission.syncCount);
      },
    };
  },
};

function serveCommand(submission: Submission, row: number, queue: number, path: PathBuilder): void {
  path.host(Cost.vmmPerCommand);
  if (submission.guestOpcode[row] === Opcode.SYNC) return;
  const hostCount = submission.hostCount[row];
  if (hostCount > 0) {
    forwardByIoctl(path, 1, submission.hostFirst[row], hostCount, queue);
    return;
  }
  // Stream table and the like belong to the whole virtual SMMU.
  path.lockVmm();
  emulate(submission, row, path, 1, queue);
  path.unlockVmm();
}
