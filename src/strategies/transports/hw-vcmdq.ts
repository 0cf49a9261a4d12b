/**
 * `hw-vcmdq`: Tegra241 CMDQV. The guest owns hardware queues whose doorbell and CONS are mapped: no exit. The hardware
 * takes NH_ASID, NH_VA, ATC_INV and CMD_SYNC, puts the VM's VMID in and replaces the vSID. A vCPU uses LVCMDQ (vCPU mod
 * number of LVCMDQs). Everything else goes to the emulated main queue, which traps like `ioctl`; the driver closes what it
 * has on one queue with a SYNC before it changes to the other. An ATC_INV whose stream has no SID match slot cannot be
 * rewritten by the hardware and takes the trapped queue too: here a slower path for the devices beyond the slots, where the
 * driver read in L §6.1 refuses to attach them at all.
 * Sources: facts L §6, M §2.5; closed form M §4.3 row D.
 */

import { Cost } from '../../path/costs.js';
import type { PathBuilder } from '../../path/path-builder.js';
import type { Submission } from '../../path/submission.js';
import { Opcode } from '../../trace/opcodes.js';
import { VCMDQ_ERRORS } from '../error-behaviour.js';
import { forwardNested, isVcmdqCommand } from '../forwarding.js';
import { SidSlots } from '../sid-slots.js';
import { Handling, type TransportDefinition } from '../transport.js';
import { ioctlPerCommand, syncsIn } from '../trapped-queue.js';
import { guestIssueLists } from './native.js';
import { noWorker } from './no-worker.js';

export const hwVcmdq: TransportDefinition = {
  name: 'hw-vcmdq',
  summary: 'hardware queue mapped into the guest (Tegra241 CMDQV); what it cannot run traps as with ioctl',
  defaultAtc: 'vsid',
  walkStage: 'nested',
  queuesAreMapped: true,
  options: [
    {
      key: 'lvcmdqs',
      help: 'hardware queues of the VM; 0 = the profile’s smmu.vcmdqs_per_vm',
      default: '0',
      range: [0, 128],
    },
    {
      key: 'sid-slots',
      help: 'streams whose ATC_INV the hardware can translate; 0 = the profile’s smmu.vcmdq_sid_slots',
      default: '0',
      range: [0, 16],
    },
  ],
  errors: () => VCMDQ_ERRORS,
  create({ option, parameter }) {
    const lvcmdqs = Number(option('lvcmdqs')) || parameter('smmu.vcmdqs_per_vm');
    const slots = new SidSlots(Number(option('sid-slots')) || parameter('smmu.vcmdq_sid_slots'));
    // Where the command before went, within one publication.
    let isOnHardware = true;
    return {
      ...noWorker,
      attachesStreams: true,
      queueCount: 1 + lvcmdqs,
      isQueuePerVcpu: true,
      forward(c0Low, c0High, c1Low, c1High, sink, previousOpcode) {
        const opcode = c0Low & 0xff;
        // A SYNC follows its command list into the queue that the list went to.
        if (opcode === Opcode.ATC_INV) isOnHardware = slots.claim(sink.firstAtcTarget(c0High));
        else if (opcode !== Opcode.SYNC) isOnHardware = isVcmdqCommand(opcode);
        else if (previousOpcode < 0) isOnHardware = true;
        if (!isOnHardware) return forwardNested(c0Low, c0High, c1Low, c1High, sink);
        sink.emit(c0Low, c0High, c1Low, c1High);
        return Handling.Forwarded;
      },
      submit(submission, path) {
        const queue = 1 + (submission.vcpu % lvcmdqs);
        let from = 0;
        while (from < submission.guestCount) {
          const isHardware = isHardwareRow(submission, from, slots);
          const to = endOfRun(submission, from, isHardware, slots);
          if (isHardware) issueOnVcmdq(submission, from, to, queue, path);
          else trapMainQueue(submission, from, to, path);
          from = to;
        }
        if (submission.guestCount === 0) path.guest(Cost.doorbell);
      },
    };
  },
};

/** The same decision as at forwarding: slots are never given back. An absorbed ATC_INV has no host command. */
export function isHardwareRow(submission: Submission, row: number, slots: SidSlots): boolean {
  const opcode = submission.guestOpcode[row];
  if (submission.guestFault[row] > 0) return submission.hostCount[row] > 0;
  if (opcode !== Opcode.ATC_INV || submission.hostCount[row] === 0) return isVcmdqCommand(opcode);
  return slots.has(submission.hostSid[submission.hostFirst[row]]);
}

/** End of the run of rows that go to the same queue as row `from`; a SYNC stays with the commands before it. */
function endOfRun(submission: Submission, from: number, isHardware: boolean, slots: SidSlots): number {
  let row = from + 1;
  while (row < submission.guestCount) {
    const isSync = submission.guestOpcode[row] === Opcode.SYNC;
    if (!isSync && isHardwareRow(submission, row, slots) !== isHardware) break;
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
  path.guestIssueClosed(queue, first, count, syncs);
}

function trapMainQueue(submission: Submission, from: number, to: number, path: PathBuilder): void {
  path.trapToVmm();
  ioctlPerCommand(submission, from, to, path);
  path.returnToGuest();
  path.readConsTrapped(syncsIn(submission, from, to));
}
