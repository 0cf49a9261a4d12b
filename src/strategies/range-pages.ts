/**
 * A range TLBI as a host without range invalidation would spell it: one TLBI per granule, or one for the whole context from
 * the number of granules on at which Linux gives single pages up (7.1 and later; facts L §2.3). No upstream kernel or VMM does
 * this for a guest (N26 §B1, §H); the discussion took it for granted.
 *
 * Never less than the range: a start inside a granule costs one TLBI more. TTL is not trusted to name a longer stride.
 */
import { pageThreshold } from '../guest/driver/page-expander.js';
import { pageOfCommand, tgOf, tlbiPages } from '../trace/command.js';
import { Opcode } from '../trace/opcodes.js';
import { ADDRESS_SPACE_PAGES, granuleLog2OfTg, PAGE_SHIFT } from '../trace/units.js';

/** The pages of one range, as 4 KiB page numbers; reused for the next. */
export class RangePages {
  /** First page, and pages from one TLBI to the next. */
  first = 0;
  step = 1;
  /** TLBIs that the range takes; 0: it is too long, the whole context goes. */
  count = 0;

  /** Look at the TLBI_NH_VA or TLBI_NH_VAA with these words. */
  cover(c0Low: number, c1Low: number, c1High: number): void {
    const granuleLog2 = granuleLog2OfTg(tgOf(c1Low));
    const pages = tlbiPages(c0Low, c1Low);
    const start = pageOfCommand(c1Low, c1High);
    const end = Math.min(start + pages, ADDRESS_SPACE_PAGES);
    this.step = 2 ** (granuleLog2 - PAGE_SHIFT);
    this.first = start - (start % this.step);
    const isTooLong = pages / this.step >= pageThreshold(granuleLog2);
    this.count = isTooLong ? 0 : Math.ceil((end - this.first) / this.step);
  }
}

/** The opcode that takes everything of the context of an address TLBI: an ASID, or every ASID of the VM where none is named. */
export function contextWideOpcode(opcode: number): number {
  return opcode === Opcode.TLBI_NH_VAA ? Opcode.TLBI_NH_ALL : Opcode.TLBI_NH_ASID;
}
