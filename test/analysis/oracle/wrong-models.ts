/**
 * Deliberately wrong models of QEMU's IOTLB (traces/DETAILS.md, "Deliberately wrong models do disagree"): if one of
 * them agreed with a recording as well as the right one does, the recording would prove nothing.
 */
import { QEMU_IOTLB_ENTRIES, QemuIotlb } from '../../../src/analysis/oracle/qemu-iotlb.js';
import { encodeCommand } from '../../../src/trace/command.js';
import { Opcode } from '../../../src/trace/opcodes.js';

/** Address invalidations do nothing. */
export class IgnoresRanges extends QemuIotlb {
  protected override invalidateRange(): void {}
}

/** Each aligned piece of a range counts as one page. */
export class TakesRangesAsOnePage extends QemuIotlb {
  protected override invalidateChunk(
    asid: number,
    vmid: number,
    isIpa: boolean,
    page: number,
    _chunkPages: number,
    granulePages: number,
    namedClass: number,
  ): void {
    super.invalidateChunk(asid, vmid, isIpa, page, granulePages, granulePages, namedClass);
  }
}

/** TLBI_NH_ASID does nothing. */
export class IgnoresAsid extends QemuIotlb {
  protected override invalidateAsid(): void {}
}

/** Evicts the entry that was inserted first instead of emptying the table. */
export class EvictsOldest extends QemuIotlb {
  readonly #inserted: { tag: [number, number, number, number, number]; serial: number }[] = [];
  readonly #serialOf = new Map<string, number>();
  #oldest = 0;

  override fill(asid: number, vmid: number, page: number, granuleLog2: number, pageSizeLog2: number): void {
    super.fill(asid, vmid, page, granuleLog2, pageSizeLog2);
    const tag: [number, number, number, number, number] = [asid, vmid, page, granuleLog2, pageSizeLog2];
    this.#inserted.push({ tag, serial: this.#inserted.length });
    this.#serialOf.set(keyOf(tag), this.#inserted.length - 1);
  }

  protected override overflow(): void {
    while (this.occupancy >= QEMU_IOTLB_ENTRIES) {
      const { tag, serial } = this.#inserted[this.#oldest++];
      if (this.#serialOf.get(keyOf(tag)) === serial) this.#evict(tag[0], tag[1], tag[2]);
    }
  }

  /** Removing one page by command is the same as evicting its entry. */
  #evict(asid: number, vmid: number, page: number): void {
    const fields = { ADDR: page, VMID: Math.max(0, vmid) };
    if (asid < 0) this.execute(...encodeCommand(Opcode.TLBI_S2_IPA, fields));
    else this.execute(...encodeCommand(Opcode.TLBI_NH_VA, { ...fields, ASID: asid }));
  }
}

function keyOf([asid, vmid, page, granuleLog2, pageSizeLog2]: readonly number[]): string {
  const pages = 2 ** (pageSizeLog2 - 12);
  return [asid, vmid, Math.floor(page / pages), granuleLog2, pageSizeLog2].join(':');
}
