/** The one row of a comparison that the others of its trace are a multiple of. */
import type { StrategyResult } from './document.js';

/** Which row it is: the same in every trace. */
export interface BaselineRow {
  /** Canonical name of its strategy. */
  readonly strategy: string;
  /** Its ATC targeting. */
  readonly atc: string;
}

/** True for the baseline's own row. */
function isBaselineRow(row: BaselineRow, { strategy, atc }: BaselineRow): boolean {
  return row.strategy === strategy && row.atc === atc;
}

/** The baseline's result on `trace`; undefined if that trace has none. */
export function baselineResultOf(
  trace: string,
  results: readonly StrategyResult[],
  baseline: BaselineRow | undefined,
): StrategyResult | undefined {
  if (baseline === undefined) return undefined;
  return results.find((result) => result.trace === trace && isBaselineRow(result, baseline));
}
