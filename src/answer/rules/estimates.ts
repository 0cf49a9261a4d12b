/** How far the path in question and the baseline rest on estimates, each by itself. */
import { formatShare } from '../../reporters/table/format.js';
import { commandFor } from '../next-command.js';
import type { Rule } from '../rule.js';
import { rowName } from '../view.js';

/** A share of estimates from which on it matters. */
const MATTERS = 0.2;

export const estimates: Rule = {
  name: 'estimates',
  say(view) {
    const { subject, baseline, results } = view;
    if (subject === undefined || subject.latency.operation.count === 0) return undefined;
    const own = subject.latency.estimate_share;
    const other = baseline === subject ? undefined : baseline?.latency.estimate_share;
    if (Math.max(own, other ?? 0) < MATTERS) return undefined;
    const name = rowName(subject, results);
    const head = `${formatShare(own)} of ${name}’s time rests on estimates`;
    if (baseline === undefined || other === undefined) return { text: head, numbers: { estimate_share: own } };
    const base = rowName(baseline, results);
    return {
      text: `${head}, ${formatShare(other)} of ${base}’s`,
      numbers: { estimate_share: own, baseline_estimate_share: other },
      next: commandFor(view, `sensitivity --strategy ${subject.strategy} --baseline ${baseline.strategy}`),
    };
  },
};
