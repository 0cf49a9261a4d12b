/**
 * What becomes of the commands that stand in one batch before a command that fails (facts L §4.2, M §2.4; `ioctl-batched`).
 *
 * The VMM refuses (an undefined opcode): the batch is never issued, though CONS has moved past its commands (a defect of the
 * downstream batch). The kernel cannot convert (an unknown vSID): blocks of 63 before it are executed. The rest of its own
 * block is counted as done and never sent (`k71`, `k73`: N26 §B2), or refused with it (`k74`). Then CONS goes back to the block's first
 * command, a good one; the guest's driver overwrites that with a CMD_SYNC, and so on until the bad one is in front: one
 * error and one lost command each, derived from the VMM's rewind and the driver's skip together.
 */
import { Opcode } from '../trace/opcodes.js';
import { isDeviceCacheCommand, isForwardable } from './forwarding.js';
import type { HostUapi } from './host-refusal.js';
import { HOST_BLOCK_COMMANDS } from './trapped-queue.js';

/** Rows of one publication that an error takes with it. */
export interface BatchLoss {
  /** Rows before the bad one that are not executed, ascending. */
  readonly rows: readonly number[];
  /** The guest counts them as done; otherwise each was reported as an error of its own. */
  readonly isSilent: boolean;
}

/**
 * Rows that are lost with the bad row `bad`.
 * @param opcodes of the publication's rows; rows before `from` were dealt with by an earlier error
 * @param byVmm the VMM refuses it; otherwise the kernel does
 */
export function batchLoss(
  opcodes: readonly number[],
  from: number,
  bad: number,
  byVmm: boolean,
  uapi: HostUapi,
): BatchLoss {
  let run: number[] = [];
  let isDeviceCache = false;
  for (let row = from; row < bad; row++) {
    const opcode = opcodes[row];
    if (opcode === Opcode.SYNC || !isForwardable(opcode)) continue;
    if (isDeviceCacheCommand(opcode) !== isDeviceCache) run = [];
    isDeviceCache = isDeviceCacheCommand(opcode);
    run.push(row);
  }
  if (byVmm) return { rows: run, isSilent: true };
  if (!isDeviceCache) return { rows: [], isSilent: true }; // flushed by the change of class
  const issued = Math.floor(run.length / HOST_BLOCK_COMMANDS) * HOST_BLOCK_COMMANDS;
  return { rows: run.slice(issued), isSilent: uapi !== 'k74' };
}
