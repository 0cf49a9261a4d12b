/**
 * `sw-vcmdq`: a queue in memory shared with the host kernel (the thread's proposal). The guest rings a doorbell page; a
 * kernel thread reads the queue, converts and issues in blocks of 63 with one SYNC each. The guest sees completion in a
 * shared CONS, or by a trapped read. Commands that the thread cannot run go to the VMM in user space and back.
 * Sources: facts L §0.1, §5.5, pitfall 9; closed form M §4.3 row C. An unmodified guest publishes PROD by a register write
 * that exits at least to the host kernel (doorbell=trapped); a doorbell page in shared memory is free of exits, and takes a
 * guest that knows it and a worker that polls it (doorbell=page). A worker that sleeps, if only at times, has to be signalled;
 * what an adaptive one saves is the wake-up, if it is found polling.
 */

import { UsageError } from '../../trace/errors.js';
import { Opcode, opcodeClass } from '../../trace/opcodes.js';
import { emulate } from '../attach.js';
import { ASYNCHRONOUS_ERRORS } from '../error-behaviour.js';
import { hostFlaws } from '../flaws.js';
import { forwardToHost, hostKernel } from '../host-kernel.js';
import { Cost } from '../path/costs.js';
import type { PathBuilder } from '../path/path-builder.js';
import type { Submission } from '../path/submission.js';
import type { TransportDefinition } from '../transport.js';
import { HOST_BLOCK_COMMANDS, issueInBlocks } from '../trapped-queue.js';

export const swVcmdq: TransportDefinition = {
  name: 'sw-vcmdq',
  summary: 'shared queue and doorbell; a host kernel thread consumes it asynchronously',
  defaultAtc: 'vsid',
  walkStage: 'nested',
  options: [
    {
      key: 'worker',
      help: 'the kernel thread sleeps until signalled, polls and burns a core, or polls for a while before it sleeps',
      default: 'sleep',
      choices: ['sleep', 'poll', 'adaptive'],
    },
    {
      key: 'doorbell',
      help: 'the guest writes PROD into a shared page (a guest changed for it, worker=poll only), or into a register that exits to the host kernel; auto: a page where it can be',
      default: 'auto',
      choices: ['auto', 'page', 'trapped'],
    },
    {
      key: 'cons',
      help: 'the guest reads CONS from shared memory, or by a trapped register read',
      default: 'shared',
      choices: ['shared', 'trapped'],
    },
    {
      key: 'spin',
      help: 'worker=adaptive: ns for which it polls before it sleeps; 0 = the profile’s software.worker_spin_ns',
      default: '0',
      range: [0, 10_000_000_000],
    },
  ],
  errors: () => ASYNCHRONOUS_ERRORS,
  create(setup) {
    const { option, parameter } = setup;
    const isWorkerPolling = option('worker') === 'poll';
    const isAdaptive = option('worker') === 'adaptive';
    const spinNs = Number(option('spin')) || parameter('software.worker_spin_ns');
    if (option('spin') !== '0' && !isAdaptive) {
      throw new UsageError(
        `strategy sw-vcmdq: spin: expected worker=adaptive beside it, found worker=${option('worker')}`,
      );
    }
    if (option('doorbell') === 'page' && !isWorkerPolling) {
      throw new UsageError(
        `strategy sw-vcmdq: doorbell=page: expected worker=poll beside it, because a page wakes nobody, found worker=${option('worker')}`,
      );
    }
    const isDoorbellTrapped = !isWorkerPolling || option('doorbell') === 'trapped';
    const isConsTrapped = option('cons') === 'trapped';
    return {
      queueCount: 1,
      attachesStreams: true,
      workerCount: 1,
      isWorkerPolling,
      ...(isAdaptive ? { workerSpinNs: spinNs } : {}),
      forward: forwardToHost(hostKernel(setup)),
      flawOf: hostFlaws(hostKernel(setup)),
      submit(submission, path) {
        if (isDoorbellTrapped) path.trapToKernel();
        else path.guest(Cost.doorbell);
        if (submission.guestCount > 0) path.signalWorker(0);
        if (submission.syncCount > 0) path.awaitWorker();
        if (isConsTrapped) path.readConsTrapped(submission.syncCount);
      },
      wakeWorker(path) {
        path.guest(isWorkerPolling ? Cost.pollDelay : Cost.wakeUp);
      },
      drain: drainInBlocks,
    };
  },
};

/** The thread has nothing to do for it: CMD_SYNC marks progress, PREFETCH is a hint, an ATC_INV has no device to go to. */
function isNothingToDo(rows: Submission, row: number): boolean {
  // What the thread cannot convert it reports to the VMM.
  if (rows.guestFault[row] > 0) return false;
  const opcode = rows.guestOpcode[row];
  return opcode === Opcode.SYNC || opcode === Opcode.ATC_INV || opcodeClass(opcode) === 'prefetch';
}

function drainInBlocks(rows: Submission, path: PathBuilder): void {
  let row = 0;
  while (row < rows.guestCount) {
    const from = row;
    let hostCommands = 0;
    while (row < rows.guestCount) {
      const hostCount = rows.hostCount[row];
      if (hostCount === 0 && !isNothingToDo(rows, row)) break;
      if (hostCommands > 0 && hostCommands + hostCount > HOST_BLOCK_COMMANDS) break;
      hostCommands += hostCount;
      row++;
    }
    issueBlock(rows, from, row, hostCommands, path);
    const userFrom = row;
    while (row < rows.guestCount && rows.hostCount[row] === 0 && !isNothingToDo(rows, row)) row++;
    if (row > userFrom) handOverToVmm(rows, userFrom, row, path);
    path.complete(row);
  }
}

/** Read rows `from … to-1` from the guest's queue, convert and issue them in blocks with one SYNC each. */
function issueBlock(rows: Submission, from: number, to: number, hostCommands: number, path: PathBuilder): void {
  for (let i = from; i < to; i++) {
    if (rows.guestOpcode[i] === Opcode.SYNC) continue;
    path.host(Cost.workerRead);
    if (rows.hostCount[i] === 0) path.effect(i);
  }
  const first = from < to ? rows.hostFirst[from] : 0;
  path.host(Cost.convert, path.commandsForAll(first, hostCommands));
  issueInBlocks(path, first, hostCommands);
}

/** Rows that only user space can do: wake the VMM, let it do them under its lock, wake the thread again. */
function handOverToVmm(rows: Submission, from: number, to: number, path: PathBuilder): void {
  path.host(Cost.workerRead, to - from);
  path.guest(Cost.wakeUp);
  path.lockVmm();
  path.vmm(Cost.vmmDispatch);
  for (let row = from; row < to; row++) {
    path.vmm(Cost.vmmPerCommand);
    emulate(rows, row, path, 2);
  }
  path.unlockVmm();
  path.guest(Cost.wakeUp);
}
