/**
 * Workflow commands for the log of a GitHub Actions step: an error for every breach and for what is inconclusive and
 * counts against the run, a warning for what is inconclusive otherwise, a notice with the totals. GitHub shows them on the run's page and at the pull request.
 *
 * The escapes are those that the runner undoes: % and line breaks in the message, also `:` and `,` in a property. The one
 * package that has them (the actions toolkit) writes to standard output by itself and brings an HTTP client along.
 */
import { judgedName, judgementText } from './gate-text.js';
import type { Reporter } from './reporter.js';
import { onlyResults, requireResult } from './results-only.js';

export const githubAnnotationsReporter: Reporter = {
  name: 'github-annotations',
  summary: 'workflow commands that annotate a GitHub run with breached gates',
  listsBreaches: true,
  refusal: onlyResults('github-annotations'),
  render: (document) => {
    const { gates, results } = requireResult(document, 'github-annotations');
    if (gates === undefined) return command('notice', 'smmuscope', `${results.length} results, no gates`);
    const { pass, fail, inconclusive } = gates.counts;
    const told = gates.judgements
      .filter(({ verdict }) => verdict !== 'pass')
      .map((one) =>
        command(
          one.verdict === 'fail' || one.blocks ? 'error' : 'warning',
          one.gate,
          `${judgedName(one)}: ${judgementText(one)}`,
        ),
      );
    const totals = `gates: ${pass} passed, ${fail} failed, ${inconclusive} inconclusive`;
    return told.join('') + command('notice', 'smmuscope', totals);
  },
};

function command(level: 'error' | 'warning' | 'notice', title: string, message: string): string {
  const property = escapeData(title).replace(/:/g, '%3A').replace(/,/g, '%2C');
  return `::${level} title=${property}::${escapeData(message)}\n`;
}

const escapeData = (text: string): string => text.replace(/%/g, '%25').replace(/\r/g, '%0D').replace(/\n/g, '%0A');
