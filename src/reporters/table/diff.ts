/** Differences for people: per row a sentence, then the numbers that count, those that explain the others first. */
import type { DiffDocument } from '../../diff/document.js';
import type { Difference, Differences, Side } from '../../results/declaration/differences.js';
import {
  cellsOf,
  changedLines,
  DIFF_HEADINGS,
  diffNotes,
  groupsOf,
  overTracesLines,
  recordingLines,
  sameLine,
  sideText,
  verdictOf,
} from '../diff-text.js';
import type { ReportContext } from '../reporter.js';
import { type Column, drawTable, paint, sectionTitle, wrapText } from './layout.js';

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
  return `${sectionTitle(`against ${sideText(against.old)}`, context)}${renderDifferences(against, context)}`;
}

function renderDifferences(of: Differences, context: ReportContext): string {
  const lines = (texts: readonly string[]) => texts.map((text) => wrapText(text, context)).join('');
  const groups = groupsOf(of, context).map(({ name, summary, shown, hidden }) => {
    const columns = columnsOf(shown, context);
    const more =
      hidden === 0 ? '' : wrapText(`and ${hidden} more that follow or are details (--all, --reporter csv)`, context);
    return `${paint(wrapText(`${name}: ${summary}`, context).trimEnd(), 'bold', context)}\n${drawTable(columns, shown, context).text}${more}\n`;
  });
  const same = sameLine(of);
  const changed = changedLines(of.changed).map((line) => `changed: ${line}`);
  return [
    ...groups,
    ...(same === undefined ? [] : [wrapText(same, context), '\n']),
    lines(overTracesLines(of.over_traces ?? [], context)),
    lines(recordingLines(of.recordings ?? [], context)),
    lines(changed),
    lines(diffNotes(of).map((note) => `note: ${note}`)),
  ].join('');
}

function columnsOf(shown: readonly Difference[], context: ReportContext): Column<Difference>[] {
  return DIFF_HEADINGS.flatMap((heading, at): Column<Difference>[] => {
    const cell = (one: Difference) => cellsOf(one, context)[at];
    if (heading === 'significance' && shown.every((one) => cell(one) === '')) return [];
    const align = at === 0 || heading === 'significance' ? 'left' : 'right';
    const style = (one: Difference) =>
      heading !== '%'
        ? undefined
        : verdictOf(one) === 'better'
          ? 'green'
          : verdictOf(one) === 'worse'
            ? 'red'
            : undefined;
    return [{ heading, align, drop: heading === 'significance' ? 1 : 0, cell, style }];
  });
}
