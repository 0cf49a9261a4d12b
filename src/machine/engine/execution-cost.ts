/** What executing a command costs the SMMU, apart from fetching it (facts M §3.1, §4.1). */
import { Cost } from '../../strategies/path/costs.js';
import { Opcode } from '../../trace/opcodes.js';

/** Execution cost id of a command other than SYNC. */
export function executionCost(opcode: number): number {
  switch (opcode) {
    case Opcode.PREFETCH_CONFIG:
    case Opcode.PREFETCH_ADDR:
      return Cost.execPrefetch;
    case Opcode.CFGI_STE:
    case Opcode.CFGI_CD:
    case Opcode.CFGI_CD_ALL:
    case Opcode.CFGI_VMS_PIDM:
      return Cost.execCfgi;
    case Opcode.CFGI_STE_RANGE:
      return Cost.execCfgiRange;
    case Opcode.ATC_INV:
      return Cost.execAtcIssue;
    default:
      return Cost.execTlbi;
  }
}

/** True for an ATC_INV that goes to a device which the recording names. */
export function isSentToDevice(opcode: number, sid: number): boolean {
  return opcode === Opcode.ATC_INV && sid >= 0;
}
