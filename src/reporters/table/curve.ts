/** Miss-ratio curves for people: the plot, then the points. */
import type { MrcDocument, MrcResult } from '../../analysis/mrc/document.js';
import type { CurvePoint } from '../../analysis/mrc/miss-ratio-curve.js';
import { plotCurve } from '../../analysis/mrc/plot.js';
import type { ReportContext } from '../reporter.js';
import { transformLine } from './footer.js';
import { formatCount, formatShare } from './format.js';
import { type Column, drawTable, wrapText } from './layout.js';

const PLOT_HEIGHT = 14;

const COLUMNS: readonly Column<CurvePoint>[] = [
  { heading: 'entries', align: 'right', drop: 0, cell: (point) => formatCount(point.entries) },
  { heading: 'misses', align: 'right', drop: 0, cell: (point) => formatCount(point.misses) },
  { heading: 'miss ratio', align: 'right', drop: 0, cell: (point) => formatShare(point.miss_ratio) },
];

/** Plot and table of every trace. */
export function renderCurves(document: MrcDocument, context: ReportContext): string {
  return document.results.map((result) => renderCurve(result, document, context)).join('\n');
}

function renderCurve(result: MrcResult, document: MrcDocument, context: ReportContext): string {
  const plot = plotCurve(result.points, Math.min(context.width, 100), PLOT_HEIGHT);
  const facts = [
    `${formatCount(result.accesses)} translations`,
    `${formatCount(result.cold_misses)} miss at every size (first use, or first use after an invalidation)`,
    `${formatCount(result.faults)} faults apart`,
  ];
  return [
    `trace ${result.trace}: ${document.provenance.model}`,
    context.unicode ? plot : asciiOnly(plot),
    '',
    drawTable(COLUMNS, result.points, context).text.trimEnd(),
    '',
    ...facts,
    ...transformLine(document.provenance.transforms).map((line) => wrapText(line, context).trimEnd()),
    '',
  ].join('\n');
}

const ASCII: Readonly<Record<string, string>> = {
  '█': '#',
  '│': '|',
  '┤': '+',
  '└': '+',
  '─': '-',
  '┬': '+',
  '┴': '+',
};

/** Block characters as the nearest plain ones: a half-filled cell and more counts as filled. */
function asciiOnly(text: string): string {
  return text
    .replace(/[▁▂▃]/g, '.')
    .replace(/[▄▅▆▇]/g, '#')
    .replace(/[█│┤└─┬┴]/g, (character) => ASCII[character]);
}
