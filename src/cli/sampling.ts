/** What is said of gates beside the report. */
import { requirePassed } from '../gates/judge.js';
import { judgedName, judgementText } from '../reporters/gate-text.js';
import type { GatesResult, Judgement } from '../results/declaration/gates.js';

/**
 * What is left to say when the report is written: a line for stderr of judgements that decide nothing and fail nothing, empty
 * without any.
 * @param isShown the report has said it where the line will be read
 * @throws GateFailure that lists every breach that no report has shown, if there is one
 */
export function endOfGates(gates: GatesResult, isShown: boolean): string {
  const describe = isShown ? undefined : (one: Judgement) => `${judgedName(one)}: ${judgementText(one)}`;
  requirePassed(gates, describe);
  const unclear = gates.judgements.filter(({ verdict }) => verdict === 'inconclusive');
  if (unclear.length === 0) return '';
  const list = describe === undefined ? ' (which, and why: the report)' : `: ${unclear.map(describe).join('; ')}`;
  return `warning: ${unclear.length} of ${gates.judgements.length} gate judgements inconclusive${list}`;
}
