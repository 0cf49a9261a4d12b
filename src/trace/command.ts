/**
 * The one encoder and decoder of 128-bit SMMUv3 commands.
 *
 * A command is four unsigned 32-bit parts: dw0 low, dw0 high, dw1 low, dw1 high. At the edges (CSV, reports, tests) it is
 * decoded to named fields; in hot loops the `…Of` functions below read one field from one part and allocate nothing.
 * Sources: facts L §1.2–1.3, M §2.2 (range rule, TG = 0), L §2.6 (ATC size).
 */
import { type FieldName, fieldsOf } from './command-fields.js';
import { Opcode, opcodeClass } from './opcodes.js';
import { granuleLog2OfTg, PAGE_SHIFT, pageOf } from './units.js';

/** Raw words of one command: `[dw0 low, dw0 high, dw1 low, dw1 high]`, each unsigned 32 bits. */
export type CommandWords = readonly [number, number, number, number];

/** Named field values of one command. ADDR is a 4 KiB page number. Fields that the opcode lacks are absent. */
export type CommandFields = Partial<Record<FieldName, number>>;

/** ATC_INV SIZE that means the whole address space (ATC_INV_SIZE_ALL). */
export const ATC_SIZE_ALL = 52;
/** CFGI_STE_RANGE RANGE that means every StreamID (CFGI_ALL). */
export const CFGI_RANGE_ALL = 31;

const TWO_32 = 2 ** 32;

/** Bits `shift … shift + bits - 1` of the 64-bit word `high:low`; exact for fields of up to 52 bits. */
export function extractField(low: number, high: number, shift: number, bits: number): number {
  if (shift >= 32) return Math.floor(high / 2 ** (shift - 32)) % 2 ** bits;
  const fromLow = Math.floor(low / 2 ** shift) % 2 ** bits;
  const bitsInHigh = shift + bits - 32;
  return bitsInHigh <= 0 ? fromLow : (high % 2 ** bitsInHigh) * 2 ** (32 - shift) + fromLow;
}

/** Decode the fields of the command `words`. */
export function decodeCommand(words: CommandWords): CommandFields {
  const fields: CommandFields = {};
  for (const spec of fieldsOf(words[0] & 0xff)) {
    fields[spec.name] = extractField(words[spec.word * 2], words[spec.word * 2 + 1], spec.low, spec.bits);
  }
  return fields;
}

/**
 * Encode `opcode` with the given fields; fields left out are zero.
 * @throws RangeError if a field does not exist in this command or does not fit its width.
 */
export function encodeCommand(opcode: number, fields: CommandFields = {}): CommandWords {
  const words: [number, number, number, number] = [0, 0, 0, 0];
  const specs = fieldsOf(opcode);
  const values: CommandFields = { ...fields, OP: opcode };
  for (const [name, value] of Object.entries(values)) {
    if (value === undefined) continue;
    const spec = specs.find((candidate) => candidate.name === name);
    if (spec === undefined) throw new RangeError(`opcode 0x${opcode.toString(16)} has no field ${name}`);
    if (!Number.isInteger(value) || value < 0 || value >= 2 ** spec.bits) {
      throw new RangeError(`${name}=${value} does not fit in ${spec.bits} bits`);
    }
    insertField(words, spec.word * 2, spec.low, value);
  }
  return [words[0] >>> 0, words[1] >>> 0, words[2] >>> 0, words[3] >>> 0];
}

/** OR `value` into the 64-bit word whose low half is `words[at]`, from bit `shift` up. */
export function insertField(words: number[], at: number, shift: number, value: number): void {
  if (shift >= 32) {
    words[at + 1] = (words[at + 1] | (value * 2 ** (shift - 32))) >>> 0;
    return;
  }
  const lowBits = 32 - shift;
  words[at] = (words[at] | ((value % 2 ** lowBits) * 2 ** shift)) >>> 0;
  words[at + 1] = (words[at + 1] | (Math.floor(value / 2 ** lowBits) % TWO_32)) >>> 0;
}

/** Opcode, dw0[7:0]. */
export const opcodeOf = (c0Low: number): number => c0Low & 0xff;
/** StreamID of a command that has one (unsigned). */
export const sidOf = (c0High: number): number => c0High >>> 0;
/** SubstreamID. */
export const ssidOf = (c0Low: number): number => c0Low >>> 12;
/** SubstreamID-valid bit. */
export const ssvOf = (c0Low: number): boolean => (c0Low & 0x800) !== 0;
/** ATC_INV GLOBAL bit. */
export const globalOf = (c0Low: number): boolean => (c0Low & 0x200) !== 0;
/** VMID of a TLBI. */
export const vmidOf = (c0High: number): number => c0High & 0xffff;
/** ASID of a TLBI. */
export const asidOf = (c0High: number): number => c0High >>> 16;
/** NUM of a range TLBI (granules per scale step, minus one). */
export const numOf = (c0Low: number): number => (c0Low >>> 12) & 31;
/** SCALE of a range TLBI. */
export const scaleOf = (c0Low: number): number => (c0Low >>> 20) & 31;
/** TG of an address TLBI. */
export const tgOf = (c1Low: number): number => (c1Low >>> 10) & 3;
/** TTL of an address TLBI. */
export const ttlOf = (c1Low: number): number => (c1Low >>> 8) & 3;
/** LEAF bit. */
export const leafOf = (c1Low: number): boolean => (c1Low & 1) !== 0;
/** ADDR [63:12] as a 4 KiB page number. */
export const pageOfCommand = (c1Low: number, c1High: number): number => pageOf(c1High, c1Low);
/** ATC_INV SIZE: log2 of the number of 4 KiB pages. */
export const atcSizeOf = (c1Low: number): number => c1Low & 63;
/** RANGE of CFGI_STE_RANGE. */
export const cfgiRangeOf = (c1Low: number): number => c1Low & 31;

/**
 * Number of 4 KiB pages that an address TLBI covers from its ADDR.
 * TG = 0 is exactly one 4 KiB page whatever NUM and SCALE say; otherwise (NUM+1)·2^SCALE granules.
 */
export function tlbiPages(c0Low: number, c1Low: number): number {
  const tg = tgOf(c1Low);
  if (tg === 0) return 1;
  return (numOf(c0Low) + 1) * 2 ** (scaleOf(c0Low) + granuleLog2OfTg(tg) - PAGE_SHIFT);
}

/**
 * Level of the leaves that an address TLBI names, 1 to 3; 0 if it names none: TTL = 0, TG = 0, or level 1 of 16 KiB granules,
 * where a block takes 52-bit addresses (facts L §1.3, N26 §B1).
 */
export function ttlLevelOf(c1Low: number): number {
  const tg = tgOf(c1Low);
  const ttl = ttlOf(c1Low);
  return tg === 0 || (tg === 2 && ttl === 1) ? 0 : ttl;
}

/** log2 of the bytes of the smallest leaf at the level that a TLBI names; what is smaller than a granule is part of a page. */
export function ttlSmallestLog2(c1Low: number): number {
  const level = ttlLevelOf(c1Low);
  return level === LAST_LEVEL ? 0 : blockLog2(level, granuleLog2OfTg(tgOf(c1Low)));
}

/** log2 of the bytes from which a leaf, or what a table descriptor covers, is above the level that a TLBI names. */
export function ttlAboveLog2(c1Low: number): number {
  return blockLog2(ttlLevelOf(c1Low) - 1, granuleLog2OfTg(tgOf(c1Low)));
}

const LAST_LEVEL = 3;
/** log2 of the bytes that one descriptor of `level` covers: each level resolves granule − 3 bits. */
const blockLog2 = (level: number, granuleLog2: number): number =>
  granuleLog2 + (LAST_LEVEL - level) * (granuleLog2 - 3);

/** Number of 4 KiB pages that an ATC_INV covers, from its ADDR aligned down to that number; 2^52 for SIZE ≥ 52. */
export function atcPages(c1Low: number): number {
  return 2 ** Math.min(atcSizeOf(c1Low), ATC_SIZE_ALL);
}

/**
 * log2 of the smallest naturally aligned power-of-two span of 4 KiB pages that holds pages `first` and `last`: the SIZE of
 * the one ATC_INV that Linux sends for a range, never split (facts L §2.6, arm_smmu_atc_inv_to_cmd).
 */
export function atcSpanLog2(first: number, last: number): number {
  let log2 = 0;
  let unit = 1;
  while (log2 < ATC_SIZE_ALL && Math.floor(first / unit) !== Math.floor(last / unit)) {
    log2++;
    unit *= 2;
  }
  return log2;
}

/** True for a TLBI that names an address (and may name a range). */
export function isAddressTlbi(opcode: number): boolean {
  return (
    opcode === Opcode.TLBI_NH_VA ||
    opcode === Opcode.TLBI_NH_VAA ||
    opcode === Opcode.TLBI_S2_IPA ||
    opcode === Opcode.TLBI_EL2_VA ||
    opcode === Opcode.TLBI_EL2_VAA ||
    opcode === Opcode.TLBI_EL3_VA
  );
}

/**
 * Combinations that the architecture reserves, each as a short sentence; empty for a clean command.
 * Source: facts L §1.3 ("illegal combos", checked by newer kernels), CMD_SYNC CS = 3, RESP = 3.
 */
export function reservedCombinations(words: CommandWords): string[] {
  const opcode = opcodeOf(words[0]);
  const found: string[] = [];
  if (opcodeClass(opcode) === undefined) found.push(`opcode 0x${opcode.toString(16)} is not defined`);
  const fields = decodeCommand(words);
  if (isAddressTlbi(opcode)) {
    const ranged = (fields.NUM ?? 0) !== 0 || (fields.SCALE ?? 0) !== 0 || (fields.TTL ?? 0) !== 0;
    if (fields.TG === 0 && ranged) found.push('TG=0 with NUM, SCALE or TTL non-zero');
    if (fields.TG !== 0 && !ranged) found.push('TG non-zero with NUM=SCALE=TTL=0');
  }
  if (opcode === Opcode.ATC_INV && (fields.SIZE ?? 0) > ATC_SIZE_ALL)
    found.push(`ATC_INV SIZE=${fields.SIZE} above 52`);
  if (opcode === Opcode.SYNC && fields.CS === 3) found.push('CMD_SYNC CS=3');
  if ((opcode === Opcode.RESUME || opcode === Opcode.PRI_RESP) && fields.RESP === 3) found.push('RESP=3');
  const clean = encodeCommand(opcode, fields);
  if (clean.some((part, index) => part !== words[index] >>> 0)) found.push('reserved bits set');
  return found;
}
