/**
 * Pieces shared by every path on which a PROD write traps to the VMM, which hands commands to the host kernel by ioctl.
 */

import { Opcode } from '../trace/opcodes.js';
import { emulate } from './attach.js';
import { Cost } from './path/costs.js';
import type { PathBuilder } from './path/path-builder.js';
import type { Submission } from './path/submission.js';

/** Commands per host block: 64 slots, the last of which is the kernel's own CMD_SYNC (facts L §5.3). */
export const HOST_BLOCK_COMMANDS = 63;

/**
 * Host kernel: issue host commands `first … first+count-1` in blocks, each with its own SYNC; on the main queue by default. A
 * block also ends between a TLBI and the ATC_INVs derived from it (QueueVerbs.listLength), as on every path.
 */
export function issueInBlocks(path: PathBuilder, first: number, count: number, queue = 0): void {
  let done = 0;
  while (done < count) {
    const block = path.listLength(first + done, Math.min(HOST_BLOCK_COMMANDS, count - done));
    path.hostIssueAndWait(queue, first + done, block);
    done += block;
  }
}

/**
 * One ioctl that hands `commands` guest commands, which became host commands `first … first+count-1`, to the host kernel. A
 * vIOMMU object belongs to one physical SMMU (facts L §5.1), so that commands for several take an ioctl each, one after the
 * other. Blocks are counted before the commands are divided among SMMUs.
 */
export function forwardByIoctl(path: PathBuilder, commands: number, first: number, count: number, queue = 0): void {
  for (let smmu = nextSmmu(path, 0, first, count); smmu >= 0; smmu = nextSmmu(path, smmu + 1, first, count)) {
    const share = path.commandsFor(smmu, first, count);
    path.ioctl(Math.min(commands, Math.max(1, share)), share);
    issueInBlocks(path, first, count, queue);
  }
}

/**
 * For loops over the SMMUs that some of the host commands `first … first+count-1` go to, in turn: the first one from number
 * `from` on, to which the verbs of `path` are limited until the next call, or -1 at the end. A command that became no host
 * command is said once. No callback: this is said per command, and a closure would be an allocation per command.
 */
export function nextSmmu(path: PathBuilder, from: number, first: number, count: number): number {
  if (path.smmus === 1 || count === 0) return from === 0 ? 0 : -1;
  for (let smmu = from; smmu < path.smmus; smmu++) {
    if (path.commandsFor(smmu, first, count) === 0) continue;
    path.onSmmu(smmu);
    return smmu;
  }
  path.onSmmu(-1);
  return -1;
}

/**
 * The VMM works through guest rows `from … to-1` with one ioctl per command (upstream QEMU; facts L §5.4, M §2.4).
 * It reads and decodes CMD_SYNC like any command (N26 §E1); nothing is left to wait for by then.
 */
export function ioctlPerCommand(submission: Submission, from: number, to: number, path: PathBuilder): void {
  for (let row = from; row < to; row++) {
    path.host(Cost.vmmPerCommand);
    if (submission.guestOpcode[row] === Opcode.SYNC) continue;
    const hostCount = submission.hostCount[row];
    if (hostCount === 0) {
      emulate(submission, row, path);
      continue;
    }
    forwardByIoctl(path, 1, submission.hostFirst[row], hostCount);
  }
}

/** Number of CMD_SYNCs among guest rows `from … to-1`. */
export function syncsIn(submission: Submission, from: number, to: number): number {
  let syncs = 0;
  for (let row = from; row < to; row++) if (submission.guestOpcode[row] === Opcode.SYNC) syncs++;
  return syncs;
}
