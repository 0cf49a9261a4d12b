/**
 * QEMU's IOTLB a second time, written slowly and after the C sources' own structure: a list of entries with byte
 * addresses in bigint. The fast model must agree with it on everything.
 */
import { type CommandWords, decodeCommand } from '../../../src/trace/command.js';
import { Opcode } from '../../../src/trace/opcodes.js';

/** Behaviour of the three eras; see src/analysis/oracle/qemu-era.ts. */
export type Era = '7.2' | '8.2' | '9.1';

interface Entry {
  asid: number;
  vmid: number;
  iova: bigint;
  tg: number;
  level: number;
  /** addr_mask */
  mask: bigint;
}

const MASK_64 = (1n << 64n) - 1n;
const shiftOf = (level: number, granule: number): bigint => BigInt(granule + (3 - level) * (granule - 3));

/** The slow model. */
export class QemuTwin {
  entries: Entry[] = [];
  overflows = 0;
  constructor(
    readonly capacity: number,
    readonly era: Era,
    readonly hasStage2: boolean,
  ) {}

  lookup(asid: number, vmid: number, iova: bigint, granule: number): boolean {
    for (let level = 0; level <= 3; level++) {
      const mask = (1n << shiftOf(level, granule)) - 1n;
      if (this.#indexOf(asid, this.#vmid(vmid), iova & ~mask, (granule - 10) / 2, level) >= 0) return true;
    }
    return false;
  }

  fill(asid: number, vmid: number, iova: bigint, granule: number, level: number): void {
    if (this.entries.length >= this.capacity) {
      this.entries = [];
      this.overflows++;
    }
    const mask = (1n << shiftOf(level, granule)) - 1n;
    const entry = { asid, vmid: this.#vmid(vmid), iova: iova & ~mask, tg: (granule - 10) / 2, level, mask };
    if (this.#indexOf(entry.asid, entry.vmid, entry.iova, entry.tg, level) < 0) this.entries.push(entry);
  }

  execute(words: CommandWords): void {
    const { OP = 0, ASID = 0, VMID = 0 } = decodeCommand(words);
    const vmid = this.era !== '7.2' && this.hasStage2 ? VMID : -1;
    if (OP === Opcode.TLBI_NH_VA) this.#range(words, ASID, vmid, 1);
    else if (OP === Opcode.TLBI_NH_VAA) this.#range(words, -1, vmid, 1);
    else if (OP === Opcode.TLBI_NSNH_ALL) this.entries = [];
    else if (OP === Opcode.TLBI_NH_ASID) {
      this.#keep((entry) => entry.asid !== ASID || (this.era === '9.1' && entry.vmid !== vmid));
    } else if (OP === Opcode.TLBI_NH_ALL) {
      const isWhole = this.era !== '9.1' || !this.hasStage2;
      this.#keep((entry) => !isWhole && (entry.vmid !== vmid || entry.asid < 0));
    } else if (OP === Opcode.TLBI_S12_VMALL && this.era !== '7.2' && this.hasStage2) {
      this.#keep((entry) => entry.vmid !== vmid);
    } else if (OP === Opcode.TLBI_S2_IPA && this.era !== '7.2' && this.hasStage2) {
      this.#range(words, -1, vmid, 2);
    }
  }

  #range(words: CommandWords, asid: number, vmid: number, stage: number): void {
    const { ADDR = 0, TG: tg = 0, TTL: ttl = 0, NUM = 0, SCALE = 0 } = decodeCommand(words);
    // TLBI_S2_IPA has only bits 51:12 by the architecture, but QEMU takes all of them.
    let address = stage === 2 ? (BigInt(words[3]) << 32n) | BigInt((words[2] & 0xfffff000) >>> 0) : BigInt(ADDR) << 12n;
    if (tg === 0) {
      this.#piece(address, asid, vmid, stage, tg, 1n, ttl);
      return;
    }
    const granule = BigInt(tg * 2 + 10);
    const end = (address + (BigInt((NUM + 1) * 2 ** SCALE) << granule) - 1n) & MASK_64;
    while (address !== ((end + 1n) & MASK_64)) {
      const sizeMask = (end - address) & MASK_64;
      const alignMask = address === 0n ? MASK_64 : (address & -address) - 1n;
      const mask = alignMask <= sizeMask ? alignMask : (1n << BigInt((sizeMask + 1n).toString(2).length - 1)) - 1n;
      this.#piece(address, asid, vmid, stage, tg, (mask + 1n) >> granule, ttl);
      address = (address + mask + 1n) & MASK_64;
    }
  }

  /** smmu_iotlb_inv_iova, smmu_iotlb_inv_ipa. */
  #piece(iova: bigint, asid: number, vmid: number, stage: number, tg: number, numPages: bigint, ttl: number): void {
    const granule = tg === 0 ? 12n : BigInt(tg * 2 + 10);
    const isIpa = stage === 2 && this.era === '9.1';
    if (ttl !== 0 && numPages === 1n && (asid >= 0 || isIpa)) {
      const at = this.#indexOf(asid, vmid, iova, tg, ttl);
      if (at >= 0) {
        this.entries.splice(at, 1);
        return;
      }
    }
    const mask = ((numPages << granule) - 1n) & MASK_64;
    this.#keep((entry) => {
      if (isIpa) {
        if (entry.asid >= 0 || entry.vmid !== vmid) return true;
      } else if ((asid >= 0 && entry.asid !== asid) || (vmid >= 0 && entry.vmid !== vmid)) {
        return true;
      }
      return (iova & ~entry.mask & MASK_64) !== entry.iova && (entry.iova & ~mask & MASK_64) !== iova;
    });
  }

  #indexOf(asid: number, vmid: number, iova: bigint, tg: number, level: number): number {
    return this.entries.findIndex(
      (entry) =>
        entry.asid === asid && entry.vmid === vmid && entry.iova === iova && entry.tg === tg && entry.level === level,
    );
  }

  #keep(isKept: (entry: Entry) => boolean): void {
    this.entries = this.entries.filter(isKept);
  }

  #vmid(vmid: number): number {
    return this.era === '7.2' ? -1 : vmid;
  }
}
