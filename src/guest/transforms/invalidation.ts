/**
 * From commands back to what the driver was asked to invalidate.
 *
 * The driver turns one request (start, size, granule, leaf) into several commands: one per granule, or one per five bits
 * of the page count (facts L §2.2, §2.3). A run of commands that each begin where the one before ended, alike in all but
 * NUM and SCALE, is taken as one request.
 *
 * Without range support a command names only where a page or block begins. A run with an even step is a run of blocks of
 * that size if the ASID was seen with such blocks (page-sizes.ts); of a single command the size is not known unless the
 * ASID was never seen with anything but 4 KiB pages.
 */
import { asidOf, leafOf, opcodeOf, pageOfCommand, tgOf, tlbiPages, ttlOf, vmidOf } from '../../trace/command.js';
import { EventFlag } from '../../trace/events.js';
import { Opcode } from '../../trace/opcodes.js';
import { granuleLog2OfTg, PAGE_SHIFT } from '../../trace/units.js';
import type { CommandList } from './command-list.js';
import type { PageSizes } from './page-sizes.js';

/** One request, as far as its commands tell. */
export interface Invalidation {
  /** First and one past last command in their list. */
  readonly from: number;
  readonly to: number;
  readonly opcode: number;
  /** ASID of a stage-1 TLBI, VMID of a TLBI_S2_IPA. */
  readonly contextId: number;
  /** 4 KiB pages. */
  readonly page: number;
  readonly pages: number;
  readonly leaf: boolean;
  /** TG field; 0: without range support. */
  readonly tg: number;
  /** log2 of the page or block that was unmapped. */
  readonly granuleLog2: number;
  /** False where a single command without range support may mean a page or a block. */
  readonly isSizeKnown: boolean;
}

/** TLBIs by address that the Linux driver sends, with the command for their whole context (facts L §1.1, §2.1). */
const CONTEXT_OPCODE = new Map<number, number>([
  [Opcode.TLBI_NH_VA, Opcode.TLBI_NH_ASID],
  [Opcode.TLBI_EL2_VA, Opcode.TLBI_EL2_ASID],
  [Opcode.TLBI_S2_IPA, Opcode.TLBI_S12_VMALL],
]);
const CONTEXT_OPCODES = new Set(CONTEXT_OPCODE.values());

/** The command that invalidates everything of the context of `opcode`, a TLBI by address of the driver's. */
export function contextOpcode(opcode: number): number | undefined {
  return CONTEXT_OPCODE.get(opcode);
}

/** True for a TLBI of a whole context (ASID or VMID). */
export function isContextTlbi(opcode: number): boolean {
  return CONTEXT_OPCODES.has(opcode);
}

/** True if `opcode` selects by VMID, not by ASID. */
export function isStage2(opcode: number): boolean {
  return opcode === Opcode.TLBI_S2_IPA || opcode === Opcode.TLBI_S12_VMALL;
}

/** ASID or VMID that selects the context of a TLBI. */
export function contextIdOf(opcode: number, c0High: number): number {
  return isStage2(opcode) ? vmidOf(c0High) : asidOf(c0High);
}

/** True if command `at` is a TLBI by address that the driver sends and whose operands are known. */
export function isDriverTlbi(list: CommandList, at: number): boolean {
  return CONTEXT_OPCODE.has(opcodeOf(list.c0Low[at])) && (list.flags[at] & EventFlag.OpcodeOnly) === 0;
}

/** The request that begins with command `from`, which is a driver's TLBI by address; it ends before command `end`. */
export function invalidationAt(list: CommandList, from: number, end: number, sizes: PageSizes): Invalidation {
  return tgOf(list.c1Low[from]) === 0 ? pageByPage(list, from, end, sizes) : byRange(list, from, end);
}

/** All fields in one literal: one is made per invalidation of a trace. */
function invalidation(
  list: CommandList,
  from: number,
  to: number,
  pages: number,
  granuleLog2: number,
  isSizeKnown: boolean,
): Invalidation {
  const opcode = opcodeOf(list.c0Low[from]);
  return {
    from,
    to,
    opcode,
    contextId: contextIdOf(opcode, list.c0High[from]),
    page: pageAt(list, from),
    pages,
    leaf: leafOf(list.c1Low[from]),
    tg: tgOf(list.c1Low[from]),
    granuleLog2,
    isSizeKnown,
  };
}

function byRange(list: CommandList, from: number, end: number): Invalidation {
  const page = pageAt(list, from);
  let pages = tlbiPages(list.c0Low[from], list.c1Low[from]);
  let to = from + 1;
  while (to < end && isAlike(list, from, to) && pageAt(list, to) === page + pages) {
    pages += tlbiPages(list.c0Low[to], list.c1Low[to]);
    to++;
  }
  const log2 = blockLog2(list.c1Low[from], tgOf(list.c1Low[from]), page, pages);
  return invalidation(list, from, to, pages, log2, true);
}

/** log2 of the block that TTL names, if the range is made of such blocks; else the granule. */
function blockLog2(c1Low: number, tg: number, page: number, pages: number): number {
  const granule = granuleLog2OfTg(tg);
  const ttl = ttlOf(c1Low);
  if (ttl === 0) return granule;
  const log2 = granule + (3 - ttl) * (granule - 3);
  const unit = 2 ** (log2 - PAGE_SHIFT);
  return page % unit === 0 && pages % unit === 0 ? log2 : granule;
}

function pageByPage(list: CommandList, from: number, end: number, sizes: PageSizes): Invalidation {
  const page = pageAt(list, from);
  const contextId = contextIdOf(opcodeOf(list.c0Low[from]), list.c0High[from]);
  const isNext = (at: number) => at < end && isAlike(list, from, at);
  const step = isNext(from + 1) ? pageAt(list, from + 1) - page : 0;
  const log2 = step > 0 ? PAGE_SHIFT + Math.log2(step) : 0;
  if (step !== 1 && !(Number.isInteger(log2) && log2 > 0 && page % step === 0 && sizes.has(contextId, log2))) {
    return invalidation(list, from, from + 1, 1, PAGE_SHIFT, !sizes.hasBlocks(contextId));
  }
  let to = from + 2;
  while (isNext(to) && pageAt(list, to) === page + (to - from) * step) to++;
  return invalidation(list, from, to, (to - from) * step, log2, true);
}

/** Same command but for NUM, SCALE and address. */
function isAlike(list: CommandList, a: number, b: number): boolean {
  const RANGE_FIELDS = 0x01f1f000;
  return (
    (list.c0Low[a] & ~RANGE_FIELDS) === (list.c0Low[b] & ~RANGE_FIELDS) &&
    list.c0High[a] === list.c0High[b] &&
    (list.c1Low[a] & 0xfff) === (list.c1Low[b] & 0xfff) &&
    (list.flags[b] & EventFlag.OpcodeOnly) === 0
  );
}

const pageAt = (list: CommandList, at: number): number => pageOfCommand(list.c1Low[at], list.c1High[at]);
