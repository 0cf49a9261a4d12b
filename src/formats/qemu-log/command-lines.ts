/**
 * Payloads of the lines of the command queue, read in the order of their printf formats (facts M §2.6).
 */
import { isAddressTlbi } from '../../trace/command.js';
import { Opcode, opcodeClass } from '../../trace/opcodes.js';
import { PAGE_SHIFT } from '../../trace/units.js';
import { ascii, type LineCursor } from '../text/line-cursor.js';
import { type CommandAssembly, opcodeOfPrintedName } from './command-assembly.js';
import { LineKind } from './event-names.js';
import { type GuestThread, NO_COMMAND } from './guest-thread.js';
import { LineResult } from './line-result.js';
import type { Publication } from './publication.js';
import type { TranslationJoin } from './translation-join.js';
import { readOptionalStage, type VersionEvidence } from './version-evidence.js';

/** More granules than any 5-bit NUM and SCALE can name. */
const MAX_GRANULES = 2 ** 37;
const MAX_GRANULE_HIGH_PAGES = MAX_GRANULES / 2 ** PAGE_SHIFT;

const INVALIDATE = ascii('IOTLB invalidate ');
const ARROW = ascii('<--- ');
const ASID = ascii('asid=');
const VMID = ascii('vmid=');
const SPACE_VMID = ascii(' vmid=');
const SPACE_ASID = ascii(' asid=');
const ADDR = ascii(' addr=0x');
const TG = ascii(' tg=');
const NUM_PAGES = ascii(' num_pages=0x');
const TTL = ascii(' ttl=');
const LEAF = ascii(' leaf=');
const BARE_SID = ascii('sid=0x');
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

/** For which opcodes QEMU prints which operands. */
const isNhAsid = (opcode: number): boolean => opcode === Opcode.TLBI_NH_ASID;
const isTlbi = (opcode: number): boolean => opcodeClass(opcode) === 'tlbi';
const isCfgiSteRange = (opcode: number): boolean => opcode === Opcode.CFGI_STE_RANGE;
const namesStream = (opcode: number): boolean =>
  opcode === Opcode.CFGI_STE || opcode === Opcode.CFGI_CD || opcode === Opcode.CFGI_CD_ALL;

/** Every method leaves `failed` of the cursor set if the line is not what its event prints. */
export class CommandLines {
  constructor(
    private readonly commands: CommandAssembly,
    private readonly publication: Publication,
    private readonly translations: TranslationJoin,
    private readonly threads: ReadonlyMap<number, GuestThread>,
    private readonly evidence: VersionEvidence,
  ) {}

  /** `smmuv3_cmdq_consume_out`: the end of a drain. */
  drained(thread: GuestThread, timeNs: number, line: number): LineResult {
    this.translations.commandSeenBy(thread, this.threads.values());
    this.publication.endOfDrain(thread, timeNs, line);
    return LineResult.Context;
  }

  /** `smmuv3_cmdq_consume`. */
  consumed(c: LineCursor, thread: GuestThread, timeNs: number, line: number): LineResult {
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
    this.translations.commandSeenBy(thread, this.threads.values());
    this.commands.finish(thread);
    this.publication.drainGoesOn(thread, timeNs);
    this.commands.follows(cons, consWrap, line);
    thread.prodIndex = prod;
    thread.prodWrap = prodWrap;
    thread.consIndex = cons;
    thread.consWrap = consWrap;
    return LineResult.Event;
  }

  /** `smmuv3_cmdq_opcode`. */
  opcode(c: LineCursor, thread: GuestThread, timeNs: number, line: number): LineResult {
    c.literal(ARROW);
    if (c.failed) return LineResult.Event;
    this.translations.commandSeenBy(thread, this.threads.values());
    this.commands.finish(thread);
    this.publication.drainGoesOn(thread, timeNs);
    const opcode = opcodeOfPrintedName(c.bytes, c.at, c.end);
    if (opcode < 0) return LineResult.UnknownCommand;
    this.commands.start(thread, opcode, timeNs, line);
    return LineResult.Event;
  }

  /** `smmuv3_write_mmio` or `smmuv3_read_mmio`. */
  mmio(c: LineCursor, thread: GuestThread, isWrite: boolean, timeNs: number, line: number): LineResult {
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
  operands(kind: number, c: LineCursor, thread: GuestThread, line: number): LineResult {
    switch (kind) {
      case LineKind.RangeInvalidation:
        return this.rangePiece(c, thread, line);
      case LineKind.NhAsid: {
        c.literal(ASID);
        const asid = c.identifier();
        if (!c.failed && this.commands.takesOperands(thread, isNhAsid, line)) thread.asid = Math.max(0, asid);
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
      case LineKind.InvVmid: {
        // The effect of a command, not an operand line, and the only one that shows the VMID of TLBI_NH_ASID.
        c.literal(INVALIDATE);
        if (kind === LineKind.InvAsidVmid) {
          c.literal(ASID);
          c.identifier();
          c.literal(SPACE_VMID);
        } else {
          c.literal(VMID);
        }
        if (thread.opcode === NO_COMMAND || !isTlbi(thread.opcode)) return LineResult.Context;
        const vmid = c.identifier();
        if (!c.failed) thread.vmid = Math.max(0, vmid);
        break;
      }
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
        if (c.failed || !this.commands.takesOperands(thread, isCfgiSteRange, line)) break;
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
    readOptionalStage(c, this.evidence);
    c.endOfLine();
    if (!c.failed && this.commands.takesOperands(thread, isAddressTlbi, line)) {
      thread.range.add(asid, vmid, page, tg, granules, ttl, leaf);
    }
    return LineResult.Event;
  }

  private readVmid(c: LineCursor, thread: GuestThread, line: number): void {
    c.literal(VMID);
    const vmid = c.identifier();
    if (!c.failed && this.commands.takesOperands(thread, isTlbi, line)) thread.vmid = Math.max(0, vmid);
  }

  private readSid(c: LineCursor, thread: GuestThread, line: number): void {
    const sid = c.hex32();
    if (!c.failed && this.commands.takesOperands(thread, namesStream, line)) thread.sid = sid;
  }
}
