/** What limits are relative to, and which of its results a result is held against. */
import { type BaselineRow, baselineResultOf } from '../results/baseline-row.js';
import type { GatesResult } from '../results/declaration/gates.js';
import type { ResultDocument, StrategyResult } from '../results/document.js';
import { pairTraces } from '../results/pair-traces.js';

/** What relative limits are relative to: one row of the same run, whatever the targeting of the others, or an earlier result. */
export type GateBaseline =
  | BaselineRow
  | {
      readonly document: ResultDocument;
      readonly name: string;
      readonly file: string;
      readonly sha256: string;
      /** It may be of other recordings: traces of one name, or one on either side, are held against each other. */
      readonly isAcross?: boolean;
    };

/** The result that `result` is held against: of the same trace; undefined if the baseline has none. */
export function baselineResult(
  result: StrategyResult,
  document: ResultDocument,
  baseline: GateBaseline,
): StrategyResult | undefined {
  if (!('document' in baseline)) return baselineResultOf(result.trace, document.results, baseline);
  const { document: earlier, isAcross = false } = baseline;
  const pairs = pairTraces(earlier.provenance.traces, document.provenance.traces, isAcross);
  const trace = pairs.find(({ now }) => now.file === result.trace)?.old.file;
  return earlier.results.find(
    (one) => one.strategy === result.strategy && one.atc === result.atc && one.trace === trace,
  );
}

/** How the document names the baseline. */
export function baselineName(baseline: GateBaseline): GatesResult['baseline'] {
  if (!('document' in baseline)) return { strategy: baseline.strategy, atc: baseline.atc };
  const { file, sha256, document } = baseline;
  return { file, sha256, tool_version: document.provenance.tool.version };
}
