/**
 * How each fault ends on the path at hand: the transport's own word (strategies/error-behaviour.ts), its targeting, the
 * trace's devices.
 */

import type { ErrorAnswer, ErrorBehaviour } from '../../strategies/error-behaviour.js';
import type { StrategyChoice } from '../../strategies/spec.js';
import type { Topology } from '../../topology/topology.js';
import { Opcode } from '../../trace/opcodes.js';
import type { Fault } from './fault.js';

/** What `choice` does with errors. */
export function errorBehaviour(choice: StrategyChoice): ErrorBehaviour {
  return choice.transport.errors?.((key) => choice.options.get(key) ?? '') ?? UNKNOWN;
}

/**
 * The end of `fault` on `choice`.
 * @param isReportedEarly the SMMU reports an unanswered ATC invalidation before a driver gives up waiting
 */
export function answerTo(
  fault: Fault,
  choice: StrategyChoice,
  behaviour: ErrorBehaviour,
  topology: Topology,
  isReportedEarly: boolean,
): ErrorAnswer {
  const { silentDevice, unknownAtc } = behaviour;
  switch (fault.kind) {
    case 'illegal':
      return behaviour.illegal;
    case 'dead-worker':
      return behaviour.deadWorker;
    case 'silent-device':
      if (!topology.list().some(({ sid, hasAts }) => sid === fault.sid && hasAts)) {
        return { notApplicable: 'the trace has no such device with an ATC' };
      }
      if (isReportedEarly && 'by' in silentDevice && silentDevice.by === 'smmu') {
        return { ...silentDevice, guestLearns: 'asynchronous' };
      }
      return silentDevice;
    case 'in-trace':
      return UNSAID;
    default:
      if (fault.opcode === Opcode.CFGI_CD) return behaviour.unknownConfig;
      // Only `vsid` asks for the device behind the name.
      if (choice.targeting.name === 'vsid' || 'notApplicable' in unknownAtc) return unknownAtc;
      return { by: 'nobody', guestLearns: 'never' };
  }
}

const UNSAID: ErrorAnswer = { notApplicable: 'it does not say what it does with errors' };
const UNKNOWN: ErrorBehaviour = {
  illegal: UNSAID,
  unknownAtc: UNSAID,
  unknownConfig: UNSAID,
  strayAtc: UNSAID,
  strayConfig: UNSAID,
  deadWorker: UNSAID,
  silentDevice: UNSAID,
};
