/** Differences for people: per row a sentence, then the numbers that count, those that explain the others first. */
import type { DiffDocument } from '../../diff/document.js';
import type { Difference, Differences, Side } from '../../results/declaration/differences.js';
import { againstLines, belowDiff, diffTable, groupsOf, sameLine, sideText, verdictOf } from '../diff-text.js';
import type { ReportContext } from '../reporter.js';
import { type Column, drawTable, paint, sectionTitle, type TextStyle, wrapText } from './layout.js';

/** The whole document. */
export function renderDiff(document: DiffDocument, context: ReportContext): string {
  const { old, new: now } = document.provenance;
  return `${renderDifferences(document, context)}${wrapText(`old ${sideText(old)}`, context)}${wrapText(`new ${sideText(now)}`, context)}`;
}

/** Below a comparison: how it differs from an earlier result; nothing without one. */
export function renderAgainst(
  against: (Differences & { readonly old: Side }) | undefined,
  context: ReportContext,
): string {
  if (against === undefined) return '';
  const lines = againstLines(against, context).map((line) => wrapText(line, context));
  return `${sectionTitle(`against ${sideText(against.old)}`, context)}${lines.join('')}\n`;
}

function renderDifferences(of: Differences, context: ReportContext): string {
  const groups = groupsOf(of, context).map(({ name, summary, shown, hidden }) => {
    const columns = columnsOf(shown, context);
    const more =
      hidden === 0 ? '' : wrapText(`and ${hidden} more that follow or are details (--all, --reporter csv)`, context);
    return `${paint(wrapText(`${name}: ${summary}`, context).trimEnd(), 'bold', context)}\n${drawTable(columns, shown, context).text}${more}\n`;
  });
  const same = sameLine(of);
  return [
    ...groups,
    ...(same === undefined ? [] : [wrapText(same, context), '\n']),
    ...belowDiff(of, context).map((line) => wrapText(line, context)),
  ].join('');
}

function columnsOf(shown: readonly Difference[], context: ReportContext): Column<Difference>[] {
  const { headings, rows } = diffTable(shown, context);
  return headings.map(({ text, align }, at) => ({
    heading: text,
    align,
    drop: text === 'significance' ? 1 : 0,
    cell: (one) => rows[shown.indexOf(one)][at],
    style: (one) => (text === '%' ? verdictStyle(one) : undefined),
  }));
}

function verdictStyle(one: Difference): TextStyle | undefined {
  const verdict = verdictOf(one);
  return verdict === undefined ? undefined : verdict === 'better' ? 'green' : 'red';
}
