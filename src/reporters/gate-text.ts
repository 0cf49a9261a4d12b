/** Judgements of gates in words: the same in every report that shows them. */
import type { Judgement } from '../results/declaration/gates.js';

/** What was judged: `rebind.log, ioctl (vsid)`. */
export function judgedName({ trace, strategy, atc }: Judgement): string {
  return `${trace ?? 'all traces'}, ${strategy} (${atc})`;
}

/** What was found: `latency.submission.p99_ns is 7601 ns, expected <= 5000 ns`. Numbers are exact. */
export function judgementText(judgement: Judgement): string {
  const { metric, operator, value, limit, baseline, method, samples, interval, reason } = judgement;
  const why = reason === undefined ? '' : ` (${reason})`;
  if (value === null || limit === null) return `${metric} has no value to judge${why}`;
  const what = method === 'exact' ? metric : `median ${metric} of ${samples}`;
  const spread = interval === undefined ? '' : ` [${interval.map((bound) => inUnit(bound, judgement)).join(', ')}]`;
  const relative = baseline === null ? '' : `, baseline ${inUnit(baseline, judgement)}`;
  const chance = typeof judgement.p_value === 'number' ? `, p ${judgement.p_value.toPrecision(2)}` : '';
  return `${what} is ${inUnit(value, judgement)}${spread}, expected ${operator} ${inUnit(limit, judgement)}${relative}${chance}${why}`;
}

/** A number with its unit, where the unit is a word. */
export function inUnit(value: number, { unit }: Pick<Judgement, 'unit'>): string {
  return unit === 'ns' || unit === '1/s' ? `${value} ${unit}` : unit === 'x baseline' ? `${value}x` : String(value);
}
