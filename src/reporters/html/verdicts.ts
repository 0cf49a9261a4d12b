/** Sections of what was judged: gates, and medians over several seeds or traces. */
import type { Judgement } from '../../results/declaration/gates.js';
import type { ResultDocument } from '../../results/document.js';
import { againstLines, sideText } from '../diff-text.js';
import { inUnit, judgedName, judgementText } from '../gate-text.js';
import { type ReportContext, WIDE } from '../reporter.js';
import { mediansTexts } from '../table/medians.js';
import type { Cell, PageShell } from './shell.js';

const MARKS = { pass: '✓ pass', fail: '✗ fail', inconclusive: '? inconclusive' } as const;
/** What needs attention comes first. */
const ORDER: readonly Judgement['verdict'][] = ['fail', 'inconclusive', 'pass'];

/** Add the verdicts of the gates, if there are any. */
export function addGates(shell: PageShell, { gates }: ResultDocument): void {
  if (gates === undefined) return;
  const { passed, counts, judgements } = gates;
  shell.heading(`Gates: ${passed ? 'passed' : 'failed'}`);
  shell.paragraph(`${counts.pass} passed, ${counts.fail} failed, ${counts.inconclusive} inconclusive`);
  const number = (value: number | null, one: Judgement): Cell =>
    value === null ? { value } : { value, text: inUnit(value, one) };
  const sorted = ORDER.flatMap((verdict) => judgements.filter((one) => one.verdict === verdict));
  shell.sortableTable({
    label: 'Gates',
    headings: ['gate', 'verdict', 'result', 'value', 'limit', 'baseline'],
    rows: sorted.map((one) => [
      one.gate,
      MARKS[one.verdict],
      judgedName(one),
      number(one.value, one),
      one.limit === null ? { value: null } : { value: one.limit, text: `${one.operator} ${inUnit(one.limit, one)}` },
      number(one.baseline, one),
    ]),
  });
  for (const one of sorted) {
    if (one.verdict === 'inconclusive') shell.paragraph(`${judgedName(one)}: ${judgementText(one)}`);
  }
}

/** Add how the results differ from an earlier one, if they were held against one. */
export function addAgainst(shell: PageShell, { against }: ResultDocument, context: ReportContext): void {
  if (against === undefined) return;
  shell.heading(`Against ${sideText(against.old)}`);
  shell.list(againstLines(against, { ...context, width: 100_000, colour: false, unicode: true }));
}

/** Add the medians of several seeds or traces, if there are any. */
export function addMedians(shell: PageShell, report: ResultDocument, context: ReportContext): void {
  const texts = mediansTexts(report, { ...context, ...WIDE });
  if (texts === undefined) return;
  const { title, headings, rows, notes } = texts;
  shell.heading(`${title[0].toUpperCase()}${title.slice(1)}`);
  if (rows.length > 0) {
    shell.plainTable({ label: 'Medians', headings: headings.map(({ text }) => text), rows });
  }
  for (const note of notes) shell.paragraph(`${note[0].toUpperCase()}${note.slice(1)}.`);
}
