/**
 * Which commands the host's vIOMMU ioctl takes, and how it rewrites them (facts L §1.1, §5.2; M §2.4).
 *
 * The host puts the VM's VMID in (replay/forwarder.ts does, for every path but bare metal).
 */
import { vmidOf } from '../trace/command.js';
import { Opcode, opcodeClass } from '../trace/opcodes.js';
import { Fate } from './fate.js';
import type { HostCommandSink } from './host-commands.js';

/** True for a command that the vIOMMU invalidation ioctl accepts. */
export function isForwardable(opcode: number): boolean {
  switch (opcode) {
    case Opcode.CFGI_CD:
    case Opcode.CFGI_CD_ALL:
    case Opcode.TLBI_NH_ALL:
    case Opcode.TLBI_NH_ASID:
    case Opcode.TLBI_NH_VA:
    case Opcode.TLBI_NH_VAA:
    case Opcode.TLBI_NSNH_ALL:
    case Opcode.ATC_INV:
      return true;
    default:
      return false;
  }
}

/** True for a command that acts on device caches: the class that a batch keeps apart from TLBIs (facts M §2.4). */
export function isDeviceCacheCommand(opcode: number): boolean {
  return opcode === Opcode.CFGI_CD || opcode === Opcode.CFGI_CD_ALL || opcode === Opcode.ATC_INV;
}

/** True for a command that Tegra241's guest VCMDQ executes: the rest goes to the main queue (facts L §6.4). */
export function isVcmdqCommand(opcode: number): boolean {
  return (
    opcode === Opcode.TLBI_NH_ASID ||
    opcode === Opcode.TLBI_NH_VA ||
    opcode === Opcode.ATC_INV ||
    opcode === Opcode.SYNC
  );
}

/**
 * Send a trapped guest command the way of the nested ioctl: NSNH_ALL becomes NH_ALL of the VM, forwardable commands go on
 * verbatim, CFGI_STE and PREFETCH are the VMM's, CMD_SYNC ends in the virtual SMMU, EL2 and EL3 forms are dropped with success.
 */
export function forwardNested(
  c0Low: number,
  c0High: number,
  c1Low: number,
  c1High: number,
  sink: HostCommandSink,
): Fate {
  const opcode = c0Low & 0xff;
  if (opcode === Opcode.SYNC) return Fate.Absorbed;
  if (opcode === Opcode.TLBI_NSNH_ALL) {
    sink.emit(Opcode.TLBI_NH_ALL, vmidOf(c0High), 0, 0);
    return Fate.Forwarded;
  }
  if (isForwardable(opcode)) {
    sink.emit(c0Low, c0High, c1Low, c1High);
    return Fate.Forwarded;
  }
  const kind = opcodeClass(opcode);
  // Stage-2 forms and undefined opcodes are flaws (flaws.ts); EL2 and EL3 forms QEMU passes over with success (N26 §E1).
  if (kind === undefined) return Fate.Refused;
  return kind === 'tlbi' ? Fate.Swallowed : Fate.Emulated;
}
