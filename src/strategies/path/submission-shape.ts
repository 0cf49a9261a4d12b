/**
 * What the program of a submission depends on: which commands the guest sent and which host commands each became, but not
 * what they address. Most submissions have the shape of the one before (an unmap is a TLBI and a SYNC), and their program
 * is the same.
 *
 * Where the program depends on more there is no shape: an ATC_INV may take another queue for another stream, an attachment
 * brings commands of its own, a fault has its own course. Long submissions have none either: to compare them would
 * cost as much as it saves.
 */
import { Opcode } from '../../trace/opcodes.js';
import type { Submission } from './submission.js';

/** Commands of the guest, and host commands, of a submission that has a shape. */
const MOST_GUEST_COMMANDS = 8;
const MOST_HOST_COMMANDS = 16;

/** The shape of the submission that was looked at last. Layout: as in Submission. */
export class SubmissionShape {
  /** −1: it had none. */
  private guestCount = -1;
  private hostCountTotal = 0;
  private measured = true;
  private readonly guestOpcode = new Uint8Array(MOST_GUEST_COMMANDS);
  private readonly hostCount = new Int32Array(MOST_GUEST_COMMANDS);
  private readonly hostOpcode = new Uint8Array(MOST_HOST_COMMANDS);
  private readonly hostSmmus = new Int32Array(MOST_HOST_COMMANDS);

  /** True if `rows`, which count as `measured` says, has the shape of the submission before it; its own is kept. */
  isRepeatedBy(rows: Submission, measured: boolean): boolean {
    const { guestCount, hostCountTotal } = rows;
    if (guestCount !== this.guestCount || hostCountTotal !== this.hostCountTotal || measured !== this.measured) {
      this.keep(rows, measured);
      return false;
    }
    let isSame = rows.attachments.count === 0;
    for (let row = 0; row < guestCount; row++) {
      if (rows.guestOpcode[row] !== this.guestOpcode[row] || rows.hostCount[row] !== this.hostCount[row])
        isSame = false;
      if (rows.guestFault[row] !== 0) isSame = false;
    }
    for (let h = 0; h < hostCountTotal; h++) {
      if (rows.hostOpcode[h] !== this.hostOpcode[h] || rows.hostSmmus[h] !== this.hostSmmus[h]) isSame = false;
    }
    if (!isSame) this.keep(rows, measured);
    return isSame;
  }

  private keep(rows: Submission, measured: boolean): void {
    const { guestCount, hostCountTotal } = rows;
    this.guestCount = -1;
    if (guestCount > MOST_GUEST_COMMANDS || hostCountTotal > MOST_HOST_COMMANDS || rows.attachments.count > 0) return;
    for (let row = 0; row < guestCount; row++) {
      if (rows.guestOpcode[row] === Opcode.ATC_INV || rows.guestFault[row] !== 0) return;
      this.guestOpcode[row] = rows.guestOpcode[row];
      this.hostCount[row] = rows.hostCount[row];
    }
    for (let h = 0; h < hostCountTotal; h++) {
      this.hostOpcode[h] = rows.hostOpcode[h];
      this.hostSmmus[h] = rows.hostSmmus[h];
    }
    this.guestCount = guestCount;
    this.hostCountTotal = hostCountTotal;
    this.measured = measured;
  }
}
