/// <reference lib="dom" />
/** The page of `sensitivity`: how far each estimate alone moves the ratio, as a tornado. */
import * as Plot from '@observablehq/plot';
import type {
  JointRange,
  SensitivityDocument,
  SensitivityEnd,
  SensitivityRow,
} from '../../results/sensitivity-document.js';
import type { ReportContext } from '../reporter.js';
import { formatRatio, formatShare } from '../table/format.js';
import { isShown, rankingLines, rankingTexts, rankingTitle, sensitivityNotes } from '../table/sensitivity.js';
import { type Chart, COLOURS, COMMON, labelled, ticksOf } from './charts.js';
import { type Cell, numberCell, PageShell } from './shell.js';

/** Bars of the tornado; the table has all that move the ratio. */
const BARS_DRAWN = 20;

/** The whole page of `report`, whose texts are visible. */
export function sensitivityPage(report: SensitivityDocument, context: ReportContext): PageShell {
  const { provenance, strategy, baseline, parameters, joint } = report;
  const { tool, trace } = provenance;
  const shell = new PageShell(
    `Sensitivity of ${strategy} ÷ ${baseline} on ${trace.file}`,
    `${tool.name} ${tool.version}; profile ${provenance.profile}. All times are of the simulated hardware.`,
  );
  shell.list(sensitivityNotes(report));
  if (joint !== undefined) addRanking(shell, joint, report, context);
  const shown = parameters.filter(isShown);
  shell.heading('Each parameter alone');
  if (shown.length === 0) {
    shell.paragraph('No estimate moves it.');
    return shell;
  }
  const drawn = shown.filter(({ swing }) => swing > 0).slice(0, BARS_DRAWN);
  const values = {
    label: 'Estimates',
    headings: ['estimate', 'unit', 'value', 'lower', 'ratio there', 'higher', 'ratio there', 'swing'],
    rows: shown.map(({ key, unit, value, low, high, swing }): Cell[] => [
      ...[key, unit, numberCell(value)],
      ...[numberCell(low.value), ratioCell(low), numberCell(high.value), ratioCell(high)],
      { value: swing, text: formatShare(swing) },
    ]),
  };
  const rest = shown.length > drawn.length ? ` ${shown.length - drawn.length} more are in the values.` : '';
  if (drawn.length > 0) {
    shell.figure(
      (width) => tornado(shell.document, report, drawn, width),
      `Each bar is one estimate, moved alone: the ratio with it lower and with it higher. The line is the ratio with the profile as it is. ${reachesOne(report, drawn) ? 'Where a bar crosses the dashed line at 1, the ranking of the two turns.' : 'No bar comes near 1, where the ranking of the two would turn; several estimates moved together may reach further.'}${rest}`,
      values,
    );
  }
  shell.heading('Estimates');
  shell.sortableTable(values);
  return shell;
}

/** The ranking of the compared paths, and how sure it is. */
function addRanking(shell: PageShell, joint: JointRange, report: SensitivityDocument, context: ReportContext): void {
  shell.heading(rankingTitle(report));
  shell.plainTable({ label: 'Ranking', ...rankingTexts(joint, context) });
  shell.list(rankingLines(joint, report));
}

const ratioCell = ({ ratio }: SensitivityEnd): Cell =>
  ratio === null ? 'refused' : { value: ratio, text: `${Number(ratio.toPrecision(3))}x` };

/** Whether the ratio comes to within a tenth of 1 at any end: then the line at 1 belongs on the chart. */
function reachesOne({ ratio }: SensitivityDocument, rows: readonly SensitivityRow[]): boolean {
  const all = [ratio, ...rows.flatMap(({ low, high }) => [low.ratio ?? ratio, high.ratio ?? ratio])];
  return Math.min(...all) <= 1.1 && Math.max(...all) >= 0.9;
}

function tornado(
  document: Document,
  report: SensitivityDocument,
  rows: readonly SensitivityRow[],
  width: number,
): Chart {
  const { ratio, strategy, baseline } = report;
  const bars = rows.flatMap(({ key, low, high }) =>
    [
      { key, end: 'lower', ...low },
      { key, end: 'higher', ...high },
    ].flatMap((one) => (one.ratio === null ? [] : [{ ...one, ratio: one.ratio }])),
  );
  const axis = labelled(
    rows.map(({ key }) => key),
    width,
  );
  return Plot.plot({
    document,
    ...COMMON,
    ...axis.size,
    ariaLabel: `Ratio of ${strategy} to ${baseline} by estimate`,
    x: { label: `mean time of an operation, ${strategy} ÷ ${baseline}`, grid: true, ticks: ticksOf(width) },
    y: axis.y,
    color: { legend: true, domain: ['lower', 'higher'], range: [COLOURS[0], COLOURS[1]] },
    marks: [
      ...axis.marks,
      Plot.barX(bars, {
        ...{ x1: ratio, x2: 'ratio', y: 'key', fill: 'end', insetTop: axis.insetTop },
        title: ({ key, end, value, ratio: there }: (typeof bars)[number]) =>
          `${key} ${end} (${value}): ${formatRatio(there)}`,
      }),
      Plot.ruleX([ratio]),
      ...(reachesOne(report, rows) ? [Plot.ruleX([1], { strokeDasharray: '4 4' })] : []),
    ],
  });
}
