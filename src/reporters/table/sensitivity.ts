/** Sensitivities for people: the estimates that move the ratio most, first. */
import type { SensitivityDocument, SensitivityEnd, SensitivityRow } from '../../results/sensitivity-document.js';
import type { ReportContext } from '../reporter.js';
import { formatCount, formatRatio, formatShare, NO_VALUE } from './format.js';
import { type Column, drawTable, wrapText } from './layout.js';

/** Table of what moves the ratio, and how many estimates do not. */
export function renderSensitivity(document: SensitivityDocument, context: ReportContext): string {
  const shown = document.parameters.filter(isShown);
  const table = shown.length === 0 ? '' : `${drawTable(COLUMNS, shown, context).text}\n`;
  return `${table}${sensitivityNotes(document)
    .map((note) => wrapText(note, context))
    .join('')}`;
}

/** An estimate that moves the ratio, or might have. */
export const isShown = ({ swing, low, high }: SensitivityRow): boolean =>
  swing > 0 || low.ratio === null || high.ratio === null;

/** What every report of sensitivities says beside the estimates. */
export function sensitivityNotes(document: SensitivityDocument): string[] {
  const { strategy, baseline, ratio, parameters, provenance, not_varied: notVaried } = document;
  const shown = parameters.filter(isShown);
  return [
    `mean time of an operation, ${strategy} / ${baseline}: ${formatRatio(ratio)} on trace ${provenance.trace.file} with profile ${provenance.profile}`,
    `each estimate alone at -${formatShare(provenance.by)} and +${formatShare(provenance.by)}; ${formatCount(parameters.length - shown.length)} more do not move it, ${formatCount(notVaried.length)} are no positive numbers and stay`,
  ];
}

const atEnd = ({ ratio }: SensitivityEnd): string => (ratio === null ? 'refused' : formatRatio(ratio));

const COLUMNS: readonly Column<SensitivityRow>[] = [
  { heading: 'estimate', align: 'left', drop: 0, cell: ({ key }) => key },
  { heading: 'value', align: 'right', drop: 0, cell: ({ value, unit }) => `${formatCount(value)} ${unit}` },
  { heading: 'lower', align: 'right', drop: 2, cell: ({ low }) => formatCount(low.value) },
  { heading: 'ratio there', align: 'right', drop: 0, cell: ({ low }) => atEnd(low) },
  { heading: 'higher', align: 'right', drop: 2, cell: ({ high }) => formatCount(high.value) },
  { heading: 'ratio there', align: 'right', drop: 0, cell: ({ high }) => atEnd(high) },
  {
    heading: 'swing',
    align: 'right',
    drop: 1,
    cell: ({ swing, low, high }) => (low.ratio === null && high.ratio === null ? NO_VALUE : formatShare(swing)),
  },
];
