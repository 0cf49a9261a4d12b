/**
 * Bit positions of every field of every command, as data.
 *
 * Source: facts L §1.2 (kernel arm-smmu-v3.h field macros, Arm IHI 0070). A field is `bits` wide from bit `low` of
 * 64-bit word `word`. ADDR fields hold an address whose lowest 12 bits are not stored: their value is the 4 KiB page
 * number. MSIADDR stores bits 51:2: its value is the address divided by four.
 */
import { Opcode } from './opcodes.js';

/** Field names, spelt as in L §1.2. */
export type FieldName =
  | 'OP'
  | 'SSEC'
  | 'SSV'
  | 'SID'
  | 'SSID'
  | 'SIZE'
  | 'ADDR'
  | 'LEAF'
  | 'RANGE'
  | 'NUM'
  | 'SCALE'
  | 'VMID'
  | 'ASID'
  | 'TTL'
  | 'TG'
  | 'GLOBAL'
  | 'GRPID'
  | 'RESP'
  | 'STAG'
  | 'CS'
  | 'MSH'
  | 'MSIATTR'
  | 'MSIDATA'
  | 'MSIADDR';

/** Where one field sits in the 128-bit command. */
export interface FieldSpec {
  readonly name: FieldName;
  /** 0 = dw0, 1 = dw1. */
  readonly word: 0 | 1;
  /** Lowest bit. */
  readonly low: number;
  /** Width in bits, at most 52. */
  readonly bits: number;
}

const field = (name: FieldName, word: 0 | 1, high: number, low: number): FieldSpec => ({
  name,
  word,
  low,
  bits: high - low + 1,
});

const OP = field('OP', 0, 7, 0);
const SSEC = field('SSEC', 0, 10, 10);
const SSV = field('SSV', 0, 11, 11);
const SID = field('SID', 0, 63, 32);
const SSID = field('SSID', 0, 31, 12);
const ADDR = field('ADDR', 1, 63, 12);
const IPA = field('ADDR', 1, 51, 12);
const LEAF = field('LEAF', 1, 0, 0);
const NUM = field('NUM', 0, 16, 12);
const SCALE = field('SCALE', 0, 24, 20);
const VMID = field('VMID', 0, 47, 32);
const ASID = field('ASID', 0, 63, 48);
const TTL = field('TTL', 1, 9, 8);
const TG = field('TG', 1, 11, 10);
const RESPONSE = field('RESP', 0, 13, 12);

const TLBI_BY_VA = [OP, SSEC, NUM, SCALE, VMID, ASID, LEAF, TTL, TG, ADDR];
const TLBI_BY_VAA = [OP, SSEC, NUM, SCALE, VMID, LEAF, TTL, TG, ADDR];
const TLBI_EL2_BY_VA = [OP, SSEC, NUM, SCALE, ASID, LEAF, TTL, TG, ADDR];
const TLBI_EL2_BY_VAA = [OP, SSEC, NUM, SCALE, LEAF, TTL, TG, ADDR];

const FIELDS_BY_OPCODE = new Map<number, readonly FieldSpec[]>([
  [Opcode.PREFETCH_CONFIG, [OP, SSEC, SSV, SSID, SID, field('SIZE', 1, 4, 0), ADDR]],
  [Opcode.PREFETCH_ADDR, [OP, SSEC, SSV, SSID, SID, field('SIZE', 1, 4, 0), ADDR]],
  [Opcode.CFGI_STE, [OP, SSEC, SID, LEAF]],
  [Opcode.CFGI_STE_RANGE, [OP, SSEC, SID, field('RANGE', 1, 4, 0)]],
  [Opcode.CFGI_CD, [OP, SSEC, SSID, SID, LEAF]],
  [Opcode.CFGI_CD_ALL, [OP, SSEC, SID]],
  [Opcode.CFGI_VMS_PIDM, [OP, SSEC, VMID]],
  [Opcode.TLBI_NH_ALL, [OP, SSEC, VMID]],
  [Opcode.TLBI_NH_ASID, [OP, SSEC, VMID, ASID]],
  [Opcode.TLBI_NH_VA, TLBI_BY_VA],
  [Opcode.TLBI_NH_VAA, TLBI_BY_VAA],
  [Opcode.TLBI_EL3_ALL, [OP, SSEC]],
  [Opcode.TLBI_EL3_VA, TLBI_EL2_BY_VAA],
  [Opcode.TLBI_EL2_ALL, [OP, SSEC]],
  [Opcode.TLBI_EL2_ASID, [OP, SSEC, ASID]],
  [Opcode.TLBI_EL2_VA, TLBI_EL2_BY_VA],
  [Opcode.TLBI_EL2_VAA, TLBI_EL2_BY_VAA],
  [Opcode.TLBI_S12_VMALL, [OP, SSEC, VMID]],
  [Opcode.TLBI_S2_IPA, [OP, SSEC, NUM, SCALE, VMID, LEAF, TTL, TG, IPA]],
  [Opcode.TLBI_NSNH_ALL, [OP, SSEC]],
  [Opcode.ATC_INV, [OP, field('GLOBAL', 0, 9, 9), SSEC, SSV, SSID, SID, field('SIZE', 1, 5, 0), ADDR]],
  [Opcode.PRI_RESP, [OP, SSEC, SSV, SSID, SID, field('GRPID', 1, 8, 0), field('RESP', 1, 13, 12)]],
  [Opcode.RESUME, [OP, SSEC, RESPONSE, SID, field('STAG', 1, 15, 0)]],
  [Opcode.STALL_TERM, [OP, SSEC, SID]],
  [
    Opcode.SYNC,
    [
      OP,
      SSEC,
      field('CS', 0, 13, 12),
      field('MSH', 0, 23, 22),
      field('MSIATTR', 0, 27, 24),
      field('MSIDATA', 0, 63, 32),
      field('MSIADDR', 1, 51, 2),
    ],
  ],
]);

const OPCODE_ONLY = [OP, SSEC];

/** Fields of `opcode`; only OP and SSEC for a number that the architecture does not define. */
export function fieldsOf(opcode: number): readonly FieldSpec[] {
  return FIELDS_BY_OPCODE.get(opcode) ?? OPCODE_ONLY;
}
