/**
 * Folded stacks of the latency breakdown, as flame graph tools and speedscope read them: `trace;strategy (atc);stage ns`.
 * The weights are the integer ns of all operations (unfinished ones have none), so a strategy's stacks sum to its total latency exactly.
 */
import type { Reporter } from './reporter.js';
import { onlyResults, requireResult } from './results-only.js';

export const foldedReporter: Reporter = {
  name: 'folded',
  summary: 'folded stacks of the latency breakdown, for speedscope and flame graphs',
  refusal: onlyResults('folded'),
  render: (document) => {
    const { results } = requireResult(document, 'folded');
    return results
      .flatMap(({ trace, strategy, atc, latency }) =>
        Object.entries(latency.breakdown_total_ns)
          .filter(([, ns]) => ns > 0)
          .map(([stage, ns]) => `${frame(trace)};${frame(`${strategy} (${atc})`)};${frame(stage)} ${ns}\n`),
      )
      .join('');
  },
};

/** A semicolon or a line break would end the frame; the format has no escape for them. */
const frame = (name: string): string => name.replace(/[;\r\n]/g, '_');
