/**
 * What one invalidation command covers, decoded once and then applied to every structure.
 *
 * A structure files its entries under a context (group, member): translations and their walk and IPA entries under
 * (VMID, ASID or NONE for stage 2 alone), ATC entries under (SID, SSID or NONE), configurations under (SID, SSID or 0).
 * A scope names a domain of structures, groups, members and a range of pages. Sources: facts L §1.2–1.3, M §2.2.
 *
 * - TTL is a hint and never narrows what the guest meant: an entry of any size that overlaps the range. An implementation may
 *   search for leaf entries of the named level only; `narrowsToLevel` applies a scope like that (smmu.ttl=strict). Otherwise all
 *   go (QEMU's full scan is the same, M §2.2: only an exact match ends it early). Tables above the named level go either way,
 *   unless the command is leaf-only; those at it and below need not (Arm ARM on the TTL hint of range TLBIs, recalled).
 *   TTL with TG = 0 names no level, nor does level 1 of 16 KiB, where a block takes 52-bit addresses (facts N26 §B1).
 * - TG = 0 is one 4 KiB page. A range that runs past the top of the address space ends there.
 * - ASIDs match exactly for NH_VA; global entries (nG = 0) are not modelled.
 * - EL2 and EL3 forms cover nothing: a guest's translations are EL1.
 */
import {
  asidOf,
  atcPages,
  CFGI_RANGE_ALL,
  cfgiRangeOf,
  globalOf,
  leafOf,
  opcodeOf,
  pageOfCommand,
  sidOf,
  ssidOf,
  ssvOf,
  tlbiPages,
  ttlAboveLog2,
  ttlLevelOf,
  ttlSmallestLog2,
  vmidOf,
} from '../trace/command.js';
import { Opcode } from '../trace/opcodes.js';
import { ADDRESS_SPACE_PAGES } from '../trace/units.js';
import { type ContextTable, UNKNOWN } from './cache/context-table.js';

/** Which structures a command acts on. */
export const enum Domain {
  None = 0,
  Translation = 1,
  Atc = 2,
  Config = 3,
}

/** Members of a group that a scope covers, where it is not one number ≥ 0. */
export const enum Member {
  /** Only entries without an ASID or SSID. */
  None = -1,
  /** Only entries with one. */
  Present = -2,
  /** All entries of the group. */
  Any = -3,
}

const LAST_PAGE = ADDRESS_SPACE_PAGES - 1;
const LAST_GROUP = 2 ** 32 - 1;
/** First of all streams, one that the recorder could not name (−1) among them. */
const ANY_STREAM = -1;
/** `sid` of a scope that has decoded nothing. */
const NO_SID = -2;
/** IPAs have at most 52 bits: 2^40 pages; the field above them is reserved. */
const IPA_PAGES = 2 ** 40;

/** The scope of one command. Reused: `decode` overwrites it. */
export class Scope {
  domain: Domain = Domain.None;
  /** First and last group (VMID or SID) covered. */
  firstGroup = 0;
  lastGroup = 0;
  /** A member ≥ 0, or one of `Member`. */
  member: number = Member.Any;
  /** First and last 4 KiB page covered. */
  firstPage = 0;
  lastPage = LAST_PAGE;
  /** Only last-level entries: walk caches keep theirs. */
  leafOnly = false;
  /** Leaves of the level that the TTL names are 2^n bytes with levelLog2 ≤ n < aboveLog2; aboveLog2 = 0: it names none. */
  levelLog2 = 0;
  aboveLog2 = 0;
  /** The TTL is taken at its word. Set by who applies the scope, not decoded. */
  isTtlStrict = false;

  private resolvedIn: ContextTable | undefined;
  private resolved = UNKNOWN;
  /** What is decoded: most commands come twice, when the guest publishes them and when the host has them executed. */
  private c0Low = -1;
  private c0High = -1;
  private c1Low = -1;
  private c1High = -1;
  private sid = NO_SID;

  /** Decode a command's four 32-bit parts. `sid` replaces the command's own StreamID unless it is negative. */
  decode(c0Low: number, c0High: number, c1Low: number, c1High: number, sid: number): void {
    const isKnown = c1Low === this.c1Low && c1High === this.c1High && c0High === this.c0High && c0Low === this.c0Low;
    if (isKnown && sid === this.sid) return;
    this.c0Low = c0Low;
    this.c0High = c0High;
    this.c1Low = c1Low;
    this.c1High = c1High;
    this.sid = sid;
    this.resolvedIn = undefined;
    this.domain = Domain.Translation;
    this.member = Member.Any;
    this.firstPage = 0;
    this.lastPage = LAST_PAGE;
    this.leafOnly = false;
    this.aboveLog2 = 0;
    this.firstGroup = vmidOf(c0High);
    this.lastGroup = this.firstGroup;
    switch (opcodeOf(c0Low)) {
      case Opcode.TLBI_NH_VA:
        this.member = asidOf(c0High);
        this.cover(pageOfCommand(c1Low, c1High), tlbiPages(c0Low, c1Low), leafOf(c1Low));
        this.nameLevel(c1Low);
        return;
      case Opcode.TLBI_NH_VAA:
        this.member = Member.Present;
        this.cover(pageOfCommand(c1Low, c1High), tlbiPages(c0Low, c1Low), leafOf(c1Low));
        this.nameLevel(c1Low);
        return;
      case Opcode.TLBI_S2_IPA:
        this.member = Member.None;
        this.cover(pageOfCommand(c1Low, c1High) % IPA_PAGES, tlbiPages(c0Low, c1Low), leafOf(c1Low));
        this.nameLevel(c1Low);
        return;
      case Opcode.TLBI_NH_ASID:
        this.member = asidOf(c0High);
        return;
      case Opcode.TLBI_NH_ALL:
        this.member = Member.Present;
        return;
      case Opcode.TLBI_S12_VMALL:
        return;
      case Opcode.TLBI_NSNH_ALL:
        this.firstGroup = 0;
        this.lastGroup = LAST_GROUP;
        return;
      case Opcode.ATC_INV:
        this.decodeAtcInv(c0Low, c0High, c1Low, c1High, sid);
        return;
      default:
        this.decodeConfig(c0Low, c0High, c1Low, sid);
    }
  }

  /** Number in `contexts` of the one context (firstGroup, member) covered, or UNKNOWN; once found, never searched for again. */
  contextIn(contexts: ContextTable): number {
    if (this.resolvedIn !== contexts || this.resolved === UNKNOWN) {
      this.resolvedIn = contexts;
      this.resolved = contexts.find(this.firstGroup, this.member);
    }
    return this.resolved;
  }

  /**
   * ATC_INV: 2^SIZE pages, naturally aligned; 52 is everything. Without SSV (or with GLOBAL) the range goes in every
   * PASID and in none; with SSV only in that PASID (L §1.3).
   */
  private decodeAtcInv(c0Low: number, c0High: number, c1Low: number, c1High: number, sid: number): void {
    this.domain = Domain.Atc;
    this.firstGroup = sid >= 0 ? sid : sidOf(c0High);
    this.lastGroup = this.firstGroup;
    this.member = ssvOf(c0Low) && !globalOf(c0Low) ? ssidOf(c0Low) : Member.Any;
    const pages = atcPages(c1Low);
    const page = pageOfCommand(c1Low, c1High);
    this.cover(page - (page % pages), pages, false);
  }

  /** CFGI_*: one stream, an aligned block of 2^(RANGE+1) streams, or all (RANGE = 31); else nothing. */
  private decodeConfig(c0Low: number, c0High: number, c1Low: number, sid: number): void {
    this.domain = Domain.Config;
    this.firstGroup = sid >= 0 ? sid : sidOf(c0High);
    this.lastGroup = this.firstGroup;
    switch (opcodeOf(c0Low)) {
      case Opcode.CFGI_STE:
      case Opcode.CFGI_CD_ALL:
        return;
      case Opcode.CFGI_CD:
        this.member = ssidOf(c0Low);
        return;
      case Opcode.CFGI_STE_RANGE: {
        const streams = 2 ** (cfgiRangeOf(c1Low) + 1);
        const all = cfgiRangeOf(c1Low) === CFGI_RANGE_ALL;
        this.firstGroup = all ? ANY_STREAM : this.firstGroup - (this.firstGroup % streams);
        this.lastGroup = all ? LAST_GROUP : this.firstGroup + streams - 1;
        return;
      }
      default:
        this.domain = Domain.None;
    }
  }

  /** True if only entries of some level go, of those that the range covers. */
  get narrowsToLevel(): boolean {
    return this.isTtlStrict && this.aboveLog2 > 0;
  }

  /** True if the TTL lets a leaf entry of a page or block of 2^leafLog2 bytes go; 0 = not known, so it may be of any level. */
  reachesLeaf(leafLog2: number): boolean {
    return leafLog2 === 0 || (leafLog2 >= this.levelLog2 && leafLog2 < this.aboveLog2);
  }

  /** True if the TTL lets a table descriptor that covers 2^sizeLog2 bytes go: it is above the named level. */
  reachesTable(sizeLog2: number): boolean {
    return sizeLog2 >= this.aboveLog2;
  }

  private nameLevel(c1Low: number): void {
    if (ttlLevelOf(c1Low) === 0) return;
    this.levelLog2 = ttlSmallestLog2(c1Low);
    this.aboveLog2 = ttlAboveLog2(c1Low);
  }

  private cover(firstPage: number, pages: number, leafOnly: boolean): void {
    this.firstPage = firstPage;
    this.lastPage = Math.min(firstPage + pages - 1, LAST_PAGE);
    this.leafOnly = leafOnly;
  }
}

/** True if a scope's `member` covers an entry whose member is `member` (NONE = −1). */
export function coversMember(scopeMember: number, member: number): boolean {
  if (scopeMember === Member.Any) return true;
  if (scopeMember === Member.Present) return member >= 0;
  return scopeMember === member;
}
