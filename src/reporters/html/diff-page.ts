/** The page of `diff`: per row what differs, what explains it, and both distributions of the time of an operation. */
import type { DiffDocument } from '../../diff/document.js';
import type { DiffRow } from '../../results/declaration/differences.js';
import { belowDiff, diffTable, groupsOf, sameLine, sideText } from '../diff-text.js';
import type { ReportContext } from '../reporter.js';
import { latencyCurves } from './charts.js';
import { numberCell, PageShell } from './shell.js';

/** Charts of a page; rows beyond them differ less, and have their table. */
const CHARTS = 12;

/** The whole page of `document`, whose texts are visible. */
export function diffPage(document: DiffDocument, context: ReportContext): PageShell {
  const { old, new: now } = document.provenance;
  const wide = { ...context, width: Number.POSITIVE_INFINITY, colour: false, unicode: true };
  const shell = new PageShell(
    `What differs: ${old.file} → ${now.file}`,
    `Old: ${sideText(old)}. New: ${sideText(now)}. All times are of the simulated hardware.`,
  );
  for (const [at, { name, summary, row, shown, hidden }] of groupsOf(document, wide).entries()) {
    shell.heading(name);
    shell.paragraph(`${summary[0].toUpperCase()}${summary.slice(1)}.`);
    const { headings, rows } = diffTable(shown, wide);
    shell.plainTable({
      label: `Differences of ${name}`,
      headings: headings.map(({ text }) => text),
      rows: shown.map(({ old: before, new: after, ratio }, line) => {
        const [metric, oldText, newText, percent, ...tested] = rows[line];
        return [
          metric,
          { value: before, text: oldText },
          { value: after, text: newText },
          { value: ratio === null ? null : 100 * (ratio - 1), text: percent },
          ...tested,
        ];
      }),
    });
    if (hidden > 0) shell.paragraph(`And ${hidden} more that follow or are details (--all, --reporter csv).`);
    if (at < CHARTS) addDistributions(shell, document.rows[row], name);
  }
  const same = sameLine(document);
  if (same !== undefined) shell.paragraph(`${same[0].toUpperCase()}${same.slice(1)}.`);
  const below = belowDiff(document, wide);
  if (below.length > 0) {
    shell.heading('What else is to be known');
    shell.list(below);
  }
  return shell;
}

/** Both distributions in one chart; nothing where they are the same, or of no operations. */
function addDistributions(shell: PageShell, { operation }: DiffRow, name: string): void {
  if (operation === undefined || operation.old.count === 0 || operation.new.count === 0) return;
  const sides = [
    { label: 'old', operation: operation.old },
    { label: 'new', operation: operation.new },
  ];
  const results = sides.map(({ operation }) => ({ latency: { operation } }));
  const groups = sides.map(({ label }, at) => ({ label, at }));
  const curves = (width: number) => latencyCurves(shell.document, results, groups, width);
  const statistics = ['count', 'mean_ns', 'min_ns', 'p50_ns', 'p90_ns', 'p99_ns', 'p99_9_ns', 'max_ns'] as const;
  shell.figure(curves, `Time for which ${name} holds a vCPU in one operation: old and new; further left is faster.`, {
    label: `Operations of ${name}`,
    headings: ['', ...statistics.map((key) => key.replace('_ns', ' ns').replace('p99_9', 'p99.9'))],
    rows: sides.map((side) => [side.label, ...statistics.map((key) => numberCell(side.operation[key]))]),
  });
}
