/**
 * What gates say of results. A replay is deterministic: values are compared as they are, without tolerance. Of several seeds,
 * or traces taken together, see sampling/judge-samples.ts.
 */
import type { GatesResult, Judgement } from '../results/declaration/gates.js';
import type { ResultDocument, StrategyResult } from '../results/document.js';
import { metricValue } from '../results/metric-value.js';
import { isPerOperation } from '../results/per-operation.js';
import { suggestion, UsageError, UserError } from '../trace/errors.js';
import { baselineName, baselineResult, type GateBaseline } from './baseline.js';
import { requireComparable } from './comparable.js';
import type { Gate } from './gate.js';
import { holds, limitOf } from './limit.js';
import { judgeSamples, type SampledVerdict } from './sampling/judge-samples.js';
import { baselineSubject, type Sampling, type Subject, samplesOf, subjectsOf } from './sampling/samples.js';

export type { GateBaseline };

/** A gate failed: exit 3. */
export class GateFailure extends UserError {
  override readonly name = 'GateFailure';
  readonly exitCode = 3;
}

/** How gates are judged, beyond the gates themselves. */
export interface Judging {
  /** Absent: every result by itself, exactly. */
  readonly sampling?: Sampling | undefined;
  /**
   * What an inconclusive judgement does to the run. Absent: samples that decide nothing fail it, because more of them would
   * decide; a value that does not exist does not.
   */
  readonly inconclusive?: 'fail' | 'warn' | undefined;
}

/**
 * Judge every gate on every result that it is for.
 * @throws UsageError for a strategy without results, for an earlier result of another trace or model and, across recordings,
 *   for a total
 */
export function judgeGates(
  document: ResultDocument,
  gates: readonly Gate[],
  baseline: GateBaseline,
  { sampling, inconclusive }: Judging = {},
): GatesResult {
  if ('document' in baseline) {
    requireComparable(document, baseline.document, baseline.name, baseline.isAcross);
    if (baseline.isAcross) requireNoTotals(gates);
  }
  const judgements = gates
    .flatMap((gate) => {
      const results = judgedBy(gate, document);
      if (sampling === undefined) return results.flatMap((result) => judgeResult(gate, result, document, baseline));
      return subjectsOf(results, sampling).flatMap((one) => judgeSubject(gate, one, document, baseline, sampling));
    })
    .map((one): Judgement => (isBlocking(one, inconclusive) ? { ...one, blocks: true } : one));
  const count = (verdict: Judgement['verdict']) => judgements.filter((one) => one.verdict === verdict).length;
  const counts = { pass: count('pass'), fail: count('fail'), inconclusive: count('inconclusive') };
  const passed = counts.fail === 0 && !judgements.some(({ blocks }) => blocks);
  return { baseline: baselineName(baseline), passed, counts, judgements };
}

/** @throws UsageError for a gate that holds a total against that of another recording */
function requireNoTotals(gates: readonly Gate[]): void {
  const total = gates.find(({ factor, metric }) => factor !== 0 && !isPerOperation(metric));
  if (total === undefined) return;
  throw new UsageError(
    `gate ${total.text}: expected a metric per operation or per unmap with --across recordings (latency.operation.mean_ns, per_unmap.host_commands), found ${total.metric}, which depends on how long the guest was recorded`,
  );
}

/**
 * @param describe what a breach is in words; undefined: they have been shown, and are only counted
 * @throws GateFailure that lists every breach, if there is one, and all that is inconclusive and must not be
 */
export function requirePassed(gates: GatesResult, describe: ((judgement: Judgement) => string) | undefined): void {
  if (gates.passed) return;
  const { judgements } = gates;
  const list = (of: readonly Judgement[], what: string) =>
    of.length === 0
      ? []
      : [
          `${of.length} of ${judgements.length} gate judgements ${what}${describe === undefined ? ' (which, and why: the report)' : `: ${of.map(describe).join('; ')}`}`,
        ];
  const parts = [
    ...list(
      judgements.filter(({ verdict }) => verdict === 'fail'),
      'failed',
    ),
    ...list(
      judgements.filter(({ blocks }) => blocks),
      'inconclusive',
    ),
  ];
  throw new GateFailure(parts.join('; '));
}

function isBlocking({ verdict, samples }: Judgement, inconclusive: Judging['inconclusive']): boolean {
  if (verdict !== 'inconclusive') return false;
  return inconclusive === undefined ? samples !== undefined : inconclusive === 'fail';
}

function judgedBy({ strategies, text }: Gate, { results }: ResultDocument): StrategyResult[] {
  const isNamed = (result: StrategyResult, name: string) =>
    name === result.strategy || name === `${result.strategy}:atc=${result.atc}`;
  const unknown = strategies.find((name) => !results.some((result) => isNamed(result, name)));
  if (unknown !== undefined) {
    const known = [...new Set(results.map(({ strategy }) => strategy))];
    throw new UsageError(`gate ${text}: no result of ${unknown}${suggestion(unknown, known)}`);
  }
  return results.filter((one) => strategies.length === 0 || strategies.some((name) => isNamed(one, name)));
}

function judgeResult(
  gate: Gate,
  result: StrategyResult,
  document: ResultDocument,
  baseline: GateBaseline,
): Judgement[] {
  const base = gate.factor === 0 ? undefined : baselineResult(result, document, baseline);
  // A strategy is not held against itself.
  if (base === result) return [];
  const value = metricValue(result, gate.metric, gate.entry);
  if (base !== undefined && !isCountedAlike(gate, result, base)) {
    const numbers = { value, baseline: null, limit: null };
    return [judgement(gate, result, { ...numbers, verdict: 'inconclusive', reason: COUNTED_OTHERWISE })];
  }
  const known = base === undefined ? null : metricValue(base, gate.metric, gate.entry);
  const limit = gate.factor === 0 ? gate.offset : known === null ? null : limitOf(gate, known);
  const numbers = { value, baseline: known, limit };
  if (value === null || limit === null) {
    return [judgement(gate, result, { ...numbers, verdict: 'inconclusive', reason: missing(value, base) })];
  }
  return [judgement(gate, result, { ...numbers, verdict: holds(value, gate.operator, limit) ? 'pass' : 'fail' })];
}

function judgeSubject(
  gate: Gate,
  subject: Subject,
  document: ResultDocument,
  baseline: GateBaseline,
  sampling: Sampling,
): Judgement[] {
  const bases = gate.factor === 0 ? undefined : baselineSubject(subject, document, baseline);
  if (bases?.[0] === subject.results[0]) return [];
  const values = samplesOf(subject.results, gate.metric, gate.entry, sampling);
  if (bases?.some((base, at) => !isCountedAlike(gate, subject.results[at], base))) {
    const none = { value: null, baseline: null, limit: null };
    return [judgement(gate, subject, { ...none, verdict: 'inconclusive', reason: COUNTED_OTHERWISE })];
  }
  const known = bases === undefined ? null : samplesOf(bases, gate.metric, gate.entry, sampling);
  if (values === null || (gate.factor !== 0 && known === null)) {
    const none = { value: null, baseline: null, limit: gate.factor === 0 ? gate.offset : null };
    return [judgement(gate, subject, { ...none, verdict: 'inconclusive', reason: missing(values, bases) })];
  }
  return [judgement(gate, subject, judgeSamples(gate, sampling, values, known))];
}

const COUNTED_OTHERWISE = 'the baseline counts unmaps otherwise (per_unmap.counted_from)';

function isCountedAlike({ metric }: Gate, result: StrategyResult, base: StrategyResult): boolean {
  return !metric.startsWith('per_unmap.') || result.per_unmap?.counted_from === base.per_unmap?.counted_from;
}

/** In the order in which documents have the keys. */
function judgement(
  { text, metric, entry, operator }: Gate,
  { trace, strategy, atc }: Omit<Subject, 'results'>,
  { value, baseline, limit, ...rest }: SampledVerdict,
): Judgement {
  return { gate: text, metric, unit: entry.unit, trace, strategy, atc, value, baseline, operator, limit, ...rest };
}

function missing(value: unknown, base: unknown): string {
  if (value === null) return 'this result has no such value';
  if (base === undefined) return 'the baseline has no result of this strategy and targeting';
  return 'the baseline has no such value';
}
