/** What is said of gates beside the report. */
import { requirePassed } from '../gates/judge.js';
import { judgedName, judgementText } from '../reporters/gate-text.js';
import type { GatesResult, Judgement } from '../results/declaration/gates.js';

/**
 * What is left to say when the report is written: a line for stderr of judgements that decide nothing and fail nothing, empty
 * without any.
 * @throws GateFailure that lists every breach, if there is one
 */
export function endOfGates(gates: GatesResult): string {
  const describe = (one: Judgement) => `${judgedName(one)}: ${judgementText(one)}`;
  requirePassed(gates, describe);
  const unclear = gates.judgements.filter(({ verdict }) => verdict === 'inconclusive');
  if (unclear.length === 0) return '';
  const count = `${unclear.length} of ${gates.judgements.length} gate judgements`;
  return `warning: ${count} inconclusive: ${unclear.map(describe).join('; ')}`;
}
