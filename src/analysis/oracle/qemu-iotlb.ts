/**
 * QEMU's IOTLB, exactly (profile `qemu-iotlb`): one hash table of 256 entries for the whole SMMU, emptied completely when
 * an insert finds it full.
 *
 * Source: facts M §2.1 (store, capacity, lookup), M §2.2 (effect of each command, by version), traces/DETAILS.md
 * "QEMU's IOTLB, exactly". Driven by lookups, page sizes of fills and raw command words only. QEMU executes a command
 * when it reads it, inside the guest's PROD write: callers apply a command where it stands in the trace.
 *
 * Not modelled: in a nested configuration QEMU also caches the stage-2 translations of stage-1 table addresses, and looks
 * up a second time with the stage-2 granule. Those inner lookups are not events of a trace.
 */
import { asidOf, opcodeOf, pageOfCommand, tgOf, tlbiPages, ttlOf, vmidOf } from '../../trace/command.js';
import { Opcode } from '../../trace/opcodes.js';
import { ADDRESS_SPACE_PAGES, granuleLog2OfTg, PAGE_SHIFT, tgOfGranuleLog2 } from '../../trace/units.js';
import { firstChunkPages } from './aligned-chunks.js';
import { IotlbTable, PAGES_OF_CLASS, sizeLog2OfClass } from './iotlb-table.js';
import { type QemuEra, qemuEraOf } from './qemu-era.js';

/** SMMU_IOTLB_MAX_SIZE. */
export const QEMU_IOTLB_ENTRIES = 256;

/** An identifier that the entry or the command does not have. */
const NONE = -1;
/** −1 in QEMU's 16-bit ids. */
const NONE_16_BITS = 0xffff;
const COARSEST_LEVEL = 0;
const PAGE_LEVEL = 3;

/** What the recorded oracle needs of a model, so that a test can put a deliberately wrong one in its place. */
export interface IotlbModel {
  /** Does the table hold a translation of `page`? Granule 0: not known, every granule is tried. */
  lookup(asid: number, vmid: number, page: number, granuleLog2: number): boolean;
  /** Insert the translation that a successful walk found. Page size 0: not known, one granule. */
  fill(asid: number, vmid: number, page: number, granuleLog2: number, pageSizeLog2: number): void;
  /** Execute one guest command. */
  execute(c0Low: number, c0High: number, c1Low: number, c1High: number): void;
}

/** The exact model. `asid` −1 is a stage-2 translation, `vmid` −1 an SMMU without stage 2. */
export class QemuIotlb implements IotlbModel {
  /** Behaviour by version; may be set as soon as a reader knows its producer's version. */
  era: QemuEra = qemuEraOf('');
  /** Times that an insert found the table full. */
  overflows = 0;
  readonly entries: number;
  protected readonly table: IotlbTable;

  constructor(entries: number = QEMU_IOTLB_ENTRIES) {
    this.entries = entries;
    this.table = new IotlbTable(entries);
  }

  /** Entries present. */
  get occupancy(): number {
    return this.table.size;
  }

  lookup(asid: number, vmid: number, page: number, granuleLog2: number): boolean {
    const asidTag = this.#tag(asid);
    const vmidTag = this.era.tagsVmid ? this.#tag(vmid) : NONE;
    const tg = tgOfGranuleLog2(granuleLog2);
    if (tg !== 0) return this.#lookupGranule(asidTag, vmidTag, page, tg);
    return (
      this.#lookupGranule(asidTag, vmidTag, page, 1) ||
      this.#lookupGranule(asidTag, vmidTag, page, 2) ||
      this.#lookupGranule(asidTag, vmidTag, page, 3)
    );
  }

  fill(asid: number, vmid: number, page: number, granuleLog2: number, pageSizeLog2: number): void {
    // Also when the key is already there: QEMU tests the size before it inserts.
    if (this.table.size >= this.entries) this.overflow();
    const tg = tgOfGranuleLog2(granuleLog2) || 1;
    let entryClass = tg * 4 + COARSEST_LEVEL;
    // A size between two levels (a run of contiguous pages) is one descriptor of the finer level to QEMU.
    while (entryClass < tg * 4 + PAGE_LEVEL && sizeLog2OfClass(entryClass) > pageSizeLog2) entryClass++;
    const pages = PAGES_OF_CLASS[entryClass];
    const base = Math.floor(page / pages) * pages;
    const asidTag = this.#tag(asid);
    const vmidTag = this.era.tagsVmid ? this.#tag(vmid) : NONE;
    if (this.table.find(asidTag, vmidTag, base, entryClass) === NONE) {
      this.table.insert(asidTag, vmidTag, base, entryClass);
    }
  }

  execute(c0Low: number, c0High: number, c1Low: number, c1High: number): void {
    const vmid = this.era.tagsVmid ? vmidOf(c0High) : NONE;
    switch (opcodeOf(c0Low)) {
      case Opcode.TLBI_NH_VA:
        this.invalidateRange(asidOf(c0High), vmid, false, c0Low, c1Low, c1High);
        return;
      case Opcode.TLBI_NH_VAA:
        this.invalidateRange(NONE, vmid, false, c0Low, c1Low, c1High);
        return;
      case Opcode.TLBI_NH_ASID:
        this.invalidateAsid(asidOf(c0High), this.era.separatesStages ? vmid : NONE);
        return;
      case Opcode.TLBI_NH_ALL:
        if (this.era.separatesStages) this.#invalidateStage1(vmid);
        else this.table.clear();
        return;
      case Opcode.TLBI_NSNH_ALL:
        this.table.clear();
        return;
      case Opcode.TLBI_S12_VMALL:
        if (this.era.executesStage2) this.#invalidateVmid(vmid);
        return;
      case Opcode.TLBI_S2_IPA:
        if (this.era.executesStage2) this.invalidateRange(NONE, vmid, true, c0Low, c1Low, c1High);
        return;
      default:
        // CFGI, PREFETCH, SYNC, ATC_INV, EL2 and EL3 TLBIs, responses: no effect on the IOTLB.
        return;
    }
  }

  /** The table is full: QEMU empties it. */
  protected overflow(): void {
    this.overflows++;
    this.table.clear();
  }

  /** One range command, cut as QEMU cuts it; `isIpa` for TLBI_S2_IPA, `asid` −1 for any. */
  protected invalidateRange(
    asid: number,
    vmid: number,
    isIpa: boolean,
    c0Low: number,
    c1Low: number,
    c1High: number,
  ): void {
    const tg = tgOf(c1Low);
    const ttl = ttlOf(c1Low);
    const granulePages = 2 ** (granuleLog2OfTg(tg) - PAGE_SHIFT);
    let page = pageOfCommand(c1Low, c1High);
    let left = tlbiPages(c0Low, c1Low);
    while (left > 0) {
      const chunk = firstChunkPages(page, left);
      this.invalidateChunk(asid, vmid, isIpa, page, chunk, granulePages, tg * 4 + ttl);
      left -= chunk;
      page += chunk;
      if (page >= ADDRESS_SPACE_PAGES) page -= ADDRESS_SPACE_PAGES;
    }
  }

  /** One naturally aligned piece. `namedClass` is the class that TG and TTL name (TTL 0: none). */
  protected invalidateChunk(
    asid: number,
    vmid: number,
    isIpa: boolean,
    page: number,
    chunkPages: number,
    granulePages: number,
    namedClass: number,
  ): void {
    const table = this.table;
    const hasAsid = asid >= 0 || (isIpa && this.era.separatesStages);
    if ((namedClass & 3) !== 0 && chunkPages === granulePages && hasAsid) {
      let exact = table.find(asid, vmid, page, namedClass);
      if (exact === NONE && !isIpa) exact = table.find(asid, NONE, page, namedClass);
      if (exact !== NONE) {
        table.removeAt(exact);
        return;
      }
    }
    // A piece smaller than a granule (a start that TG does not fit) has zero granules in QEMU, and the mask of zero
    // granules keeps no address bit: only a piece at address 0 then covers entries by their start.
    const coversAll = chunkPages < granulePages && page === 0;
    const end = chunkPages < granulePages ? page : page + chunkPages;
    for (let entry = table.size - 1; entry >= 0; entry--) {
      const entryAsid = table.asid[entry];
      if (isIpa && this.era.separatesStages ? entryAsid >= 0 : asid >= 0 && entryAsid !== asid) continue;
      if (!matchesVmid(table.vmid[entry], vmid, isIpa)) continue;
      const first = table.page[entry];
      const holdsStart = first <= page && page < first + PAGES_OF_CLASS[table.entryClass[entry]];
      if (holdsStart || coversAll || (first >= page && first < end)) table.removeAt(entry);
    }
  }

  /** TLBI_NH_ASID; `vmid` −1 when it is not looked at. */
  protected invalidateAsid(asid: number, vmid: number): void {
    const table = this.table;
    for (let entry = table.size - 1; entry >= 0; entry--) {
      if (table.asid[entry] === asid && (vmid < 0 || matchesVmid(table.vmid[entry], vmid, false))) {
        table.removeAt(entry);
      }
    }
  }

  /** TLBI_NH_ALL from 9.1: without stage 2 everything, else the VMID's entries that have an ASID. */
  #invalidateStage1(vmid: number): void {
    const table = this.table;
    for (let entry = table.size - 1; entry >= 0; entry--) {
      const entryVmid = table.vmid[entry];
      if (entryVmid === NONE || (entryVmid === vmid && table.asid[entry] >= 0)) table.removeAt(entry);
    }
  }

  #invalidateVmid(vmid: number): void {
    const table = this.table;
    for (let entry = table.size - 1; entry >= 0; entry--) {
      if (table.vmid[entry] === vmid) table.removeAt(entry);
    }
  }

  #lookupGranule(asid: number, vmid: number, page: number, tg: number): boolean {
    const table = this.table;
    const end = tg * 4 + PAGE_LEVEL;
    for (let entryClass = tg * 4 + COARSEST_LEVEL; entryClass <= end; entryClass++) {
      if (table.countOfClass[entryClass] === 0) continue;
      const pages = PAGES_OF_CLASS[entryClass];
      if (table.find(asid, vmid, Math.floor(page / pages) * pages, entryClass) !== NONE) return true;
    }
    return false;
  }

  #tag(id: number): number {
    return this.era.idsAreUnsigned && id === NONE_16_BITS ? NONE : id;
  }
}

/**
 * Does a command's VMID name an entry's? An SMMU without stage 2 has neither, and Linux sends 0: an entry without VMID
 * matches every stage-1 command. TLBI_S2_IPA on such an SMMU is illegal and removes nothing.
 */
function matchesVmid(entryVmid: number, commandVmid: number, isIpa: boolean): boolean {
  return entryVmid === commandVmid || (entryVmid === NONE && !isIpa);
}
