/**
 * What a gate says of several samples.
 *
 * Pass: the confidence interval of value − limit lies wholly within the limit. Fail: wholly beyond, and the test is
 * significant. Else inconclusive, and always with fewer than `LEAST_SAMPLES`. The interval draws a seed (a trace) of result
 * and baseline together, because that one moves both. The test of seeds is Mann-Whitney of the values against the limits that
 * the baseline's values make: it takes them for independent, which errs towards inconclusive where a seed moves both alike.
 * Traces differ from each other by far more than strategies do, so theirs is the sign test, trace by trace; so is the test
 * of a limit that is a number. Where every seed gives the same, the one value is judged exactly. `==` and `!=` say nothing
 * about a median: every sample is judged, and one that breaks them is a breach.
 */

import { medianInterval, medianOf, statisticInterval } from '../../numbers/bootstrap.js';
import { mannWhitney } from '../../numbers/mann-whitney.js';
import { signTestP } from '../../numbers/sign-test.js';
import type { Judgement } from '../../results/declaration/gates.js';
import type { Interval } from '../../results/declaration/statistics.js';
import type { Gate, Operator } from '../gate.js';
import { holds, limitOf } from '../limit.js';
import { ALPHA, CONFIDENCE, isConstant, LEAST_SAMPLES, type Sampling } from './samples.js';

/** The part of a judgement that the samples decide. */
export type SampledVerdict = Pick<Judgement, 'value' | 'baseline' | 'limit' | 'verdict' | 'reason' | 'samples'>;

/**
 * Judge the samples `values`, and those of the baseline at the same seeds or traces where the limit is relative.
 * Both have the same length.
 */
export function judgeSamples(
  gate: Gate,
  { over }: Sampling,
  values: readonly number[],
  baseline: readonly number[] | null,
): SampledVerdict {
  const limits = values.map((_, at) => (baseline === null ? gate.offset : limitOf(gate, baseline[at])));
  const about = { over, count: values.length };
  if (over === 'seeds' && isConstant(values) && isConstant(limits)) {
    const verdict = holds(values[0], gate.operator, limits[0]) ? 'pass' : 'fail';
    return { ...sampleAt(0, values, baseline, limits), verdict, samples: { ...about, method: 'exact' } };
  }
  if (gate.operator === '==' || gate.operator === '!=') {
    const breach = values.findIndex((value, at) => !holds(value, gate.operator, limits[at]));
    const shown = sampleAt(Math.max(0, breach), values, baseline, limits);
    return { ...shown, verdict: breach < 0 ? 'pass' : 'fail', samples: { ...about, method: 'each' } };
  }
  const medians = {
    value: medianOf(values),
    baseline: baseline === null ? null : medianOf(baseline),
    limit: baseline === null ? gate.offset : limitOf(gate, medianOf(baseline)),
  };
  const isPaired = over === 'traces' || baseline === null;
  const method = isPaired ? ('sign' as const) : ('mann-whitney' as const);
  if (values.length < LEAST_SAMPLES) {
    const reason = `${values.length} ${over} decide nothing: p < ${ALPHA} and a 95% interval of a median need at least ${LEAST_SAMPLES}`;
    return {
      ...medians,
      verdict: 'inconclusive',
      reason,
      samples: { ...about, method, needed: LEAST_SAMPLES },
    };
  }
  const excess = excessInterval(gate, values, baseline);
  const p = isPaired ? signTestP(values.map((value, at) => value - limits[at])) : mannWhitney(values, limits).p;
  const samples = {
    ...about,
    method,
    interval: [...medianInterval(values, CONFIDENCE)] as Interval,
    excess_interval: excess,
    p,
  };
  if (isWithin(excess, gate.operator)) return { ...medians, verdict: 'pass', samples };
  if (!isBeyond(excess, gate.operator)) {
    return { ...medians, verdict: 'inconclusive', reason: 'the interval has the limit inside', samples };
  }
  if (p < ALPHA) return { ...medians, verdict: 'fail', samples };
  return { ...medians, verdict: 'inconclusive', reason: 'beyond the limit, but not significantly', samples };
}

function sampleAt(
  at: number,
  values: readonly number[],
  baseline: readonly number[] | null,
  limits: readonly number[],
): Pick<Judgement, 'value' | 'baseline' | 'limit'> {
  return { value: values[at], baseline: baseline?.[at] ?? null, limit: limits[at] };
}

/** Of median(values) − limit(median(baseline)). */
function excessInterval(gate: Gate, values: readonly number[], baseline: readonly number[] | null): Interval {
  const columns = baseline === null ? [values] : [values, baseline];
  const excess = ([value, base]: readonly number[]) => value - (base === undefined ? gate.offset : limitOf(gate, base));
  const interval = statisticInterval(columns, excess, CONFIDENCE);
  if (interval === null) throw new Error(`gate ${gate.text}: expected finite samples`);
  return [...interval];
}

function isWithin([low, high]: Interval, operator: Operator): boolean {
  return holds(low, operator, 0) && holds(high, operator, 0);
}

function isBeyond([low, high]: Interval, operator: Operator): boolean {
  return !holds(low, operator, 0) && !holds(high, operator, 0);
}
