/**
 * `ioctl-batched`: the VMM collects the forwardable commands of one drain and hands each maximal run of one class (TLBI, or
 * device cache: ATC_INV and CFGI_CD) to the host kernel with one ioctl. CMD_SYNC does not end a run. The VMM does its own
 * commands when it meets them, before the batch is flushed. The kernel issues blocks of at most 63 commands, each closed
 * by one SYNC. With `--fault` (docs/errors.md): a command that the VMM refuses leaves the run before it unissued though its
 * CONS has moved on, and option `uapi` says what a kernel that cannot convert a command reports. Sources: facts M §2.4 (downstream batch), L §5.3–5.4, closed form M §4.3 row B (O2, O3, O5, O6).
 */

import { Opcode } from '../../trace/opcodes.js';
import { emulate } from '../attach.js';
import { TRAPPED_ERRORS } from '../error-behaviour.js';
import { hostFlaws } from '../flaws.js';
import { isDeviceCacheCommand } from '../forwarding.js';
import { forwardToHost, hostKernel, UAPI_OPTION, uapiOf } from '../host-kernel.js';
import { Cost } from '../path/costs.js';
import type { PathBuilder } from '../path/path-builder.js';
import type { Submission } from '../path/submission.js';
import type { TransportDefinition } from '../transport.js';
import { forwardByIoctl } from '../trapped-queue.js';
import { noWorker } from './no-worker.js';

export const ioctlBatched: TransportDefinition = {
  name: 'ioctl-batched',
  summary: 'PROD write traps to the VMM; one ioctl per run of one class, host blocks of 63 commands and one CMD_SYNC',
  defaultAtc: 'vsid',
  walkStage: 'nested',
  options: [UAPI_OPTION],
  errors: (option) => ({ ...TRAPPED_ERRORS, batch: uapiOf(option('uapi')) }),
  create: (setup) => ({
    ...noWorker,
    attachesStreams: true,
    queueCount: 1,
    forward: forwardToHost(hostKernel(setup, setup.option('uapi'))),
    flawOf: hostFlaws(hostKernel(setup, setup.option('uapi'))),
    submit(submission, path) {
      path.trapToVmm();
      batchByClass(submission, path);
      path.returnToGuest();
      path.readConsTrapped(submission.syncCount);
    },
  }),
};

function batchByClass(submission: Submission, path: PathBuilder): void {
  let runCommands = 0;
  let runFirst = 0;
  let runEnd = 0;
  let runIsDeviceCache = false;
  const flush = () => {
    if (runCommands === 0) return;
    forwardByIoctl(path, runCommands, runFirst, runEnd - runFirst);
    runCommands = 0;
  };
  for (let row = 0; row < submission.guestCount; row++) {
    const opcode = submission.guestOpcode[row];
    path.host(Cost.vmmPerCommand);
    if (opcode === Opcode.SYNC) continue;
    if (submission.hostCount[row] === 0) {
      // What of the batch is executed before a command that fails was converted in an earlier block of the same ioctl.
      if (submission.guestFault[row] > 0) flush();
      emulate(submission, row, path);
      continue;
    }
    const isDeviceCache = isDeviceCacheCommand(opcode);
    if (runCommands > 0 && isDeviceCache !== runIsDeviceCache) flush();
    if (runCommands === 0) runFirst = submission.hostFirst[row];
    runIsDeviceCache = isDeviceCache;
    runCommands++;
    runEnd = submission.hostFirst[row] + submission.hostCount[row];
  }
  flush();
}
