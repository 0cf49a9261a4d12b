/**
 * Bencher Metric Format: benchmark → measure → value. A benchmark is a result, a measure a headline metric;
 * of several seeds the median, with the ends of its interval as the lower and upper value.
 */
import { visibleJson } from '../trace/visible.js';
import { headlinesOf } from './headlines.js';
import type { Reporter } from './reporter.js';
import { onlyResults, requireResult, resultName } from './results-only.js';

export const bencherReporter: Reporter = {
  name: 'bencher',
  summary: 'headline metrics in Bencher Metric Format',
  isExact: true,
  refusal: onlyResults('bencher'),
  render: (document) => {
    const checked = requireResult(document, 'bencher');
    const benchmarks = checked.results.map((result) => [
      resultName(result),
      Object.fromEntries(
        headlinesOf(result, checked).map(([{ path }, value, interval]) => [
          path,
          interval === undefined ? { value } : { value, lower_value: interval[0], upper_value: interval[1] },
        ]),
      ),
    ]);
    return `${visibleJson(JSON.stringify(Object.fromEntries(benchmarks), null, 2))}\n`;
  },
};
