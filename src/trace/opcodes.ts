/**
 * Every SMMUv3 command opcode that a stage-1 guest can meet, with its class.
 *
 * Source: facts L §1.1 (kernel arm-smmu-v3.h opcodes; SMMUv3 architecture, Arm IHI 0070). Names are the architecture's
 * without the `CMD_` prefix, the spelling of JSON keys; two kernel spellings are accepted as aliases on input.
 */

/** Opcode numbers, dw0[7:0]. */
export const enum Opcode {
  PREFETCH_CONFIG = 0x01,
  PREFETCH_ADDR = 0x02,
  CFGI_STE = 0x03,
  /** Also CMD_CFGI_ALL: the same opcode with RANGE = 31. */
  CFGI_STE_RANGE = 0x04,
  CFGI_CD = 0x05,
  CFGI_CD_ALL = 0x06,
  CFGI_VMS_PIDM = 0x07,
  TLBI_NH_ALL = 0x10,
  TLBI_NH_ASID = 0x11,
  TLBI_NH_VA = 0x12,
  TLBI_NH_VAA = 0x13,
  TLBI_EL3_ALL = 0x18,
  TLBI_EL3_VA = 0x1a,
  TLBI_EL2_ALL = 0x20,
  TLBI_EL2_ASID = 0x21,
  TLBI_EL2_VA = 0x22,
  TLBI_EL2_VAA = 0x23,
  TLBI_S12_VMALL = 0x28,
  TLBI_S2_IPA = 0x2a,
  TLBI_NSNH_ALL = 0x30,
  ATC_INV = 0x40,
  PRI_RESP = 0x41,
  RESUME = 0x44,
  STALL_TERM = 0x45,
  SYNC = 0x46,
}
export type OpcodeName = keyof typeof Opcode;

/** Opcode numbers by name, for those who look one up while the tool runs. */
export const OPCODES: { readonly [Name in OpcodeName]: (typeof Opcode)[Name] } = {
  PREFETCH_CONFIG: Opcode.PREFETCH_CONFIG,
  PREFETCH_ADDR: Opcode.PREFETCH_ADDR,
  CFGI_STE: Opcode.CFGI_STE,
  CFGI_STE_RANGE: Opcode.CFGI_STE_RANGE,
  CFGI_CD: Opcode.CFGI_CD,
  CFGI_CD_ALL: Opcode.CFGI_CD_ALL,
  CFGI_VMS_PIDM: Opcode.CFGI_VMS_PIDM,
  TLBI_NH_ALL: Opcode.TLBI_NH_ALL,
  TLBI_NH_ASID: Opcode.TLBI_NH_ASID,
  TLBI_NH_VA: Opcode.TLBI_NH_VA,
  TLBI_NH_VAA: Opcode.TLBI_NH_VAA,
  TLBI_EL3_ALL: Opcode.TLBI_EL3_ALL,
  TLBI_EL3_VA: Opcode.TLBI_EL3_VA,
  TLBI_EL2_ALL: Opcode.TLBI_EL2_ALL,
  TLBI_EL2_ASID: Opcode.TLBI_EL2_ASID,
  TLBI_EL2_VA: Opcode.TLBI_EL2_VA,
  TLBI_EL2_VAA: Opcode.TLBI_EL2_VAA,
  TLBI_S12_VMALL: Opcode.TLBI_S12_VMALL,
  TLBI_S2_IPA: Opcode.TLBI_S2_IPA,
  TLBI_NSNH_ALL: Opcode.TLBI_NSNH_ALL,
  ATC_INV: Opcode.ATC_INV,
  PRI_RESP: Opcode.PRI_RESP,
  RESUME: Opcode.RESUME,
  STALL_TERM: Opcode.STALL_TERM,
  SYNC: Opcode.SYNC,
};

/** What a command acts on; decides which fields it has and what it costs. */
export type OpcodeClass = 'prefetch' | 'config' | 'tlbi' | 'atc' | 'response' | 'sync';

const ALIASES: Readonly<Record<string, OpcodeName>> = {
  PREFETCH_CFG: 'PREFETCH_CONFIG',
  CFGI_ALL: 'CFGI_STE_RANGE',
};

const NAME_BY_NUMBER: (OpcodeName | undefined)[] = new Array(256).fill(undefined);
for (const [name, number] of Object.entries(OPCODES)) NAME_BY_NUMBER[number] = name as OpcodeName;

/** All opcode names in ascending opcode order. */
export const OPCODE_NAMES: readonly OpcodeName[] = (Object.keys(OPCODES) as OpcodeName[]).sort(
  (a, b) => OPCODES[a] - OPCODES[b],
);

/** The opcode's name, or undefined for a number that the architecture does not define. */
export function opcodeName(opcode: number): OpcodeName | undefined {
  return NAME_BY_NUMBER[opcode & 0xff];
}

/** JSON key of an opcode: its name, or `ILLEGAL_0x..` for a number that the architecture does not define. */
export function opcodeKey(opcode: number): string {
  return NAME_BY_NUMBER[opcode & 0xff] ?? `ILLEGAL_0x${(opcode & 0xff).toString(16).padStart(2, '0')}`;
}

/** Opcode number for a name with or without `CMD_` (case-insensitive), or undefined for an unknown name. */
export function opcodeByName(name: string): number | undefined {
  const bare = name.toUpperCase().replace(/^CMD_/, '');
  const resolved = ALIASES[bare] ?? bare;
  return Object.hasOwn(OPCODES, resolved) ? OPCODES[resolved as OpcodeName] : undefined;
}

/** True for the name that means "every stream": CFGI_ALL is CFGI_STE_RANGE with RANGE = 31. */
export function isConfigAllAlias(name: string): boolean {
  return name.toUpperCase().replace(/^CMD_/, '') === 'CFGI_ALL';
}

/** Asked per command: one read. */
const CLASS_BY_NUMBER: readonly (OpcodeClass | undefined)[] = NAME_BY_NUMBER.map((name, opcode) =>
  name === undefined ? undefined : classOf(opcode),
);

/** Class of a defined opcode; undefined for a number that the architecture does not define. */
export function opcodeClass(opcode: number): OpcodeClass | undefined {
  return CLASS_BY_NUMBER[opcode & 0xff];
}

function classOf(opcode: number): OpcodeClass {
  if (opcode <= Opcode.PREFETCH_ADDR) return 'prefetch';
  if (opcode <= Opcode.CFGI_VMS_PIDM) return 'config';
  if (opcode <= Opcode.TLBI_NSNH_ALL) return 'tlbi';
  if (opcode === Opcode.ATC_INV) return 'atc';
  if (opcode === Opcode.SYNC) return 'sync';
  return 'response';
}
