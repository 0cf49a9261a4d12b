/** What a comparison says beyond its numbers: gates, and medians where there are several samples. */
import type { ResultDocument } from '../results/document.js';
import type { GateBaseline } from './baseline.js';
import type { Gate } from './gate.js';
import { type Judging, judgeGates } from './judge.js';
import { mediansOf } from './sampling/medians.js';

/**
 * `document` with `statistics` if there are several samples, and with `gates` if there are any.
 * @throws UsageError for a strategy without results, and for an earlier result of another trace or model
 */
export function withVerdicts<Result extends ResultDocument>(
  document: Result,
  gates: readonly Gate[],
  baseline: GateBaseline,
  judging: Judging,
): Result {
  // Gates come first: a foreign baseline is refused before anything is computed from it.
  const judged = gates.length === 0 ? undefined : judgeGates(document, gates, baseline, judging);
  const { sampling } = judging;
  return {
    ...document,
    ...(sampling === undefined ? {} : { statistics: mediansOf(document, gates, baseline, sampling) }),
    ...(judged === undefined ? {} : { gates: judged }),
  };
}
