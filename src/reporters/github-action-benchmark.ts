/** Input of github-action-benchmark with `tool: customSmallerIsBetter`: the headline metrics of which less is better. */
import { visibleJson } from '../trace/visible.js';
import { headlinesOf } from './headlines.js';
import type { Reporter } from './reporter.js';
import { onlyResults, requireResult, resultName } from './results-only.js';

export const githubActionBenchmarkReporter: Reporter = {
  name: 'github-action-benchmark',
  summary: 'headline metrics for github-action-benchmark (customSmallerIsBetter)',
  isExact: true,
  refusal: onlyResults('github-action-benchmark'),
  render: (document) => {
    const checked = requireResult(document, 'github-action-benchmark');
    const { results, provenance } = checked;
    const entries = results.flatMap((result) => {
      const { sha256 } = provenance.traces.find(({ file }) => file === result.trace) ?? provenance.traces[0];
      return headlinesOf(result, checked)
        .filter(([{ direction }]) => direction === 'lower')
        .map(([{ path, unit, meaning }, value, interval]) => ({
          name: `${resultName(result)}: ${path}`,
          unit,
          value,
          ...(interval === undefined ? {} : { range: `${interval[0]} to ${interval[1]}` }),
          extra: `${meaning}\nprofile ${provenance.profile.name}, trace sha256 ${sha256}`,
        }));
    });
    return `${visibleJson(JSON.stringify(entries, null, 2))}\n`;
  },
};
