/**
 * What each command covers, said once more in words and in BigInts: the reading of facts L §1.3 and M §2.2 that the model
 * is held against. Shares nothing with `src/smmu` but the architecture's field table.
 */
import { type CommandWords, decodeCommand } from '../../../src/trace/command.js';
import { opcodeKey } from '../../../src/trace/opcodes.js';

/** How a structure files its entries. */
export type Filing = 'translation' | 'table' | 'atc' | 'config';

/** One entry of a naive structure. */
export interface NaiveEntry {
  /** First 4 KiB page, and log2 of the bytes. */
  readonly base: bigint;
  readonly sizeLog2: number;
  /** VMID or SID. */
  readonly group: number;
  /** ASID or SSID; −1 = none. */
  readonly member: number;
  /** log2 of the page or block in the tables, of which a translation may be a part; 0 or absent = not known. */
  readonly leafLog2?: number;
}

const PAGES = 1n << 52n;

/** 4 KiB pages in an entry. */
const pagesOfEntry = (sizeLog2: number): bigint => 1n << BigInt(sizeLog2 - 12);

/** True if the entry holds the page. */
export function holds(entry: NaiveEntry, page: bigint): boolean {
  return page >= entry.base && page < entry.base + pagesOfEntry(entry.sizeLog2);
}

function overlaps(entry: NaiveEntry, first: bigint, pages: bigint): boolean {
  const end = first + pages < PAGES ? first + pages : PAGES;
  return entry.base < end && entry.base + pagesOfEntry(entry.sizeLog2) > first;
}

/**
 * True if hardware takes the entry away for the command. A strict one keeps what is not at the level that the TTL names: of
 * leaves those of another level, of tables those that are not above it.
 */
export function removes(
  words: CommandWords,
  targetSid: number,
  filing: Filing,
  entry: NaiveEntry,
  isStrict: boolean,
): boolean {
  if (!covers(words, targetSid, filing, entry)) return false;
  const { TTL = 0, TG = 0 } = decodeCommand(words);
  if (!isStrict || TTL === 0 || TG === 0 || (TTL === 1 && TG === 2)) return true;
  const granule = { 1: 12, 2: 14, 3: 16 }[TG] as number;
  const levelOf = (log2: number): number => {
    let level = 3;
    while (granule + (3 - (level - 1)) * (granule - 3) <= log2) level--;
    return level;
  };
  if (filing === 'table') return levelOf(entry.sizeLog2) < TTL;
  return !entry.leafLog2 || levelOf(entry.leafLog2) === TTL;
}

/** True if the guest’s command is about the entry; `targetSid` ≥ 0 replaces its StreamID. */
export function covers(words: CommandWords, targetSid: number, filing: Filing, entry: NaiveEntry): boolean {
  const fields = decodeCommand(words);
  const sid = targetSid >= 0 ? targetSid : (fields.SID ?? 0);
  const page = BigInt(fields.ADDR ?? 0);
  const isTranslation = filing === 'translation' || filing === 'table';
  const inRange = (): boolean => {
    const isRange = (fields.TG ?? 0) !== 0;
    const granules = isRange ? BigInt((fields.NUM ?? 0) + 1) << BigInt(fields.SCALE ?? 0) : 1n;
    const granulePages = isRange ? 1n << BigInt(2 * ((fields.TG ?? 0) - 1)) : 1n;
    const isKept = filing === 'table' && fields.LEAF === 1;
    return !isKept && overlaps(entry, page, granules * granulePages);
  };
  const isVm = isTranslation && entry.group === fields.VMID;
  switch (opcodeKey(words[0])) {
    case 'TLBI_NH_VA':
      return isVm && entry.member === fields.ASID && inRange();
    case 'TLBI_NH_VAA':
      return isVm && entry.member >= 0 && inRange();
    case 'TLBI_S2_IPA':
      return isVm && entry.member === -1 && inRange();
    case 'TLBI_NH_ASID':
      return isVm && entry.member === fields.ASID;
    case 'TLBI_NH_ALL':
      return isVm && entry.member >= 0;
    case 'TLBI_S12_VMALL':
      return isVm;
    case 'TLBI_NSNH_ALL':
      return isTranslation;
    case 'ATC_INV': {
      if (filing !== 'atc' || entry.group !== sid) return false;
      const isOnePasid = fields.SSV === 1 && fields.GLOBAL === 0;
      if (isOnePasid && entry.member !== fields.SSID) return false;
      const pages = 1n << BigInt(Math.min(fields.SIZE ?? 0, 52));
      return overlaps(entry, (page / pages) * pages, pages);
    }
    case 'CFGI_STE':
    case 'CFGI_CD_ALL':
      return filing === 'config' && entry.group === sid;
    case 'CFGI_CD':
      return filing === 'config' && entry.group === sid && entry.member === fields.SSID;
    case 'CFGI_STE_RANGE': {
      const streams = 2 ** ((fields.RANGE ?? 0) + 1);
      return filing === 'config' && Math.floor(entry.group / streams) === Math.floor(sid / streams);
    }
    default:
      return false;
  }
}
