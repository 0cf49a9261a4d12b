/** Bencher Metric Format: benchmark → measure → value. A benchmark is a result, a measure a headline metric. */
import { headlinesOf } from './headlines.js';
import type { Reporter } from './reporter.js';
import { requireResult, resultName } from './results-only.js';

export const bencherReporter: Reporter = {
  name: 'bencher',
  summary: 'headline metrics in Bencher Metric Format',
  render: (document) => {
    const { results } = requireResult(document, 'bencher');
    const benchmarks = results.map((result) => [
      resultName(result),
      Object.fromEntries(headlinesOf(result).map(([{ path }, value]) => [path, { value }])),
    ]);
    return `${JSON.stringify(Object.fromEntries(benchmarks), null, 2)}\n`;
  },
};
