/**
 * The payload of every event line that matters, read field by field in the order of its printf format (facts M §2.6) and
 * handed to the part that understands it.
 */
import { Outcome } from '../../trace/events.js';
import { PAGE_SHIFT } from '../../trace/units.js';
import { type CommandAssembly, opcodeOfPrintedName } from './command-assembly.js';
import { LineKind, Version } from './event-names.js';
import { type GuestThread, NO_COMMAND } from './guest-thread.js';
import { ascii, type LineCursor } from './line-cursor.js';
import type { Publication } from './publication.js';
import type { TranslationJoin } from './translation-join.js';

/** What became of a line. */
export const LineResult = { Event: 0, Context: 1, UnknownCommand: 2 } as const;
export type LineResult = (typeof LineResult)[keyof typeof LineResult];

/** More granules than any 5-bit NUM and SCALE can name. */
const MAX_GRANULES = 2 ** 37;
const MAX_GRANULE_HIGH_PAGES = MAX_GRANULES / 2 ** PAGE_SHIFT;

const CONFIG_HIT = ascii('Config cache HIT for sid=0x');
const CONFIG_MISS = ascii('Config cache MISS for sid=0x');
const LOOKUP_HIT = ascii('IOTLB cache HIT asid=');
const LOOKUP_MISS = ascii('IOTLB cache MISS asid=');
const INSERT = ascii('IOTLB ++ asid=');
const INVALIDATE = ascii('IOTLB invalidate ');
const ARROW = ascii('<--- ');
const ASID = ascii('asid=');
const VMID = ascii('vmid=');
const SPACE_VMID = ascii(' vmid=');
const SPACE_ASID = ascii(' asid=');
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
const NUM_PAGES = ascii(' num_pages=0x');
const TTL = ascii(' ttl=');
const LEAF = ascii(' leaf=');
const STAGE = ascii(' stage=');
const SID = ascii(' sid=0x');
const BARE_SID = ascii('sid=0x');
const IOVA = ascii(' iova=0x');
const TRANSLATED = ascii(' translated=0x');
const PERM = ascii(' perm=0x');
const BYPASS = ascii(' STE bypass iova:0x');
const DISABLED = ascii(' bypass (smmu disabled) iova:0x');
const ABORT = ascii(' abort on iova:0x');
const IS_WRITE = ascii(' is_write=');
const STREAM_ID = ascii('streamid= 0x');
const START = ascii('start=0x');
const END = ascii(' - end=0x');
const PROD = ascii('prod=');
const CONS = ascii(' cons=');
const PROD_WRAP = ascii(' prod.wrap=');
const CONS_WRAP = ascii(' cons.wrap=');
const MMIO_ADDR = ascii('addr: 0x');
const MMIO_VALUE = ascii(' val:0x');
const MMIO_SIZE = ascii(' size: 0x');
const TABLE_0 = ascii('TT[0]:tsz:');
const TTB = ascii(' ttb:0x');
const GRANULE = ascii(' granule_sz:');

/** Reads payloads. Every method leaves `cursor.failed` set if the line is not what its event prints. */
export class LineHandlers {
  /** Highest version that payloads gave evidence of. */
  version: number = Version.Unknown;

  constructor(
    private readonly commands: CommandAssembly,
    private readonly publication: Publication,
    private readonly translations: TranslationJoin,
    private readonly threads: ReadonlyMap<number, GuestThread>,
  ) {}

  /** Act on one line of `kind`; nothing happens if the payload is malformed. */
  handle(kind: number, cursor: LineCursor, thread: GuestThread, timeNs: number, line: number): LineResult {
    if (kind !== LineKind.WriteMmio) this.publication.settle();
    switch (kind) {
      case LineKind.ConfigHit:
      case LineKind.ConfigMiss:
        return this.configured(cursor, thread, kind === LineKind.ConfigHit);
      case LineKind.LookupHit:
      case LineKind.LookupMiss:
        return this.lookedUp(cursor, thread, kind === LineKind.LookupHit, timeNs, line);
      case LineKind.Insert:
        return this.inserted(cursor, thread);
      case LineKind.Success:
        return this.succeeded(cursor, thread, timeNs, line);
      case LineKind.Bypass:
        return this.notTranslated(cursor, thread, BYPASS, Outcome.Bypass, timeNs, line);
      case LineKind.Abort:
        return this.notTranslated(cursor, thread, ABORT, Outcome.Abort, timeNs, line);
      case LineKind.Disabled:
        return this.notTranslated(cursor, thread, DISABLED, Outcome.Disabled, timeNs, line);
      case LineKind.InvalidPte:
        thread.walkFailed = true;
        return LineResult.Context;
      case LineKind.TranslationTable:
        return this.translationTable(cursor, thread);
      case LineKind.FaultRecord:
        return this.faulted(cursor, thread, line);
      case LineKind.Consume:
        return this.consumed(cursor, thread);
      case LineKind.ConsumeOut:
        this.translations.commandSeen(this.threads.values());
        this.publication.endOfDrain(thread, timeNs, line);
        return LineResult.Context;
      case LineKind.Opcode:
        return this.opcode(cursor, thread, timeNs, line);
      case LineKind.WriteMmio:
      case LineKind.ReadMmio:
        return this.mmio(cursor, thread, kind === LineKind.WriteMmio, timeNs, line);
      case LineKind.Context:
        return LineResult.Context;
      default:
        return this.operands(kind, cursor, thread, line);
    }
  }

  private configured(c: LineCursor, thread: GuestThread, hit: boolean): LineResult {
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

  private lookedUp(c: LineCursor, thread: GuestThread, hit: boolean, timeNs: number, line: number): LineResult {
    c.literal(hit ? LOOKUP_HIT : LOOKUP_MISS);
    const asid = c.identifier();
    const vmid = this.optionalVmid(c);
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

  private inserted(c: LineCursor, thread: GuestThread): LineResult {
    c.literal(INSERT);
    const asid = c.identifier();
    const vmid = this.optionalVmid(c);
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

  private succeeded(c: LineCursor, thread: GuestThread, timeNs: number, line: number): LineResult {
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
    const stage = this.optionalStage(c);
    c.endOfLine();
    if (!c.failed) this.translations.succeeded(thread, sid, page, offset, targetPage, stage, timeNs, line);
    return LineResult.Event;
  }

  private notTranslated(
    c: LineCursor,
    thread: GuestThread,
    reason: Uint8Array,
    outcome: number,
    timeNs: number,
    line: number,
  ): LineResult {
    c.skipWord();
    c.literal(SID);
    const sid = c.hex32();
    c.literal(reason);
    c.address();
    const { page, offset } = c;
    c.literal(IS_WRITE);
    c.decimalWithin(0, 1);
    c.endOfLine();
    if (!c.failed) this.translations.notTranslated(thread, outcome, sid, page, offset, timeNs, line);
    return LineResult.Event;
  }

  /** Only the first table counts; devices that use both halves of the address space give them one granule. */
  private translationTable(c: LineCursor, thread: GuestThread): LineResult {
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

  private faulted(c: LineCursor, thread: GuestThread, line: number): LineResult {
    c.skipWord();
    c.literal(SID);
    const sid = c.hex32();
    c.endOfLine();
    if (!c.failed) this.translations.faulted(thread, sid, line);
    return LineResult.Event;
  }

  private consumed(c: LineCursor, thread: GuestThread): LineResult {
    c.literal(PROD);
    const prod = c.decimal();
    c.literal(CONS);
    const cons = c.decimal();
    c.literal(PROD_WRAP);
    const prodWrap = c.decimalWithin(0, 1);
    c.literal(CONS_WRAP);
    const consWrap = c.decimalWithin(0, 1);
    c.endOfLine();
    if (c.failed) return LineResult.Event;
    this.commandSeen(thread);
    this.commands.finish(thread);
    thread.prodIndex = prod;
    thread.prodWrap = prodWrap;
    thread.consIndex = cons;
    thread.consWrap = consWrap;
    return LineResult.Event;
  }

  private opcode(c: LineCursor, thread: GuestThread, timeNs: number, line: number): LineResult {
    c.literal(ARROW);
    if (c.failed) return LineResult.Event;
    this.commandSeen(thread);
    const opcode = opcodeOfPrintedName(c.bytes, c.at, c.end);
    if (opcode < 0) {
      this.commands.finish(thread);
      return LineResult.UnknownCommand;
    }
    this.commands.start(thread, opcode, timeNs, line);
    return LineResult.Event;
  }

  private mmio(c: LineCursor, thread: GuestThread, isWrite: boolean, timeNs: number, line: number): LineResult {
    c.literal(MMIO_ADDR);
    const register = c.hex32();
    c.literal(MMIO_VALUE);
    c.address();
    const value = c.lowWord();
    c.literal(MMIO_SIZE);
    if (c.failed) return LineResult.Event;
    const isEvent = isWrite
      ? this.publication.write(thread, register, value, timeNs, line)
      : this.publication.read(thread, register, value, timeNs, line);
    return isEvent ? LineResult.Event : LineResult.Context;
  }

  /** Lines that tell what a command acts on. */
  private operands(kind: number, c: LineCursor, thread: GuestThread, line: number): LineResult {
    switch (kind) {
      case LineKind.RangeInvalidation:
        return this.rangePiece(c, thread, line);
      case LineKind.NhAsid: {
        c.literal(ASID);
        const asid = c.identifier();
        if (!c.failed && this.commands.takesOperands(thread, line)) thread.asid = Math.max(0, asid);
        break;
      }
      case LineKind.Nh:
        // Empty before 9.1; 7.2 prints it for NSNH_ALL too.
        if (c.at === c.end) return LineResult.Context;
        this.readVmid(c, thread, line);
        break;
      case LineKind.S12Vmid:
        this.readVmid(c, thread, line);
        break;
      case LineKind.InvAsidVmid:
      case LineKind.InvVmid:
        // The effect of a command, not an operand line, and the only one that shows the VMID of TLBI_NH_ASID.
        c.literal(INVALIDATE);
        if (kind === LineKind.InvAsidVmid) {
          c.literal(ASID);
          c.identifier();
          c.literal(SPACE_VMID);
        } else {
          c.literal(VMID);
        }
        if (thread.opcode === NO_COMMAND) return LineResult.Context;
        thread.vmid = Math.max(0, c.identifier());
        break;
      case LineKind.CfgiSte:
        c.literal(STREAM_ID);
        this.readSid(c, thread, line);
        break;
      case LineKind.CfgiCd:
        c.literal(BARE_SID);
        this.readSid(c, thread, line);
        break;
      case LineKind.CfgiSteRange: {
        c.literal(START);
        const start = c.hex32();
        c.literal(END);
        const end = c.hex32();
        if (c.failed || !this.commands.takesOperands(thread, line)) break;
        thread.sid = start;
        thread.sidEnd = end;
        break;
      }
    }
    c.endOfLine();
    return LineResult.Event;
  }

  private rangePiece(c: LineCursor, thread: GuestThread, line: number): LineResult {
    c.literal(VMID);
    const vmid = c.identifier();
    c.literal(SPACE_ASID);
    const asid = c.identifier();
    c.literal(ADDR);
    c.address();
    const { page } = c;
    c.literal(TG);
    const tg = c.decimalWithin(0, 3);
    c.literal(NUM_PAGES);
    c.address();
    const granules = c.page * 2 ** PAGE_SHIFT + c.offset;
    if (c.page >= MAX_GRANULE_HIGH_PAGES) c.failed = true;
    c.literal(TTL);
    const ttl = c.decimalWithin(0, 3);
    c.literal(LEAF);
    const leaf = c.decimalWithin(0, 1);
    this.optionalStage(c);
    c.endOfLine();
    if (!c.failed && this.commands.takesOperands(thread, line)) {
      thread.range.add(asid, vmid, page, tg, granules, ttl, leaf);
    }
    return LineResult.Event;
  }

  private readVmid(c: LineCursor, thread: GuestThread, line: number): void {
    c.literal(VMID);
    const vmid = c.identifier();
    if (!c.failed && this.commands.takesOperands(thread, line)) thread.vmid = Math.max(0, vmid);
  }

  private readSid(c: LineCursor, thread: GuestThread, line: number): void {
    const sid = c.hex32();
    if (!c.failed && this.commands.takesOperands(thread, line)) thread.sid = sid;
  }

  /** ` vmid=` after the ASID of lookup and insertion lines, from 8.1. */
  private optionalVmid(c: LineCursor): number {
    if (!c.accept(SPACE_VMID)) {
      if (this.version < Version.V7) this.version = Version.V7;
      return -1;
    }
    if (this.version < Version.V8) this.version = Version.V8;
    return c.identifier();
  }

  /** ` stage=` at the end of range and success lines, from 9.1; 0 without it. */
  private optionalStage(c: LineCursor): number {
    if (!c.accept(STAGE)) return 0;
    if (this.version < Version.V9) this.version = Version.V9;
    return c.decimalWithin(1, 3);
  }

  /** A vCPU consumes commands: a translation that this thread or, without result lines, any thread had begun is over. */
  private commandSeen(thread: GuestThread): void {
    this.translations.commandSeen(this.threads.values());
    if (thread.hasOwnId) this.translations.close(thread);
  }
}
