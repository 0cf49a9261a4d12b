/** Judgements of gates in words: the same in every report that shows them. */
import type { Judgement } from '../results/declaration/gates.js';
import type { ReportContext } from './reporter.js';
import { formatApart, formatChange, formatValue } from './table/format.js';

/** What was judged: `rebind.log, ioctl (vsid)`. */
export function judgedName({ trace, strategy, atc }: Judgement): string {
  return `${trace}, ${strategy} (${atc})`;
}

/** Judgements are sentences in files, too: characters as people write them; a terminal has its own spelling. */
const WORDS: ReportContext = { width: Number.POSITIVE_INFINITY, colour: false, unicode: true };

/**
 * What was found: `latency.operation.p99_ns 7.60 µs → 8.20 µs (+7.89%), expected <= 7.98 µs`, against no baseline
 * `latency.operation.p99_ns is 7.60 µs, expected <= 5.00 µs`. Rounded as tables are, but never so that value and limit look
 * alike; JSON has every digit. Of several samples they are medians, with the interval of the value and the p of the test.
 */
export function judgementText(judgement: Judgement): string {
  const { metric, operator, value, limit, baseline, reason, unit } = judgement;
  if (value === null || limit === null) return `${metric} cannot be judged: ${reason ?? 'it has no value'}`;
  const known = baseline === null ? [] : [baseline];
  const [is, bound, was] = formatApart([value, limit, ...known], unit, WORDS);
  const found = baseline === null ? `is ${is}` : `${was} → ${is} (${formatChange(baseline, value)})`;
  const unclear = reason === undefined ? '' : `: ${reason}`;
  return `${metric} ${found}${sampleText(judgement)}, expected ${operator} ${bound}${testText(judgement)}${unclear}`;
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
  const ends = interval?.map((end) => formatValue(end, judgement.unit, WORDS)).join(' to ');
  return ` (median of ${count} ${over}${ends === undefined ? '' : `, 95% interval ${ends}`})`;
}

function testText({ samples }: Judgement): string {
  return samples?.p === undefined ? '' : `, p ${pText(samples.p)}`;
}

/** A p-value: `0.031`, `< 0.0001`. */
export function pText(p: number): string {
  return p < 0.0001 ? '< 0.0001' : String(Number(p.toPrecision(2)));
}

/** A number as `judgementText` has it: value, limit or baseline of `judgement`. */
export function inUnit(value: number, { unit, value: is, limit, baseline }: Judgement): string {
  const all = [value, is, limit, baseline].filter((one) => one !== null);
  return formatApart(all, unit, WORDS)[0];
}
