/** What gates say of results. A replay is deterministic: values are compared as they are, without tolerance. */
import type { GatesResult, Judgement } from '../results/declaration/gates.js';
import type { ResultDocument, StrategyResult } from '../results/document.js';
import { suggestion, UsageError, UserError } from '../trace/errors.js';
import { requireComparable } from './comparable.js';
import type { Gate, Operator } from './gate.js';

/** What relative limits are relative to: a strategy of the same run, or an earlier result. */
export type GateBaseline =
  | { readonly strategy: string; readonly atc?: string | undefined }
  | { readonly document: ResultDocument; readonly name: string; readonly file: string; readonly sha256: string };

/** A gate failed: exit 3. */
export class GateFailure extends UserError {
  override readonly name = 'GateFailure';
  readonly exitCode = 3;
}

/**
 * Judge every gate on every result that it is for.
 * @throws UsageError for a strategy without results, and for an earlier result of another trace or model
 */
export function judgeGates(document: ResultDocument, gates: readonly Gate[], baseline: GateBaseline): GatesResult {
  const earlier = 'document' in baseline ? baseline : undefined;
  if (earlier !== undefined) requireComparable(document, earlier.document, earlier.name);
  const judgements = gates.flatMap((gate) =>
    judgedBy(gate, document).flatMap((result) => {
      const base = gate.factor === 0 ? undefined : baselineResult(result, document, baseline);
      // A strategy is not held against itself.
      return base === result ? [] : [judge(gate, result, base)];
    }),
  );
  const count = (verdict: Judgement['verdict']) => judgements.filter((one) => one.verdict === verdict).length;
  const counts = { pass: count('pass'), fail: count('fail'), inconclusive: count('inconclusive') };
  return { baseline: baselineName(baseline), passed: counts.fail === 0, counts, judgements };
}

/** @throws GateFailure that lists every breach, if there is one */
export function requirePassed(gates: GatesResult, describe: (judgement: Judgement) => string): void {
  if (gates.passed) return;
  const breaches = gates.judgements.filter(({ verdict }) => verdict === 'fail').map(describe);
  throw new GateFailure(
    `${gates.counts.fail} of ${gates.judgements.length} gate judgements failed: ${breaches.join('; ')}`,
  );
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

/** The result that `result` is held against: of the same trace; undefined if the baseline has none. */
function baselineResult(
  result: StrategyResult,
  document: ResultDocument,
  baseline: GateBaseline,
): StrategyResult | undefined {
  if (!('document' in baseline)) {
    const atc = baseline.atc ?? result.atc;
    const same = document.results.filter((one) => one.trace === result.trace && one.strategy === baseline.strategy);
    return same.find((one) => one.atc === atc) ?? same[0];
  }
  // The file may have another name by now: its bytes decide.
  const shaOf = (from: ResultDocument, file: string) => from.provenance.traces.find((one) => one.file === file)?.sha256;
  const sha = shaOf(document, result.trace);
  return baseline.document.results.find(
    (one) => one.strategy === result.strategy && one.atc === result.atc && shaOf(baseline.document, one.trace) === sha,
  );
}

function judge(gate: Gate, result: StrategyResult, base: StrategyResult | undefined): Judgement {
  const value = valueAt(result, gate);
  const baseline = base === undefined ? null : valueAt(base, gate);
  const isRelative = gate.factor !== 0;
  const limit = !isRelative ? gate.offset : baseline === null ? null : limitOf(gate, baseline);
  const about = {
    gate: gate.text,
    metric: gate.metric,
    unit: gate.entry.unit,
    trace: result.trace,
    strategy: result.strategy,
    atc: result.atc,
    value,
    baseline,
    operator: gate.operator,
    limit,
  };
  if (value !== null && limit !== null) {
    return { ...about, verdict: holds(value, gate.operator, limit) ? 'pass' : 'fail' };
  }
  const reason =
    value === null
      ? 'this result has no such value'
      : base === undefined
        ? 'the baseline has no result of this strategy and targeting'
        : 'the baseline has no such value';
  return { ...about, verdict: 'inconclusive', reason };
}

/** Factor × baseline + offset, without the last binary digits of the product (1.1 × 100 is 110). */
function limitOf({ factor, offset }: Gate, baseline: number): number {
  return factor === 1 ? baseline + offset : Number((factor * baseline + offset).toPrecision(15));
}

function valueAt(result: StrategyResult, { metric, entry }: Gate): number | null {
  const segments = metric.split('.');
  const last = segments.pop() ?? '';
  let parent: unknown = result;
  for (const segment of segments) parent = (parent as Record<string, unknown> | null | undefined)?.[segment];
  if (parent === null || parent === undefined) return null;
  // Percentiles of nothing are no zeros.
  if ((parent as { count?: unknown }).count === 0 && last !== 'count') return null;
  const value = (parent as Record<string, unknown>)[last];
  return typeof value === 'number' ? value : entry.isSparse ? 0 : null;
}

function holds(value: number, operator: Operator, limit: number): boolean {
  switch (operator) {
    case '<=':
      return value <= limit;
    case '<':
      return value < limit;
    case '>=':
      return value >= limit;
    case '>':
      return value > limit;
    case '==':
      return value === limit;
    case '!=':
      return value !== limit;
  }
}

function baselineName(baseline: GateBaseline): GatesResult['baseline'] {
  if (!('document' in baseline)) return { strategy: baseline.strategy, ...(baseline.atc ? { atc: baseline.atc } : {}) };
  const { file, sha256, document } = baseline;
  return { file, sha256, tool_version: document.provenance.tool.version };
}
