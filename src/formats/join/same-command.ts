/**
 * Are two recorded commands the same guest command?
 *
 * One side has the raw words, the other may have them rebuilt from decoded lines: bits that a QEMU log never shows (LEAF and
 * SSID of CFGI, the VMID of TLBI_NH_ASID before 9.1, CMD_SYNC's fields, PREFETCH's) must not tell them apart.
 */
import {
  asidOf,
  isAddressTlbi,
  leafOf,
  opcodeOf,
  pageOfCommand,
  sidOf,
  tgOf,
  tlbiPages,
  ttlOf,
  vmidOf,
} from '../../trace/command.js';
import { type EventBatch, EventFlag } from '../../trace/events.js';
import { Opcode } from '../../trace/opcodes.js';

/** Compare row `i` of `a` with row `j` of `b`. */
export function isSameCommand(a: EventBatch, i: number, b: EventBatch, j: number): boolean {
  const aLow = a.cmd0Low[i];
  const bLow = b.cmd0Low[j];
  const opcode = opcodeOf(aLow);
  if (opcode !== opcodeOf(bLow)) return false;
  if (((a.flags[i] | b.flags[j]) & EventFlag.OpcodeOnly) !== 0) return true;
  const aHigh = a.cmd0High[i];
  const bHigh = b.cmd0High[j];
  const a1 = a.cmd1Low[i];
  const b1 = b.cmd1Low[j];
  if (isAddressTlbi(opcode)) {
    return (
      asidOf(aHigh) === asidOf(bHigh) &&
      vmidOf(aHigh) === vmidOf(bHigh) &&
      pageOfCommand(a1, a.cmd1High[i]) === pageOfCommand(b1, b.cmd1High[j]) &&
      tlbiPages(aLow, a1) === tlbiPages(bLow, b1) &&
      tgOf(a1) === tgOf(b1) &&
      ttlOf(a1) === ttlOf(b1) &&
      leafOf(a1) === leafOf(b1)
    );
  }
  switch (opcode) {
    case Opcode.SYNC:
    case Opcode.PREFETCH_CONFIG:
    case Opcode.PREFETCH_ADDR:
      return true;
    case Opcode.TLBI_NH_ASID:
      return asidOf(aHigh) === asidOf(bHigh);
    case Opcode.CFGI_STE:
    case Opcode.CFGI_CD:
    case Opcode.CFGI_CD_ALL:
      return sidOf(aHigh) === sidOf(bHigh);
    default:
      return aHigh === bHigh && a1 === b1 && a.cmd1High[i] === b.cmd1High[j];
  }
}
