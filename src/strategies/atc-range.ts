/**
 * The ATC invalidation that a host derives from a TLBI, because a TLBI names no stream and an ATC no ASID.
 *
 * Source: facts L §2.6 (A3:arm_smmu_atc_inv_to_cmd): one command per stream whatever the range, the smallest naturally
 * aligned power of two of 4 KiB pages that holds first and last page; the whole address space where no address is named.
 * No substream: it takes entries of every PASID with it (facts L §1.3).
 */
import { ATC_SIZE_ALL, asidOf, atcSpanLog2, pageOfCommand, tgOf, tlbiPages } from '../trace/command.js';
import { Opcode } from '../trace/opcodes.js';
import { granuleLog2OfTg, PAGE_SHIFT } from '../trace/units.js';

/** Range of an ATC_INV: `page` is aligned to 2^sizeLog2 pages. */
export class AtcRange {
  page = 0;
  sizeLog2 = 0;

  /** Cover what the TLBI covers. */
  coverTlbi(c0Low: number, c1Low: number, c1High: number): void {
    if (!isStage1AddressTlbi(c0Low & 0xff)) {
      this.page = 0;
      this.sizeLog2 = ATC_SIZE_ALL;
      return;
    }
    const tg = tgOf(c1Low);
    const granulePages = tg === 0 ? 1 : 2 ** (granuleLog2OfTg(tg) - PAGE_SHIFT);
    // A granule is invalidated whole, wherever in it the address points.
    const first = Math.floor(pageOfCommand(c1Low, c1High) / granulePages) * granulePages;
    this.coverPages(first, tlbiPages(c0Low, c1Low));
  }

  /** Cover `count` pages from `first`. */
  coverPages(first: number, count: number): void {
    const size = atcSpanLog2(first, first + count - 1);
    const unit = 2 ** size;
    this.page = size === ATC_SIZE_ALL ? 0 : Math.floor(first / unit) * unit;
    this.sizeLog2 = size;
  }
}

/** ASID that a TLBI names; -1 when it acts on every ASID. */
export function asidNamedBy(c0Low: number, c0High: number): number {
  switch (c0Low & 0xff) {
    case Opcode.TLBI_NH_ASID:
    case Opcode.TLBI_NH_VA:
    case Opcode.TLBI_EL2_ASID:
    case Opcode.TLBI_EL2_VA:
      return asidOf(c0High);
    default:
      return -1;
  }
}

/** An address of the device's own space; S2_IPA names an intermediate address, of which no ATC knows. */
function isStage1AddressTlbi(opcode: number): boolean {
  return (
    opcode === Opcode.TLBI_NH_VA ||
    opcode === Opcode.TLBI_NH_VAA ||
    opcode === Opcode.TLBI_EL2_VA ||
    opcode === Opcode.TLBI_EL2_VAA ||
    opcode === Opcode.TLBI_EL3_VA
  );
}
