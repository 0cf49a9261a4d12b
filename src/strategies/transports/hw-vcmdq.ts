/**
 * `hw-vcmdq`: Tegra241 CMDQV. The guest owns hardware queues whose doorbell and CONS are mapped: no exit. The hardware
 * takes NH_ASID, NH_VA, ATC_INV and CMD_SYNC, puts the VM's VMID in and replaces the vSID. A vCPU uses LVCMDQ (vCPU mod
 * number of LVCMDQs). Everything else goes to the emulated main queue, which traps like `ioctl`; the driver closes what it
 * has on one queue with a SYNC before it changes to the other.
 * Sources: facts L §6, M §2.5; closed form M §4.3 row D.
 */

import { Cost } from '../../path/costs.js';
import type { PathBuilder } from '../../path/path-builder.js';
import type { Submission } from '../../path/submission.js';
import { Opcode } from '../../trace/opcodes.js';
import { forwardNested, isVcmdqCommand } from '../forwarding.js';
import { Handling, type TransportDefinition } from '../transport.js';
import { ioctlPerCommand, syncsIn } from '../trapped-queue.js';
import { guestIssueLists } from './native.js';
import { noWorker } from './no-worker.js';

export const hwVcmdq: TransportDefinition = {
  name: 'hw-vcmdq',
  summary: 'hardware queue mapped into the guest (Tegra241 CMDQV); what it cannot run traps as with ioctl',
  defaultAtc: 'vsid',
  walkStage: 'nested',
  options: [
    {
      key: 'lvcmdqs',
      help: 'hardware queues of the VM; 0 = the profile’s smmu.vcmdqs_per_vm',
      default: '0',
      range: [0, 128],
    },
  ],
  create({ option, parameter }) {
    const lvcmdqs = Number(option('lvcmdqs')) || parameter('smmu.vcmdqs_per_vm');
    return {
      ...noWorker,
      queueCount: 1 + lvcmdqs,
      forward(c0Low, c0High, c1Low, c1High, sink, previousOpcode) {
        const opcode = c0Low & 0xff;
        // A SYNC follows its command list into the queue that the list went to.
        const leading = opcode === Opcode.SYNC && previousOpcode >= 0 ? previousOpcode : opcode;
        if (!isVcmdqCommand(leading)) return forwardNested(c0Low, c0High, c1Low, c1High, sink);
        sink.emit(c0Low, c0High, c1Low, c1High);
        return Handling.Forwarded;
      },
      submit(submission, path) {
        const queue = 1 + (submission.vcpu % lvcmdqs);
        let from = 0;
        while (from < submission.guestCount) {
          const isHardware = isVcmdqCommand(submission.guestOpcode[from]);
          const to = endOfRun(submission, from, isHardware);
          if (isHardware) issueOnVcmdq(submission, from, to, queue, path);
          else trapMainQueue(submission, from, to, path);
          from = to;
        }
        if (submission.guestCount === 0) path.guest(Cost.doorbell);
      },
    };
  },
};

/** End of the run of rows that go to the same queue as row `from`; a SYNC stays with the commands before it. */
function endOfRun(submission: Submission, from: number, isHardware: boolean): number {
  let row = from + 1;
  while (row < submission.guestCount) {
    const opcode = submission.guestOpcode[row];
    if (opcode !== Opcode.SYNC && isVcmdqCommand(opcode) !== isHardware) break;
    row++;
  }
  return row;
}

function issueOnVcmdq(submission: Submission, from: number, to: number, queue: number, path: PathBuilder): void {
  const syncs = syncsIn(submission, from, to);
  const isClosedByGuest = submission.guestOpcode[to - 1] === Opcode.SYNC || to === submission.guestCount;
  if (isClosedByGuest) {
    guestIssueLists(path, queue, submission, from, to, syncs);
    return;
  }
  // The next command needs the other queue: the driver ends this list with a SYNC of its own and waits for it.
  const first = submission.hostFirst[from];
  const count = submission.hostFirst[to - 1] + submission.hostCount[to - 1] - first;
  path.guest(Cost.doorbell);
  path.reserve(queue, 0);
  path.guest(Cost.insertFixed, syncs + 1);
  path.guest(Cost.insertPerCommand, count - syncs);
  path.guestIssueClosed(queue, first, count);
  path.guestAwaitSync();
}

function trapMainQueue(submission: Submission, from: number, to: number, path: PathBuilder): void {
  path.trapToVmm();
  ioctlPerCommand(submission, from, to, path);
  path.returnToGuest();
  path.readConsTrapped(syncsIn(submission, from, to));
}
