/**
 * GitHub-flavoured Markdown for a job summary or a pull request: the comparison, the gates, where the numbers come from.
 * Built as a syntax tree and written by mdast-util-to-markdown, which knows what must be escaped.
 */
import type { PhrasingContent, RootContent, Table, TableCell } from 'mdast';
import type { Unsafe } from 'mdast-util-to-markdown';
import type { DiffDocument } from '../diff/document.js';
import type { Difference } from '../results/declaration/differences.js';
import type { GatesResult, Judgement } from '../results/declaration/gates.js';
import { DIFF_SCHEMA, RESULT_SCHEMA } from '../results/declaration/tags.js';
import type { ResultDocument, StrategyResult } from '../results/document.js';
import { answerTexts, commandsOf } from './answer.js';
import { flushNote } from './caveats.js';
import { againstLines, belowDiff, diffTable, groupsOf, sameLine, sideText } from './diff-text.js';
import { inUnit, judgedName, judgementText } from './gate-text.js';
import { type ReportContext, type ReportDocument, type Reporter, WIDE } from './reporter.js';
import { comparisonOf } from './table/comparison.js';
import { renderFooter } from './table/footer.js';
import { incidentNotes, incidentTexts } from './table/incidents.js';
import { mediansTexts } from './table/medians.js';
import { tableReporter } from './table.js';

/** GitHub makes a link of what looks like an address; a name of a trace is none. */
const ADDRESSES: Unsafe[] = [
  { character: ':', before: '[ps]', after: '\\/', inConstruct: 'phrasing' },
  { character: '.', before: '[Ww]', after: '[\\-.\\w]', inConstruct: 'phrasing' },
  { character: '@', before: '[+\\-.\\w]', after: '[\\-.\\w]', inConstruct: 'phrasing' },
];

export const markdownReporter: Reporter<Promise<string>> = {
  name: 'markdown',
  hasColumns: true,
  summary: 'GitHub-flavoured Markdown for a job summary or a comment',
  listsBreaches: true,
  render: async (document, context) => {
    const { gfmTableToMarkdown } = await import('mdast-util-gfm-table');
    const { toMarkdown } = await import('mdast-util-to-markdown');
    const children =
      document.schema === RESULT_SCHEMA
        ? resultPage(document, context)
        : document.schema === DIFF_SCHEMA
          ? diffPage(document, { ...context, ...WIDE })
          : listingPage(document, context);
    return toMarkdown(
      { type: 'root', children },
      { bullet: '-', extensions: [gfmTableToMarkdown({ tablePipeAlign: false }), { unsafe: ADDRESSES }] },
    );
  },
};

function resultPage(document: ResultDocument, context: ReportContext): RootContent[] {
  const wide = { ...context, ...WIDE };
  const [{ strategy, atc }] = document.results;
  const baseline = context.baseline ?? { strategy, atc };
  const sections = comparisonOf(document, { ...wide, baseline }).flatMap(({ trace, headings, rows, notes }) => {
    const results = document.results.filter((result) => result.trace === trace);
    return [heading(2, trace), table(headings, rows), ...notes.map(paragraph), ...incidentsSection(results, wide)];
  });
  const footer = renderFooter(document, { ...wide, baseline }, { dropped: [], notes: flushNote(document) })
    .trim()
    .split('\n');
  return [
    ...(document.gates === undefined ? [] : gatesSection(document.gates)),
    ...answerSection(document, context),
    ...sections,
    ...mediansSection(document, wide),
    ...againstSection(document, wide),
    list(footer),
  ];
}

function againstSection({ against }: ResultDocument, context: ReportContext): RootContent[] {
  if (against === undefined) return [];
  return [heading(2, `Against ${sideText(against.old)}`), list(againstLines(against, context))];
}

/** What differs, a section per row. */
function diffPage(document: DiffDocument, context: ReportContext): RootContent[] {
  const { old, new: now } = document.provenance;
  const groups = groupsOf(document, context).flatMap(({ name, summary, shown, hidden }) => [
    heading(3, name),
    paragraph(summary),
    diffTableNode(shown, context),
    ...(hidden === 0 ? [] : [paragraph(`and ${hidden} more that follow or are details`)]),
  ]);
  const same = sameLine(document);
  const below = belowDiff(document, context);
  return [
    heading(2, `${sideText(old)} → ${sideText(now)}`),
    ...groups,
    ...(same === undefined ? [] : [paragraph(same)]),
    ...(below.length === 0 ? [] : [list(below)]),
  ];
}

/** What the document comes to, and commands to go on with. */
function answerSection(document: ResultDocument, context: ReportContext): RootContent[] {
  const answer = answerTexts(document, context);
  return [
    ...answer.map((one) => paragraph(one.text)),
    ...commandsOf(answer).map((value) => ({
      type: 'paragraph' as const,
      children: [text('Next: '), { type: 'inlineCode' as const, value }],
    })),
  ];
}

/** Errors that happened, and those that did not come about. */
function incidentsSection(results: readonly StrategyResult[], context: ReportContext): RootContent[] {
  const texts = incidentTexts(results, context);
  return [
    ...(texts.rows.length === 0 ? [] : [table(texts.headings, texts.rows)]),
    ...incidentNotes(results).map(paragraph),
  ];
}

function mediansSection(document: ResultDocument, context: ReportContext): RootContent[] {
  const texts = mediansTexts(document, context);
  if (texts === undefined) return [];
  const { title, headings, rows, notes } = texts;
  return [heading(2, title), ...(rows.length === 0 ? [] : [table(headings, rows)]), ...notes.map(paragraph)];
}

function gatesSection({ counts, judgements, passed }: GatesResult): RootContent[] {
  const totals = `${counts.pass} passed, ${counts.fail} failed, ${counts.inconclusive} inconclusive`;
  // What needs attention comes first; within a verdict the order of the gates stays.
  const order: readonly Judgement['verdict'][] = ['fail', 'inconclusive', 'pass'];
  const sorted = order.flatMap((verdict) => judgements.filter((one) => one.verdict === verdict));
  const headings = ['verdict', 'gate', 'result', 'value', 'limit', 'baseline'].map((text, at) => ({
    text,
    align: at < 3 ? ('left' as const) : ('right' as const),
  }));
  const number = (value: number | null, one: Judgement) => (value === null ? '-' : inUnit(value, one));
  const rows = sorted.map((one) => [
    `${one.verdict === 'pass' ? '✅' : one.verdict === 'fail' || one.blocks ? '❌' : '❔'} ${one.verdict}`,
    one.gate,
    judgedName(one),
    number(one.value, one),
    one.limit === null ? '-' : `${one.operator} ${inUnit(one.limit, one)}`,
    number(one.baseline, one),
  ]);
  const unclear = judgements.filter(({ verdict }) => verdict === 'inconclusive');
  return [
    heading(2, `Gates: ${passed ? 'passed' : 'failed'}`),
    paragraph(totals),
    table(headings, rows),
    ...unclear.map((one) => paragraph(`${judgedName(one)}: ${judgementText(one)}`)),
  ];
}

function diffTableNode(shown: readonly Difference[], context: ReportContext): Table {
  const { headings, rows } = diffTable(shown, context);
  return table(headings, rows);
}

/** Listings and inspections: their table as it is. */
function listingPage(document: ReportDocument, context: ReportContext): RootContent[] {
  const value = tableReporter.render(document, { ...context, colour: false, unicode: true }).trimEnd();
  return [{ type: 'code', lang: 'text', value }];
}

const text = (value: string): PhrasingContent => ({ type: 'text', value });
const paragraph = (value: string) => ({ type: 'paragraph' as const, children: [text(value)] });
const list = (lines: readonly string[]): RootContent => ({
  type: 'list',
  spread: false,
  children: lines.map((line) => ({ type: 'listItem', spread: false, children: [paragraph(line)] })),
});
const heading = (depth: 2 | 3, value: string): RootContent => ({ type: 'heading', depth, children: [text(value)] });
const cell = (value: string): TableCell => ({ type: 'tableCell', children: [text(value)] });

function table(
  headings: readonly { readonly text: string; readonly align: 'left' | 'right' }[],
  rows: readonly (readonly string[])[],
): Table {
  const cells = [headings.map((one) => one.text), ...rows];
  return {
    type: 'table',
    align: headings.map(({ align }) => align),
    children: cells.map((row) => ({ type: 'tableRow', children: row.map(cell) })),
  };
}
