/** Judgements of gates in words: the same in every report that shows them. */
import type { Judgement } from '../results/declaration/gates.js';

/** What was judged: `rebind.log, ioctl (vsid)`. */
export function judgedName({ trace, strategy, atc }: Judgement): string {
  return `${trace}, ${strategy} (${atc})`;
}

/** What was found: `latency.submission.p99_ns is 7601 ns, expected <= 5000 ns`. Numbers are exact. */
export function judgementText(judgement: Judgement): string {
  const { metric, operator, value, limit, baseline, reason } = judgement;
  if (value === null || limit === null) return `${metric} cannot be judged: ${reason ?? 'it has no value'}`;
  const relative = baseline === null ? '' : `, baseline ${inUnit(baseline, judgement)}`;
  return `${metric} is ${inUnit(value, judgement)}, expected ${operator} ${inUnit(limit, judgement)}${relative}`;
}

/** A number with its unit, where the unit is a word. */
export function inUnit(value: number, { unit }: Pick<Judgement, 'unit'>): string {
  return unit === 'ns' || unit === '1/s' ? `${value} ${unit}` : String(value);
}
