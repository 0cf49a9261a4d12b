/**
 * The IOTLB of QEMU 7.2's intel-iommu, exactly (profile `qemu-vtd-iotlb`): 1024 entries keyed by requester, page frame and
 * level, each with its domain, emptied completely when an insert finds it full.
 *
 * Driven by translated commands: TLBI_NH_VA is a page-selective, TLBI_NH_ASID a domain-selective, TLBI_NSNH_ALL a global
 * invalidation, with the domain id in the place of the ASID; ATC_INV does not touch it.
 * Page-selective invalidation keeps its address mask in eight bits, so that only the low eight bits of frames are compared
 * and entries up to the whole domain go that nobody asked for. `quirk` off compares whole frames instead.
 * Source: hw/i386/intel_iommu.c of QEMU 7.2 (vtd_lookup_iotlb, vtd_update_iotlb, vtd_hash_remove_by_page).
 */
import { asidOf, opcodeOf, pageOfCommand, scaleOf, tgOf, tlbiPages } from '../../trace/command.js';
import { Opcode } from '../../trace/opcodes.js';
import { PAGE_SHIFT } from '../../trace/units.js';

/** VTD_IOTLB_MAX_SIZE. */
const VTD_IOTLB_ENTRIES = 1024;

/** log2 of the bytes of a leaf at each level: page, 2 MiB and 1 GiB superpage. */
const LEVEL_LOG2 = [12, 21, 30] as const;
/** 48-bit addresses. */
const FRAMES = 2 ** 36;
const LEVEL_SLOTS = 4;
/** Lost keys remembered; a key whose loss is forgotten counts as cold when it comes back. */
const LOST_KEYS = 2 ** 17;
const BITS_OF_MASK = 8;

/** Why a translation is not in the table. */
export type LossCause = 'cold' | 'capacity' | 'invalidated';

interface Entry {
  readonly domain: number;
  /** First frame and number of 4 KiB frames. */
  readonly frame: number;
  readonly frames: number;
}

/** The table. Also remembers why an entry is gone. */
export class VtdIotlb {
  /** Times that an insert found the table full. */
  overflows = 0;
  /** Entries that an invalidation removed although nothing asked for it. */
  collateral = 0;
  private readonly table = new Map<number, Entry>();
  private readonly lostTo = new Map<number, LossCause>();
  /** Requesters, numbered densely so that a key is one exact number. */
  private readonly requesters = new Map<number, number>();

  constructor(
    private readonly entries: number = VTD_IOTLB_ENTRIES,
    private readonly quirk: boolean = true,
  ) {}

  /** Entries present. */
  get occupancy(): number {
    return this.table.size;
  }

  /** Does the table translate frame `page` for `sid`? Every level is tried, smallest pages first. */
  lookup(sid: number, page: number): boolean {
    for (let level = 0; level < LEVEL_LOG2.length; level++) {
      if (this.table.has(this.keyOf(sid, frameAt(page, level), level))) return true;
    }
    return false;
  }

  /** Why the translation that missed is not there. */
  missCause(sid: number, page: number): LossCause {
    for (let level = 0; level < LEVEL_LOG2.length; level++) {
      const cause = this.lostTo.get(this.keyOf(sid, frameAt(page, level), level));
      if (cause !== undefined) return cause;
    }
    return 'cold';
  }

  /** Insert what a walk found; a page size of 0 (not known) is one page. */
  fill(sid: number, domain: number, page: number, pageSizeLog2: number): void {
    if (this.table.size >= this.entries) this.overflow();
    let level = 0;
    while (level + 1 < LEVEL_LOG2.length && LEVEL_LOG2[level + 1] <= pageSizeLog2) level++;
    const frame = frameAt(page, level);
    const key = this.keyOf(sid, frame, level);
    this.table.set(key, { domain, frame, frames: 2 ** (LEVEL_LOG2[level] - PAGE_SHIFT) });
    this.lostTo.delete(key);
  }

  /** Execute one translated command. */
  execute(c0Low: number, c0High: number, c1Low: number, c1High: number): void {
    switch (opcodeOf(c0Low)) {
      case Opcode.TLBI_NSNH_ALL:
        for (const key of this.table.keys()) this.lose(key, 'invalidated');
        return;
      case Opcode.TLBI_NH_ASID:
        for (const [key, entry] of this.table) if (entry.domain === asidOf(c0High)) this.lose(key, 'invalidated');
        return;
      case Opcode.TLBI_NH_VA: {
        const addressMask = tgOf(c1Low) === 0 ? 0 : scaleOf(c0Low);
        this.invalidatePages(asidOf(c0High), pageOfCommand(c1Low, c1High), tlbiPages(c0Low, c1Low), addressMask);
        return;
      }
    }
  }

  private invalidatePages(domain: number, page: number, pages: number, addressMask: number): void {
    const mask = addressMask >= BITS_OF_MASK ? 0 : ~(2 ** addressMask - 1) & 0xff;
    for (const [key, entry] of this.table) {
      if (entry.domain !== domain) continue;
      const isAsked = entry.frame < page + pages && page < entry.frame + entry.frames;
      // The quirk decides by itself: it also spares a superpage that the range lies in, unless the base agrees.
      const isBase = page - (page % entry.frames) === entry.frame;
      const goes = this.quirk ? ((entry.frame ^ page) & mask) === 0 || isBase : isAsked;
      if (!goes) continue;
      if (!isAsked) this.collateral++;
      this.lose(key, 'invalidated');
    }
  }

  private overflow(): void {
    this.overflows++;
    for (const key of this.table.keys()) this.lose(key, 'capacity');
  }

  private lose(key: number, cause: LossCause): void {
    this.table.delete(key);
    this.lostTo.delete(key);
    this.lostTo.set(key, cause);
    if (this.lostTo.size <= LOST_KEYS) return;
    const [oldest] = this.lostTo.keys();
    this.lostTo.delete(oldest);
  }

  private keyOf(sid: number, frame: number, level: number): number {
    let requester = this.requesters.get(sid);
    if (requester === undefined) {
      requester = this.requesters.size;
      this.requesters.set(sid, requester);
    }
    return (requester * FRAMES + (frame % FRAMES)) * LEVEL_SLOTS + level;
  }
}

/** First frame of the page or superpage of `level` that holds `page`. */
function frameAt(page: number, level: number): number {
  const frames = 2 ** (LEVEL_LOG2[level] - PAGE_SHIFT);
  return page - (page % frames);
}
