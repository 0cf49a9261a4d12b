/**
 * What the host's own driver sends when it unmaps a range for a paravirtual guest: range invalidations as Linux encodes them,
 * all under one CMD_SYNC, then one ATC_INV per ATS device of the domain (facts L §2.2, §2.5, §2.6).
 *
 * A host without range invalidation (`host.ril`) sends one TLBI per unmapped page or block, or one for the whole ASID from Linux
 * 7.1's limit on (L §2.3). A domain that is not known is invalidated in every ASID, in every ATC.
 */

import { expandPages } from '../guest/driver/page-expander.js';
import { encodeRange } from '../guest/driver/range-encoder.js';
import { type AddressTlbi, nhVaWords } from '../guest/driver/tlbi.js';
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
  if (pages >= LONGEST_RANGE) return [contextWide(asid, vmid)];
  const request = { page, bytes: pages * 2 ** PAGE_SHIFT, granuleLog2: pageSizeLog2, leaf: true };
  return encodeRange(request, PAGE_SHIFT).map((tlbi) => addressed(tlbi, asid, vmid));
}

/** The same from a host without range invalidation. */
export function unmapPageTlbis(
  asid: number,
  vmid: number,
  page: number,
  pages: number,
  pageSizeLog2: number,
): CommandWords[] {
  if (pages >= LONGEST_RANGE) return [contextWide(asid, vmid)];
  const unit = 2 ** (pageSizeLog2 - PAGE_SHIFT);
  // A recorded range that is not made of whole blocks is taken apart into 4 KiB pages.
  const granuleLog2 = page % unit === 0 && pages % unit === 0 ? pageSizeLog2 : PAGE_SHIFT;
  const request = { page, bytes: pages * 2 ** PAGE_SHIFT, granuleLog2, leaf: true };
  const expansion = expandPages(request, 'from-7.1', 'dma');
  if (expansion.kind === 'asid-wide') return [contextWide(asid, vmid)];
  return expansion.commands.map((tlbi) => addressed(tlbi, asid, vmid));
}

/** A TLBI of everything in `asid`, or in every ASID. */
function contextWide(asid: number, vmid: number): CommandWords {
  if (asid < 0) return encodeCommand(Opcode.TLBI_NH_ALL, { VMID: vmid });
  return encodeCommand(Opcode.TLBI_NH_ASID, { ASID: asid, VMID: vmid });
}

/** `tlbi` for `asid`, or for every ASID. */
function addressed(tlbi: AddressTlbi, asid: number, vmid: number): CommandWords {
  const [c0Low, c0High, c1Low, c1High] = nhVaWords(tlbi, Math.max(0, asid));
  const low = asid < 0 ? (c0Low & ~0xff) | Opcode.TLBI_NH_VAA : c0Low;
  return [low >>> 0, (c0High | vmid) >>> 0, c1Low, c1High];
}
