/**
 * `hw-vcmdq-overlay`: an idea of the thread. The guest's one main queue is a hardware queue, mapped as with `hw-vcmdq`. A
 * command that it cannot run halts it and interrupts the host; a VMM thread emulates the command, replaces it in the guest's
 * queue by a CMD_SYNC and restarts the queue. Everything behind waits, of every vCPU; nothing else costs an exit.
 *
 * | per submission with u unsupported commands (f of them forwardable) | count |
 * |---|---|
 * | exits (`queue_halt`) | u: interrupts to the host; no vCPU traps |
 * | ioctls | f |
 * | added CMD_SYNCs | u that replace commands, f of the host kernel |
 *
 * Per halt: fetch of the command, interrupt, wake-up of the VMM thread, lock, dispatch, decoding, [ioctl and a host SYNC on
 * the physical main queue], the restarting register write, fetch of the replacement (counted as queue wait).
 * Estimates: interrupt latency (measured LPI delivery as the neighbour, facts L §7.4), and that the VMM is woken like a
 * kernel worker. No hardware does this: Tegra241 reports an error to the guest instead (facts L §6.4). vCPUs that publish
 * while a halt is being served may pass a submission that waits for the VMM thread; it is none of theirs.
 * Sources: design §5; what hardware runs and SID slots: facts L §6.1, §6.4.
 */

import { Opcode } from '../../trace/opcodes.js';
import { ASYNCHRONOUS_ERRORS } from '../error-behaviour.js';
import { Flaw, hardwareFlaws, hostFlaws } from '../flaws.js';
import { isVcmdqCommand } from '../forwarding.js';
import { forwardToHost, hostKernel, knowsRanges } from '../host-kernel.js';
import { Cost } from '../path/costs.js';
import type { PathBuilder } from '../path/path-builder.js';
import type { Submission } from '../path/submission.js';
import { SidSlots } from '../sid-slots.js';
import { Fate, type TransportDefinition } from '../transport.js';
import { ioctlPerCommand, syncsIn } from '../trapped-queue.js';
import { isSupportedRow } from './hw-vcmdq.js';
import { guestIssueLists } from './native.js';

/** The guest's main queue, on hardware; queue 0 is the host's. */
const GUEST_QUEUE = 1;

export const hwVcmdqOverlay: TransportDefinition = {
  name: 'hw-vcmdq-overlay',
  summary: 'the main queue on hardware; a command it cannot run halts it until the VMM has emulated and replaced it',
  defaultAtc: 'vsid',
  walkStage: 'nested',
  queuesAreMapped: true,
  options: [],
  // Every command that the hardware cannot run is the VMM's to judge.
  errors: () => ({
    ...ASYNCHRONOUS_ERRORS,
    deadWorker: { notApplicable: 'has no worker but the VMM itself' },
    silentDevice: { by: 'smmu', guestLearns: 'timeout' },
  }),
  create(setup) {
    const slots = new SidSlots(setup.parameter('smmu.vcmdq_sid_slots'));
    const host = hostKernel(setup);
    const toHost = forwardToHost(host);
    const ofHost = hostFlaws(host);
    const ofHardware = hardwareFlaws(knowsRanges(host));
    // vCPUs that went on without a SYNC behind a command that halts: what they publish next stays behind it in the queue.
    const unawaited = new Set<number>();
    return {
      queueCount: 2,
      attachesStreams: true,
      workerCount: 1,
      isWorkerPolling: false,
      isQueuePerVcpu: true,
      // What `submit` says follows from `unawaited` too.
      compilesEach: true,
      // What the hardware does not know halts it, and the VMM finds nobody to do it either.
      flawOf(c0Low, c0High, c1Low, c1High, previousOpcode) {
        const isHardware = isVcmdqCommand(c0Low & 0xff);
        const isUnknown = isHardware && ofHardware(c0Low, c0High, c1Low, c1High, previousOpcode) !== Flaw.None;
        return isUnknown ? Flaw.Refused : ofHost(c0Low, c0High, c1Low, c1High, previousOpcode);
      },
      forward(c0Low, c0High, c1Low, c1High, sink, previousOpcode) {
        const opcode = c0Low & 0xff;
        const isHardware =
          opcode === Opcode.ATC_INV ? slots.claim(sink.firstAtcTarget(c0High)) : isVcmdqCommand(opcode);
        if (!isHardware) return toHost(c0Low, c0High, c1Low, c1High, sink, previousOpcode);
        sink.emit(c0Low, c0High, c1Low, c1High);
        return Fate.Forwarded;
      },
      submit(submission, path) {
        const { guestCount, syncCount, vcpu } = submission;
        const hasHalt = nextHalt(submission, 0, slots) < guestCount;
        if (!hasHalt && !unawaited.has(vcpu)) {
          guestIssueLists(path, GUEST_QUEUE, submission, 0, guestCount, syncCount);
          return;
        }
        path.irqsOff(false);
        path.guest(Cost.doorbell);
        // Each derived group of ATC_INVs makes one list more than the guest closed.
        const addedLists = Math.max(1, path.listsIn(0, submission.hostCountTotal)) - 1;
        path.guest(Cost.insertFixed, Math.max(1, syncCount) + addedLists);
        path.guest(Cost.insertPerCommand, guestCount - syncCount);
        path.signalWorker(0);
        if (syncCount === 0) {
          unawaited.add(vcpu);
          return;
        }
        unawaited.delete(vcpu);
        path.awaitWorker();
      },
      // The hardware starts by itself; its first interrupt wakes the thread.
      wakeWorker() {},
      drain(rows, path) {
        runWithHalts(rows, slots, path);
      },
    };
  },
};

/** First row from `from` on that the hardware cannot run; the number of rows if there is none. */
function nextHalt(rows: Submission, from: number, slots: SidSlots): number {
  let row = from;
  while (row < rows.guestCount && isSupportedRow(rows, row, slots)) row++;
  return row;
}

/** What the queue does with commands among which are some that it cannot run. */
function runWithHalts(rows: Submission, slots: SidSlots, path: PathBuilder): void {
  let from = 0;
  for (let halt = nextHalt(rows, from, slots); halt < rows.guestCount; halt = nextHalt(rows, from, slots)) {
    path.issueUntilHalt(GUEST_QUEUE, rows.hostFirst[from], hostCommands(rows, from, halt));
    path.lockVmm();
    path.host(Cost.vmmDispatch);
    ioctlPerCommand(rows, halt, halt + 1, path);
    path.unlockVmm();
    path.restartQueue(GUEST_QUEUE);
    from = halt + 1;
    path.complete(from);
  }
  // Only what a SYNC covers is waited for.
  let afterSync = rows.guestCount;
  while (afterSync > from && rows.guestOpcode[afterSync - 1] !== Opcode.SYNC) afterSync--;
  issue(rows, from, afterSync, path);
  issue(rows, afterSync, rows.guestCount, path);
  path.complete(rows.guestCount);
}

function issue(rows: Submission, from: number, to: number, path: PathBuilder): void {
  const count = hostCommands(rows, from, to);
  if (count === 0) return;
  path.resumeIssue(GUEST_QUEUE, rows.hostFirst[from], count, syncsIn(rows, from, to) > 0);
}

/** Host commands of rows `from … to-1`. */
function hostCommands(rows: Submission, from: number, to: number): number {
  return from === to ? 0 : rows.hostFirst[to - 1] + rows.hostCount[to - 1] - rows.hostFirst[from];
}
