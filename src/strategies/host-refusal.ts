/**
 * Which commands the host kernel's vIOMMU ioctl refuses with -EIO, and why (arm_vsmmu_validate_user_cmd; facts N26 §B1,
 * L §4.2, §5.2).
 *
 * Accepted bits per opcode are data. The host is taken to have ATS, SubstreamIDs and 16-bit ASIDs, and no 52-bit addresses
 * (DS). Addresses and identifiers out of range are not looked at: the kernel leaves them to the guest's own harm, and a guest's
 * VMID is replaced.
 */
import { ATC_SIZE_ALL, atcSizeOf, insertField, tgOf, ttlOf } from '../trace/command.js';
import { type FieldName, fieldsOf } from '../trace/command-fields.js';
import { Opcode } from '../trace/opcodes.js';
import { isForwardable } from './forwarding.js';

/** Kernels whose ioctl differs. */
export type HostUapi = 'k71' | 'k73' | 'k74';

/** What decides whether a host kernel refuses a command. */
export interface HostChecks {
  /** It checks every bit of a command (Linux 7.3 on); otherwise only the opcode. */
  readonly checksFields: boolean;
  /** Range fields are refused, because the SMMU has no range invalidation. */
  readonly refusesRanges: boolean;
}

/**
 * Why a command is refused. `opcode`: the ioctl does not take it. `reserved-bits`: a bit is set that this opcode does not have.
 * `no-ranges`: NUM, SCALE, TG or TTL is set and the SMMU has no range invalidation. `range-encoding`: a combination of them
 * that the architecture reserves. `atc-size`: SIZE is above 52.
 */
export type RefusalReason = 'opcode' | 'reserved-bits' | 'no-ranges' | 'range-encoding' | 'atc-size';

const BY_ADDRESS: readonly FieldName[] = ['OP', 'VMID', 'NUM', 'SCALE', 'TG', 'TTL', 'LEAF', 'ADDR'];

/** Fields that a user's command may set. */
const ACCEPTED: ReadonlyMap<number, readonly FieldName[]> = new Map<number, readonly FieldName[]>([
  [Opcode.TLBI_NSNH_ALL, ['OP']],
  [Opcode.TLBI_NH_ALL, ['OP', 'VMID']],
  [Opcode.TLBI_NH_ASID, ['OP', 'VMID', 'ASID']],
  [Opcode.TLBI_NH_VA, [...BY_ADDRESS, 'ASID']],
  [Opcode.TLBI_NH_VAA, BY_ADDRESS],
  [Opcode.ATC_INV, ['OP', 'SID', 'SSV', 'SSID', 'GLOBAL', 'SIZE', 'ADDR']],
  [Opcode.CFGI_CD, ['OP', 'SID', 'SSID', 'LEAF']],
  [Opcode.CFGI_CD_ALL, ['OP', 'SID']],
]);

const RANGE_FIELDS: readonly FieldName[] = ['NUM', 'SCALE', 'TG', 'TTL'];

/** Per opcode the four parts of a command with every bit that must be clear. */
const FORBIDDEN = new Uint32Array(256 * 4);
for (const [opcode, names] of ACCEPTED) {
  FORBIDDEN.set(
    bitsOf(opcode, names).map((bits) => ~bits >>> 0),
    opcode * 4,
  );
}
// The kernel wants a NSNH_ALL without a VMID. Here that field says which of several VMs sent it (topology/several-vms.ts).
const [, VMID_C0_HIGH] = bitsOf(Opcode.TLBI_NH_ALL, ['VMID']);
FORBIDDEN[Opcode.TLBI_NSNH_ALL * 4 + 1] &= ~VMID_C0_HIGH;
const [RANGE_C0_LOW, , RANGE_C1_LOW] = bitsOf(Opcode.TLBI_NH_VA, RANGE_FIELDS);
const [NUM_SCALE_BITS] = bitsOf(Opcode.TLBI_NH_VA, ['NUM', 'SCALE']);

/** Every bit of the fields `names` of `opcode`. */
function bitsOf(opcode: number, names: readonly FieldName[]): number[] {
  const words = [0, 0, 0, 0];
  for (const { name, word, low, bits } of fieldsOf(opcode)) {
    if (names.includes(name)) insertField(words, word * 2, low, 2 ** bits - 1);
  }
  return words;
}

/** True for a TLBI_NH_VA or TLBI_NH_VAA that says NUM, SCALE, TG or TTL: what an SMMU without range invalidation has not got. */
export function hasRangeFields(c0Low: number, c1Low: number): boolean {
  const opcode = c0Low & 0xff;
  if (opcode !== Opcode.TLBI_NH_VA && opcode !== Opcode.TLBI_NH_VAA) return false;
  return (c0Low & RANGE_C0_LOW) !== 0 || (c1Low & RANGE_C1_LOW) !== 0;
}

/**
 * Why the host kernel refuses the command; undefined: it takes it. Words as recorded; for a command of which only the opcode
 * is known there is nothing to ask.
 */
export function hostRefusal(
  c0Low: number,
  c0High: number,
  c1Low: number,
  c1High: number,
  host: HostChecks,
): RefusalReason | undefined {
  const opcode = c0Low & 0xff;
  if (!isForwardable(opcode)) return 'opcode';
  if (host.refusesRanges && hasRangeFields(c0Low, c1Low)) return 'no-ranges';
  if (!host.checksFields) return undefined;
  const at = opcode * 4;
  const reserved =
    (c0Low & FORBIDDEN[at]) | (c0High & FORBIDDEN[at + 1]) | (c1Low & FORBIDDEN[at + 2]) | (c1High & FORBIDDEN[at + 3]);
  if (reserved !== 0) return 'reserved-bits';
  if (opcode === Opcode.ATC_INV) return atcSizeOf(c1Low) > ATC_SIZE_ALL ? 'atc-size' : undefined;
  return isReservedRange(c0Low, c1Low) ? 'range-encoding' : undefined;
}

/** TG = 0 beside a range, a granule without one, or the level that only 52-bit addresses have. */
function isReservedRange(c0Low: number, c1Low: number): boolean {
  if (!hasRangeFields(c0Low, c1Low)) return false;
  const tg = tgOf(c1Low);
  const ttl = ttlOf(c1Low);
  if (tg === 0) return true;
  return ((c0Low & NUM_SCALE_BITS) === 0 && ttl === 0) || (tg === 2 && ttl === 1);
}
