/**
 * What can be wrong with a command of the trace itself, whatever stands before it, and which paths notice (facts N26 §B1, §E1;
 * L §4.1, §5.2). What then happens is the path's own (error-behaviour.ts); the replay treats it as an injected error.
 *
 * A command of which the recorder kept only the opcode has no operands to look at.
 */
import { numOf, scaleOf, tgOf, ttlOf } from '../trace/command.js';
import { Opcode, opcodeClass } from '../trace/opcodes.js';
import { type HostChecks, hasRangeFields, hostRefusal } from './host-refusal.js';

/** One flaw. */
export const enum Flaw {
  None = 0,
  /** An opcode that the one who decodes it does not have: CERROR_ILL. */
  Illegal = 1,
  /** Fields that the architecture reserves, or that this SMMU has not got, in a queue that the SMMU itself reads: CERROR_ILL. */
  Reserved = 2,
  /** The host kernel's checks of the fields refuse it: the ioctl fails with -EIO. */
  Refused = 3,
}

/**
 * What a transport finds wrong with a command; its words as recorded. It is asked about every command of a publication, in their
 * order; `previousOpcode` as in Transport.forward.
 */
export type FlawOf = (c0Low: number, c0High: number, c1Low: number, c1High: number, previousOpcode: number) => Flaw;

/** An undefined opcode is all that anybody notices. */
export const opcodeFlaw: FlawOf = (c0Low) => (opcodeClass(c0Low & 0xff) === undefined ? Flaw.Illegal : Flaw.None);

/**
 * A VMM that hands what it can to the host kernel: it knows no stage 2 of its guest's, so that TLBI_S12_VMALL and
 * TLBI_S2_IPA are illegal (N26 §E1); the kernel checks what it gets.
 */
export function hostFlaws(host: HostChecks): FlawOf {
  return (c0Low, c0High, c1Low, c1High) => {
    const opcode = c0Low & 0xff;
    if (opcode === Opcode.TLBI_S12_VMALL || opcode === Opcode.TLBI_S2_IPA) return Flaw.Illegal;
    if (opcodeClass(opcode) === undefined) return Flaw.Illegal;
    const reason = hostRefusal(c0Low, c0High, c1Low, c1High, host);
    return reason === undefined || reason === 'opcode' ? Flaw.None : Flaw.Refused;
  };
}

/**
 * The SMMU itself: a granule beside neither range nor level, which the architecture reserves (recalled; Linux keeps to it, L
 * §2.2), and ranges where it has no range invalidation.
 * @param hasRanges the SMMU knows ranges
 */
export function hardwareFlaws(hasRanges: boolean): FlawOf {
  return (c0Low, _c0High, c1Low) => {
    if (opcodeClass(c0Low & 0xff) === undefined) return Flaw.Illegal;
    if (!hasRangeFields(c0Low, c1Low)) return Flaw.None;
    return !hasRanges || isGranuleAlone(c0Low, c1Low) ? Flaw.Reserved : Flaw.None;
  };
}

/** TG without NUM, SCALE and TTL. */
function isGranuleAlone(c0Low: number, c1Low: number): boolean {
  return tgOf(c1Low) !== 0 && ttlOf(c1Low) === 0 && numOf(c0Low) === 0 && scaleOf(c0Low) === 0;
}
