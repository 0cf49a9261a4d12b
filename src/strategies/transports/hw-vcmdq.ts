/**
 * `hw-vcmdq`: Tegra241 CMDQV. The guest owns hardware queues whose doorbell and CONS are mapped: no exit. The hardware
 * takes NH_ASID, NH_VA, ATC_INV and CMD_SYNC, puts the VM's VMID in and replaces the vSID. A vCPU uses LVCMDQ (vCPU mod
 * number of LVCMDQs). Everything else goes to the emulated main queue, which traps like `ioctl`. Queues are picked per batch
 * (queue-picker.ts): what a batch has on a VCMDQ is closed with a SYNC before an unsupported command, and from that command
 * on, or if it is the first, the batch stays on the main queue. An ATC_INV whose stream has no SID match slot cannot be
 * rewritten by the hardware and counts as unsupported: here a slower path for the devices beyond the slots, where the driver
 * read in L §6.1 refuses to attach them at all.
 * Sources: facts L §6, M §2.5, N26 §A3; closed form M §4.3 row D.
 */

import { Opcode } from '../../trace/opcodes.js';
import { VCMDQ_ERRORS } from '../error-behaviour.js';
import { hardwareFlaws, hostFlaws } from '../flaws.js';
import { isVcmdqCommand } from '../forwarding.js';
import { forwardToHost, hostKernel, knowsRanges } from '../host-kernel.js';
import { Cost } from '../path/costs.js';
import type { PathBuilder } from '../path/path-builder.js';
import type { Submission } from '../path/submission.js';
import { QueuePicker } from '../queue-picker.js';
import { SidSlots } from '../sid-slots.js';
import { Fate, type TransportDefinition } from '../transport.js';
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
  create(setup) {
    const { option, parameter } = setup;
    const lvcmdqs = Number(option('lvcmdqs')) || parameter('smmu.vcmdqs_per_vm');
    const slots = new SidSlots(Number(option('sid-slots')) || parameter('smmu.vcmdq_sid_slots'));
    const host = hostKernel(setup);
    const toHost = forwardToHost(host);
    const ofHost = hostFlaws(host);
    const ofHardware = hardwareFlaws(knowsRanges(host));
    // Three walks over a publication, to judge it, one command at a time here and all at once at `submit`, must come to the same.
    const judging = new QueuePicker();
    const forwarding = new QueuePicker();
    const submitting = new QueuePicker();
    return {
      ...noWorker,
      attachesStreams: true,
      queueCount: 1 + lvcmdqs,
      isQueuePerVcpu: true,
      flawOf(c0Low, c0High, c1Low, c1High, previousOpcode) {
        const opcode = c0Low & 0xff;
        if (previousOpcode < 0) judging.restart();
        const isOnVcmdq = opcode === Opcode.SYNC ? judging.sync() : judging.command(isVcmdqCommand(opcode));
        return (isOnVcmdq ? ofHardware : ofHost)(c0Low, c0High, c1Low, c1High, previousOpcode);
      },
      forward(c0Low, c0High, c1Low, c1High, sink, previousOpcode) {
        const opcode = c0Low & 0xff;
        // Until the first command of a publication no batch is open, whatever the one before it has left.
        if (previousOpcode < 0) forwarding.restart();
        const isSupported =
          opcode === Opcode.ATC_INV ? slots.claim(sink.firstAtcTarget(c0High)) : isVcmdqCommand(opcode);
        const isOnVcmdq = opcode === Opcode.SYNC ? forwarding.sync() : forwarding.command(isSupported);
        if (!isOnVcmdq) return toHost(c0Low, c0High, c1Low, c1High, sink, previousOpcode);
        sink.emit(c0Low, c0High, c1Low, c1High);
        return Fate.Forwarded;
      },
      submit(submission, path) {
        const queue = 1 + (submission.vcpu % lvcmdqs);
        const issue = (from: number, to: number, isOnVcmdq: boolean) => {
          if (isOnVcmdq) issueOnVcmdq(submission, from, to, queue, path);
          else trapMainQueue(submission, from, to, path);
        };
        submitting.restart();
        let from = 0;
        let isRunOnVcmdq = true;
        for (let row = 0; row < submission.guestCount; row++) {
          const isOnVcmdq = queueOfRow(submission, row, slots, submitting);
          if (row > from && isOnVcmdq !== isRunOnVcmdq) {
            issue(from, row, isRunOnVcmdq);
            from = row;
          }
          isRunOnVcmdq = isOnVcmdq;
        }
        if (submission.guestCount === 0) path.guest(Cost.doorbell);
        else issue(from, submission.guestCount, isRunOnVcmdq);
      },
    };
  },
};

/** The queue of row `row`, the next of the walk with `picker`: true for the VCMDQ. A command that fails is where it failed. */
function queueOfRow(submission: Submission, row: number, slots: SidSlots, picker: QueuePicker): boolean {
  if (submission.guestOpcode[row] === Opcode.SYNC) return picker.sync();
  const isSupported = isSupportedRow(submission, row, slots);
  const isOnVcmdq = picker.command(isSupported);
  return submission.guestFault[row] > 0 ? isSupported : isOnVcmdq;
}

/**
 * True if a VCMDQ takes the command of row `row`: the answer that it had at forwarding, since slots are never given back. An
 * absorbed ATC_INV has no host command.
 */
export function isSupportedRow(submission: Submission, row: number, slots: SidSlots): boolean {
  const opcode = submission.guestOpcode[row];
  if (submission.guestFault[row] > 0) return submission.hostCount[row] > 0;
  if (opcode !== Opcode.ATC_INV || submission.hostCount[row] === 0) return isVcmdqCommand(opcode);
  return slots.has(submission.hostSid[submission.hostFirst[row]]);
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
