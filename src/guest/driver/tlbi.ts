/**
 * An address TLBI as the guest's driver decides on it, before it becomes 128 bits.
 */
import type { CommandWords } from '../../trace/command.js';
import { Opcode } from '../../trace/opcodes.js';
import { highWordOfPage, lowWordOfPage, PAGE_SHIFT } from '../../trace/units.js';

/** One TLBI by address: field values as in the command (facts L §1.2), ADDR as a 4 KiB page number. */
export interface AddressTlbi {
  readonly num: number;
  readonly scale: number;
  readonly tg: number;
  readonly ttl: number;
  readonly leaf: boolean;
  readonly page: number;
}

/** A span of addresses to invalidate. */
export interface InvalidationRequest {
  /** 4 KiB page number of the first address. */
  readonly page: number;
  /** Bytes; a multiple of the granule in use. */
  readonly bytes: number;
  /** log2 of the block or page size that the caller unmapped (the gather's page size). */
  readonly granuleLog2: number;
  /** Only last-level entries changed. */
  readonly leaf: boolean;
}

/** `tlbi` as a TLBI_NH_VA for `asid` (the stage-1 guest's own opcode; VMID is the host's business). */
export function nhVaWords({ num, scale, tg, ttl, leaf, page }: AddressTlbi, asid: number): CommandWords {
  const c0Low = Opcode.TLBI_NH_VA | (num << 12) | (scale << 20);
  const c1Low = (lowWordOfPage(page) | (tg << 10) | (ttl << 8) | (leaf ? 1 : 0)) >>> 0;
  return [c0Low, (asid << 16) >>> 0, c1Low, highWordOfPage(page)];
}

/** 4 KiB pages in one unit of `log2` bytes. */
export function pagesPerUnit(log2: number): number {
  return 2 ** (log2 - PAGE_SHIFT);
}

/**
 * Number of units of 2^log2 bytes in `request`.
 * @throws RangeError unless start and size are whole units: the driver never sees anything else, and rounding here would
 *   hide a page that is never invalidated.
 */
export function wholeUnits(request: InvalidationRequest, log2: number): number {
  const { page, bytes } = request;
  if (!Number.isInteger(log2) || log2 < PAGE_SHIFT) throw new RangeError(`no page is of 2^${log2} bytes`);
  const units = bytes / 2 ** log2;
  if (!Number.isSafeInteger(units) || units < 0) {
    throw new RangeError(`${bytes} bytes are not a whole number of units of 2^${log2} bytes`);
  }
  if (!Number.isSafeInteger(page) || page < 0 || page % pagesPerUnit(log2) !== 0) {
    throw new RangeError(`4 KiB page ${page} does not begin a unit of 2^${log2} bytes`);
  }
  return units;
}
