/** `--seeds`, `--across` and `--inconclusive`: judging by several samples. */
import { type Judging, requirePassed } from '../gates/judge.js';
import { judgedName, judgementText } from '../reporters/gate-text.js';
import type { GatesResult, Judgement } from '../results/declaration/gates.js';
import { UsageError } from '../trace/errors.js';

/** The flags that decide. */
export interface SamplingFlags {
  readonly seeds: number;
  readonly across: 'seeds' | 'traces';
  readonly inconclusive: Judging['inconclusive'];
  readonly gate: readonly string[] | undefined;
}

/**
 * How gates are judged.
 * @throws UsageError for traces taken together of which there is one, and for a flag about gates without any
 */
export function judgingOf(
  { seeds, across, inconclusive, gate = [] }: SamplingFlags,
  traces: readonly string[],
): Judging {
  if (across === 'traces' && traces.length < 2) {
    throw new UsageError(`--across traces: expected several traces, found ${traces.length}`);
  }
  if (inconclusive !== undefined && gate.length === 0) {
    throw new UsageError('--inconclusive: expected --gate with it, found none');
  }
  const sampling = seeds > 1 || across === 'traces' ? { over: across, seeds } : undefined;
  return { sampling, inconclusive };
}

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
