/** Judgements of gates in words: the same in every report that shows them. */
import type { Judgement } from '../results/declaration/gates.js';

/** What was judged: `rebind.log, ioctl (vsid)`. */
export function judgedName({ trace, strategy, atc }: Judgement): string {
  return `${trace}, ${strategy} (${atc})`;
}

/**
 * What was found: `latency.operation.p99_ns is 7601 ns, expected <= 5000 ns`. Numbers are exact; of several samples they are
 * medians, with the interval of the value and the p of the test.
 */
export function judgementText(judgement: Judgement): string {
  const { metric, operator, value, limit, baseline, reason } = judgement;
  if (value === null || limit === null) return `${metric} cannot be judged: ${reason ?? 'it has no value'}`;
  const relative = baseline === null ? '' : `, baseline ${inUnit(baseline, judgement)}`;
  const found = `${metric} is ${inUnit(value, judgement)}${sampleText(judgement)}`;
  const unclear = reason === undefined ? '' : `: ${reason}`;
  return `${found}, expected ${operator} ${inUnit(limit, judgement)}${relative}${testText(judgement)}${unclear}`;
}

/** Where the value comes from, if there are several samples. */
function sampleText(judgement: Judgement): string {
  const { samples, verdict } = judgement;
  if (samples === undefined) return '';
  const { over, count, method, interval } = samples;
  if (method === 'exact') return ` with all ${count} seeds`;
  const one = over === 'seeds' ? 'seed' : 'trace';
  if (method === 'each')
    return verdict === 'fail' ? ` with one ${one} of ${count}` : ` with the first ${one} of ${count}`;
  const ends = interval?.map((end) => inUnit(end, judgement)).join(' to ');
  return ` (median of ${count} ${over}${ends === undefined ? '' : `, 95% interval ${ends}`})`;
}

function testText({ samples }: Judgement): string {
  return samples?.p === undefined ? '' : `, p ${pText(samples.p)}`;
}

/** A p-value: `0.031`, `< 0.0001`. */
export function pText(p: number): string {
  return p < 0.0001 ? '< 0.0001' : String(Number(p.toPrecision(2)));
}

/** A number with its unit, where the unit is a word. */
export function inUnit(value: number, { unit }: Pick<Judgement, 'unit'>): string {
  return unit === 'ns' || unit === '1/s' ? `${value} ${unit}` : String(value);
}
