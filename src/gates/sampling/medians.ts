/** `statistics`: medians of the headline metrics and of every gated one, against the baseline. */

import { medianInterval, medianOf, RESAMPLES, statisticInterval } from '../../numbers/bootstrap.js';
import { mannWhitney } from '../../numbers/mann-whitney.js';
import { signTestP } from '../../numbers/sign-test.js';
import { type MetricEntry, metricDictionary } from '../../results/declaration/dictionary.js';
import type { ComparedMedian, Interval, MedianResult, StatisticsResult } from '../../results/declaration/statistics.js';
import type { ResultDocument } from '../../results/document.js';
import { baselineName, type GateBaseline } from '../baseline.js';
import type { Gate } from '../gate.js';
import {
  ALPHA,
  baselineSubject,
  CONFIDENCE,
  isConstant,
  LEAST_SAMPLES,
  type Sampling,
  samplesOf,
  subjectsOf,
} from './samples.js';

/** Describe the samples of `document`; a metric that a result has no value for is left out. */
export function mediansOf(
  document: ResultDocument,
  gates: readonly Gate[],
  baseline: GateBaseline,
  sampling: Sampling,
): StatisticsResult {
  const headlines = metricDictionary().filter(({ isHeadline }) => isHeadline);
  const metrics = new Map<string, MetricEntry>(headlines.map((entry) => [entry.path, entry]));
  for (const { metric, entry } of gates) metrics.set(metric, entry);
  const medians = subjectsOf(document.results, sampling).flatMap((subject): MedianResult[] => {
    const bases = baselineSubject(subject, document, baseline);
    const isBaseline = bases?.[0] === subject.results[0];
    return [...metrics].flatMap(([metric, entry]): MedianResult[] => {
      const values = samplesOf(subject.results, metric, entry, sampling);
      if (values === null) return [];
      const against = bases === undefined || isBaseline ? null : samplesOf(bases, metric, entry, sampling);
      const { trace, strategy, atc } = subject;
      const isExact = sampling.over === 'seeds' && isConstant(values);
      return [
        {
          trace,
          strategy,
          atc,
          metric,
          unit: entry.unit,
          is_exact: isExact,
          median: medianOf(values),
          interval: isExact ? [values[0], values[0]] : intervalOf(values),
          baseline: against === null ? null : compared(values, against, sampling),
        },
      ];
    });
  });
  return {
    over: sampling.over,
    samples: sampling.over === 'seeds' ? sampling.seeds : document.provenance.traces.length,
    least_samples: LEAST_SAMPLES,
    confidence: CONFIDENCE,
    alpha: ALPHA,
    resamples: RESAMPLES,
    baseline: baselineName(baseline),
    medians,
  };
}

/** Samples of one metric against those of the baseline, at the same seeds or traces. */
export function compared(values: readonly number[], baseline: readonly number[], { over }: Sampling): ComparedMedian {
  const median = medianOf(baseline);
  const ratio = median === 0 ? null : medianOf(values) / median;
  if (over === 'seeds' && isConstant(values) && isConstant(baseline)) {
    return { median, ratio, ratio_interval: ratio === null ? null : [ratio, ratio] };
  }
  const ratioOf = ([mine, theirs]: readonly number[]) => mine / theirs;
  const interval = values.length < LEAST_SAMPLES ? null : statisticInterval([values, baseline], ratioOf, CONFIDENCE);
  const signs = over === 'seeds' ? {} : { sign_p: signTestP(values.map((value, at) => value - baseline[at])) };
  return {
    median,
    ratio,
    ratio_interval: interval === null ? null : [...interval],
    mann_whitney: mannWhitney(values, baseline),
    ...signs,
  };
}

function intervalOf(values: readonly number[]): Interval | null {
  return values.length < LEAST_SAMPLES ? null : [...medianInterval(values, CONFIDENCE)];
}
