/**
 * What the host's own driver sends when it unmaps a range for a paravirtual guest: range invalidations as Linux encodes them,
 * all under one CMD_SYNC, then one ATC_INV per ATS device of the domain (facts L §2.2, §2.5, §2.6).
 *
 * The host is taken to have range invalidation. A domain that is not known is invalidated in every ASID, in every ATC.
 */

import { encodeRange } from '../guest/range-encoder.js';
import { nhVaWords } from '../guest/tlbi.js';
import { type CommandWords, encodeCommand } from '../trace/command.js';
import { Opcode } from '../trace/opcodes.js';
import { PAGE_SHIFT } from '../trace/units.js';

/** Pages beyond which a range needs a SCALE that does not exist. */
const LONGEST_RANGE = 2 ** 32;

/** TLBIs for `pages` 4 KiB pages from `page` that were mapped with pages of 2^`pageSizeLog2` bytes; `asid` < 0: any ASID. */
export function unmapTlbis(
  asid: number,
  vmid: number,
  page: number,
  pages: number,
  pageSizeLog2: number,
): CommandWords[] {
  if (pages >= LONGEST_RANGE) {
    return [asid < 0 ? encodeCommand(Opcode.TLBI_NH_ALL, { VMID: vmid }) : encodeAsid(asid, vmid)];
  }
  const request = { page, bytes: pages * 2 ** PAGE_SHIFT, granuleLog2: pageSizeLog2, leaf: true };
  return encodeRange(request, PAGE_SHIFT).map((tlbi) => {
    const [c0Low, c0High, c1Low, c1High] = nhVaWords(tlbi, Math.max(0, asid));
    const low = asid < 0 ? (c0Low & ~0xff) | Opcode.TLBI_NH_VAA : c0Low;
    return [low >>> 0, (c0High | vmid) >>> 0, c1Low, c1High];
  });
}

function encodeAsid(asid: number, vmid: number): CommandWords {
  return encodeCommand(Opcode.TLBI_NH_ASID, { ASID: asid, VMID: vmid });
}
