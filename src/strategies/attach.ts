/**
 * What the VMM does when the guest changes a stream's configuration: allocate a nested HWPT, attach the stream to it, destroy
 * the one before; and what the host's own driver then sends to the SMMU.
 *
 * | per attached stream | |
 * |---|---|
 * | system calls | alloc (not for CFGI_STE_RANGE), attach, destroy (if it had a nested HWPT) |
 * | host commands, cause `attach` | CFGI_STE per step of the STE write, PREFETCH_CFG; ATC_INV of everything if it has an ATC |
 * | host CMD_SYNCs | one per CFGI_STE and one for the ATC_INV; the prefetch has none |
 *
 * Sources: upstream QEMU's smmuv3_accel_install_ste (an STE that translates gets an HWPT of its own, any other an HWPT made
 * at start; the previous one is freed after the attach) and its range form, which visits every device; the host's commands:
 * facts L §1.4. Recordings do not hold STEs. Every CFGI_STE counts as the installation of a translating one, which overstates
 * an STE that the guest writes in several steps, or detaches; CFGI_STE_RANGE, which Linux sends at reset only (L §1.4), as
 * going back to an HWPT made at start. The costs of the three calls are estimates.
 */

import { Opcode } from '../trace/opcodes.js';
import { EXTRA_CAUSE_ATTACH } from './extra-causes.js';
import { OwnCommand } from './path/attachments.js';
import { Cost } from './path/costs.js';
import type { PathBuilder } from './path/path-builder.js';
import type { Submission } from './path/submission.js';

/** True for a guest command upon which the VMM attaches streams anew. */
export function isAttachCommand(opcode: number): boolean {
  return opcode === Opcode.CFGI_STE || opcode === Opcode.CFGI_STE_RANGE;
}

/**
 * The VMM does guest row `row` itself: attaches what is to be attached, and the row has taken effect. `cpu` is 2 when another
 * VMM thread does it while this one waits; `queue` is the physical queue of the host's own commands.
 */
export function emulate(submission: Submission, row: number, path: PathBuilder, cpu: 1 | 2 = 1, queue = 0): void {
  const { attachments } = submission;
  for (let at = 0; at < attachments.count; at++) {
    if (attachments.row[at] === row) attachStream(submission, at, path, cpu, queue);
  }
  path.effect(row);
}

function attachStream({ attachments }: Submission, at: number, path: PathBuilder, cpu: 1 | 2, queue: number): void {
  const send = (own: number, opcode: number) => path.hostIssueOwn(at, own, opcode, EXTRA_CAUSE_ATTACH, queue, cpu);
  if (attachments.allocates[at] === 1) path.hwptIoctl('alloc', Cost.hwptAlloc, cpu);
  path.hwptIoctl('attach', Cost.hwptAttach, cpu);
  for (let step = 1; step < attachments.steWrites[at]; step++) send(OwnCommand.StepSte, Opcode.CFGI_STE);
  send(OwnCommand.FinalSte, Opcode.CFGI_STE);
  send(OwnCommand.PrefetchConfig, Opcode.PREFETCH_CONFIG);
  if (attachments.hasAtc[at] === 1) send(OwnCommand.AtcInv, Opcode.ATC_INV);
  if (attachments.destroys[at] === 1) path.hwptIoctl('destroy', Cost.hwptDestroy, cpu);
}
