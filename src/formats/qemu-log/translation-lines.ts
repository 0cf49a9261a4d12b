/**
 * Payloads of the lines of a translation, read in the order of their printf formats (facts M §2.6).
 */
import { Outcome } from '../../trace/events.js';
import { ascii, type LineCursor } from '../text/line-cursor.js';
import { Version } from './event-names.js';
import type { GuestThread } from './guest-thread.js';
import { LineResult } from './line-result.js';
import type { TranslationJoin } from './translation-join.js';
import { readOptionalStage, type VersionEvidence } from './version-evidence.js';

const CONFIG_HIT = ascii('Config cache HIT for sid=0x');
const CONFIG_MISS = ascii('Config cache MISS for sid=0x');
const LOOKUP_HIT = ascii('IOTLB cache HIT asid=');
const LOOKUP_MISS = ascii('IOTLB cache MISS asid=');
const INSERT = ascii('IOTLB ++ asid=');
const SPACE_VMID = ascii(' vmid=');
const ADDR = ascii(' addr=0x');
const HIT = ascii(' hit=');
const MISS = ascii(' miss=');
const HIT_RATE = ascii(' hit rate=');
const HITS = ascii(' (hits=');
const MISSES = ascii(', misses=');
const COMMA_HIT_RATE = ascii(', hit rate=');
const CLOSE = ascii(')');
const TG = ascii(' tg=');
const LEVEL = ascii(' level=');
const SID = ascii(' sid=0x');
const IOVA = ascii(' iova=0x');
const TRANSLATED = ascii(' translated=0x');
const PERM = ascii(' perm=0x');
const IS_WRITE = ascii(' is_write=');
const TABLE_0 = ascii('TT[0]:tsz:');
const TTB = ascii(' ttb:0x');
const GRANULE = ascii(' granule_sz:');
const BYPASS = ascii(' STE bypass iova:0x');
const DISABLED = ascii(' bypass (smmu disabled) iova:0x');
const ABORT = ascii(' abort on iova:0x');

/** -1 in 16 bits. */
const UNSIGNED_NONE = 0xffff;

/** Text between stream and address, by Outcome. */
const REASON_OF_OUTCOME: Readonly<Record<number, Uint8Array>> = {
  [Outcome.Bypass]: BYPASS,
  [Outcome.Abort]: ABORT,
  [Outcome.Disabled]: DISABLED,
};

/** Every method leaves `failed` of the cursor set, and does nothing else, if the line is not what its event prints. */
export class TranslationLines {
  constructor(
    private readonly translations: TranslationJoin,
    private readonly evidence: VersionEvidence,
  ) {}

  /** `smmuv3_config_cache_hit` or `_miss`. */
  configured(c: LineCursor, thread: GuestThread, hit: boolean): LineResult {
    c.literal(hit ? CONFIG_HIT : CONFIG_MISS);
    const sid = c.hex32();
    c.literal(HITS);
    c.decimal();
    c.literal(MISSES);
    c.decimal();
    c.literal(COMMA_HIT_RATE);
    c.decimal();
    c.literal(CLOSE);
    c.endOfLine();
    if (!c.failed) this.translations.configured(thread, sid, hit);
    return LineResult.Event;
  }

  /** `smmu_iotlb_lookup_hit` or `_miss`. */
  lookedUp(c: LineCursor, thread: GuestThread, hit: boolean, timeNs: number, line: number): LineResult {
    c.literal(hit ? LOOKUP_HIT : LOOKUP_MISS);
    const printedAsid = c.identifier();
    const printedVmid = this.optionalVmid(c);
    const vmid = this.signed(printedVmid);
    const asid = printedVmid < 0 ? printedAsid : this.signed(printedAsid);
    c.literal(ADDR);
    c.address();
    const { page, offset } = c;
    c.literal(HIT);
    c.decimal();
    c.literal(MISS);
    c.decimal();
    c.literal(HIT_RATE);
    c.decimal();
    c.endOfLine();
    if (!c.failed) this.translations.lookedUp(thread, hit, asid, vmid, page, offset, timeNs, line);
    return LineResult.Event;
  }

  /** `smmu_iotlb_insert`. */
  inserted(c: LineCursor, thread: GuestThread): LineResult {
    c.literal(INSERT);
    const printedAsid = c.identifier();
    const printedVmid = this.optionalVmid(c);
    const vmid = this.signed(printedVmid);
    const asid = printedVmid < 0 ? printedAsid : this.signed(printedAsid);
    c.literal(ADDR);
    c.address();
    const { page } = c;
    c.literal(TG);
    const granuleLog2 = c.granule();
    c.literal(LEVEL);
    const level = c.decimalWithin(0, 3);
    c.endOfLine();
    if (!c.failed) this.translations.inserted(thread, asid, vmid, page, granuleLog2, level);
    return LineResult.Event;
  }

  /** `smmuv3_translate_success`. */
  succeeded(c: LineCursor, thread: GuestThread, timeNs: number, line: number): LineResult {
    c.skipWord();
    c.literal(SID);
    const sid = c.hex32();
    c.literal(IOVA);
    c.address();
    const { page, offset } = c;
    c.literal(TRANSLATED);
    c.address();
    const targetPage = c.page;
    c.literal(PERM);
    c.hex32();
    const stage = readOptionalStage(c, this.evidence);
    c.endOfLine();
    if (!c.failed) this.translations.succeeded(thread, sid, page, offset, targetPage, stage, timeNs, line);
    return LineResult.Event;
  }

  /** `smmuv3_translate_bypass`, `_abort` or `_disable`. */
  notTranslated(c: LineCursor, thread: GuestThread, outcome: number, timeNs: number, line: number): LineResult {
    c.skipWord();
    c.literal(SID);
    const sid = c.hex32();
    c.literal(REASON_OF_OUTCOME[outcome]);
    c.address();
    const { page, offset } = c;
    c.literal(IS_WRITE);
    c.decimalWithin(0, 1);
    c.endOfLine();
    if (!c.failed) this.translations.notTranslated(thread, outcome, sid, page, offset, timeNs, line);
    return LineResult.Event;
  }

  /** Only the first table counts; devices that use both halves of the address space give them one granule. */
  translationTable(c: LineCursor, thread: GuestThread): LineResult {
    if (!c.accept(TABLE_0)) return LineResult.Context;
    c.decimal();
    c.literal(TTB);
    c.address();
    c.literal(GRANULE);
    const granuleLog2 = c.decimal();
    const isGranule = granuleLog2 === 12 || granuleLog2 === 14 || granuleLog2 === 16;
    if (!c.failed && isGranule) this.translations.descriptor(thread, granuleLog2);
    return LineResult.Context;
  }

  /** `smmuv3_record_event`. */
  faulted(c: LineCursor, thread: GuestThread, line: number): LineResult {
    c.skipWord();
    c.literal(SID);
    const sid = c.hex32();
    c.endOfLine();
    if (!c.failed) this.translations.faulted(thread, sid, line);
    return LineResult.Event;
  }

  /** ` vmid=` after the ASID of lookup and insertion lines, from 8.1. */
  /** 8.1 to 9.0 keep IDs in 16 bits and print "none" as 65535; 9.1 on print -1, and 65535 is then an ID (facts M §2.1). */
  private signed(id: number): number {
    return id === UNSIGNED_NONE && this.evidence.isBefore(Version.V9) ? -1 : id;
  }

  private optionalVmid(c: LineCursor): number {
    if (!c.accept(SPACE_VMID)) {
      this.evidence.atLeast(Version.V7);
      return -1;
    }
    this.evidence.atLeast(Version.V8);
    return c.identifier();
  }
}
