/** The table of `compare`: one row per strategy and targeting, one block per trace. */
import { geometricMean } from 'simple-statistics';
import { type ComparedRow, type ReportColumn, valueIn } from '../../columns/column.js';
import { columnsNamed, versusBaseline } from '../../columns/registry.js';
import { sortedRows, toldApart } from '../../columns/rows.js';
import { baselineResultOf } from '../../results/baseline-row.js';
import type { ResultDocument, StrategyResult } from '../../results/document.js';
import { flushNote } from '../caveats.js';
import type { ReportContext } from '../reporter.js';
import { renderAgainst } from './diff.js';
import { renderFooter } from './footer.js';
import { formatNs, formatRatio, NO_VALUE } from './format.js';
import { renderGates } from './gates.js';
import { renderIncidents } from './incidents.js';
import { type Column, drawTable, sectionTitle, type TextStyle, wrapText } from './layout.js';
import { renderMedians } from './medians.js';
import { askedColumn, drawnColumn, sameText, tellingWidth } from './result-columns.js';

/** What a comparison shows, if nobody says what. */
const COMPARED = columnsNamed(
  'strategy',
  'atc',
  'ops',
  'mean',
  'p50',
  'p99',
  'max',
  'vs base',
  'saved',
  'est %',
  'per unmap',
  'guest cmds',
  'host cmds',
  'h/g',
  'exits',
  'ioctls',
  'miss/tr',
  'micro hits',
  'misses',
  'stale',
);

/** Shown even if all rows have one value: which rows there are, and what they are compared by. */
const ALWAYS = ['strategy', 'mean', 'vs base'];

/** A name is cut for `p99`, `saved`, `est %`, `exits` and `ops`; other columns go first. */
const CUT_FOR = 5;

/** One trace of a comparison. */
interface Block {
  readonly trace: string;
  readonly rows: readonly ComparedRow[];
  /** What its columns leave unsaid. */
  readonly notes: readonly string[];
}

/** A comparison before it is drawn. */
interface Comparison {
  readonly columns: readonly Column<ComparedRow>[];
  readonly blocks: readonly Block[];
  /** The table shows a column called so. */
  has(name: string): boolean;
}

/** The rows of one trace as texts, for outputs that draw tables of their own. */
export interface ComparisonTexts {
  readonly trace: string;
  readonly headings: readonly { readonly text: string; readonly align: 'left' | 'right' }[];
  readonly rows: readonly (readonly string[])[];
  readonly notes: readonly string[];
}

/** The comparison with every column, per trace. */
export function comparisonOf(document: ResultDocument, context: ReportContext): ComparisonTexts[] {
  const { columns, blocks } = planComparison(document, context);
  return blocks.map(({ trace, rows, notes }) => ({
    trace,
    headings: columns.map(({ heading, align }) => ({ text: heading, align })),
    rows: rows.map((row) => columns.map(({ cell }) => cell(row))),
    notes,
  }));
}

/** All results of `document` against `context.baseline`. */
export function renderComparison(document: ResultDocument, context: ReportContext): string {
  const { columns, blocks, has } = planComparison(document, context);
  const dropped = new Set<string>();
  let text = '';
  for (const { trace, rows, notes } of blocks) {
    const table = drawTable(columns, rows, context);
    for (const heading of table.dropped) dropped.add(heading);
    const incidents = renderIncidents(
      rows.map(({ result }) => result),
      context,
    );
    const title = blocks.length > 1 ? sectionTitle(trace, context) : '';
    text += `${title}${table.text}${notes.map((note) => wrapText(note, context)).join('')}\n`;
    if (incidents !== '') text += `${incidents}\n`;
  }
  if (blocks.length > 1 && context.baseline !== undefined) {
    const all = blocks.flatMap(({ rows }) => rows);
    text += `${renderGeometricMeans(all, blocks.length, context)}\n`;
  }
  const medians = renderMedians(document, context);
  for (const heading of medians.dropped) dropped.add(heading);
  const notes = has('per unmap') && !dropped.has('per unmap') ? flushNote(document) : [];
  const below =
    renderAgainst(document.against, context) +
    renderGates(document, context) +
    renderFooter(document, context, { dropped: [...dropped], notes });
  return text + medians.text + below;
}

function planComparison(document: ResultDocument, context: ReportContext): Comparison {
  const traces = [...new Set(document.results.map(({ trace }) => trace))];
  const tables = traces.map((trace): readonly ComparedRow[] => {
    const results = document.results.filter((result) => result.trace === trace);
    const baseline = baselineResultOf(trace, results, context.baseline);
    return sortedRows(
      results.map((result) => ({ result, baseline })),
      context.sort,
      valueIn,
    );
  });
  const { shown, constant, absent } = chosen(tables, context);
  const names = document.results.map(({ strategy }) => strategy);
  const name = { minWidth: tellingWidth(names), cutFor: CUT_FOR };
  return {
    columns: shown.map((column, at): Column<ComparedRow> => {
      const drawn = { ...drawnColumn(column, context, valueIn), style: STYLES[column.name] };
      if (column.name === 'strategy') return { ...drawn, ...name, drop: 0 };
      return context.columns?.includes(column) === true ? askedColumn(drawn, at) : drawn;
    }),
    blocks: traces.map((trace, at) => ({
      trace,
      rows: tables[at],
      notes: blockNotes(tables[at], { shown, constant, absent }, context),
    })),
    has: (wanted) => [...shown, ...constant].some((column) => column.name === wanted),
  };
}

/** What of the columns of a comparison is shown where. */
interface Chosen {
  /** In the tables. */
  readonly shown: readonly ReportColumn[];
  /** In a line below each: they have one value in all its rows, or none anywhere. */
  readonly constant: readonly ReportColumn[];
  readonly absent: readonly ReportColumn[];
}

function chosen(tables: readonly (readonly ComparedRow[])[], { columns }: ReportContext): Chosen {
  const naming = toldApart(columnsNamed('strategy', 'atc'), tables, ['strategy'], valueIn);
  if (columns !== undefined) {
    return { shown: [...naming.telling.filter((one) => !columns.includes(one)), ...columns], constant: [], absent: [] };
  }
  // A single row has nothing to differ from.
  if (tables.every((rows) => rows.length === 1)) return { shown: COMPARED, constant: [], absent: [] };
  const { telling, constant, absent } = toldApart(COMPARED, tables, ALWAYS, valueIn);
  return { shown: telling, constant, absent };
}

/** What stands below the table of one trace: the columns that do not tell its rows apart, and what is saved of what. */
function blockNotes(
  rows: readonly ComparedRow[],
  { shown, constant, absent }: Chosen,
  context: ReportContext,
): string[] {
  const [{ baseline }] = rows;
  const isSaved = shown.some(({ name }) => name === 'saved') && baseline !== undefined;
  return [
    ...(constant.length === 0 ? [] : [`same in all rows: ${sameText(constant, rows[0], context, valueIn)}`]),
    ...(absent.length === 0 ? [] : [`without a value: ${absent.map(({ heading }) => heading).join(', ')}`]),
    ...(isSaved ? [savedNote(baseline, context)] : []),
  ];
}

/** What `saved` is a part of; several vCPUs may wait for longer than the trace takes. */
function savedNote({ strategy, guest, replay, throughput }: StrategyResult, context: ReportContext): string {
  const [stall, duration] = [guest.stall_total_ns, throughput.duration_ns].map((ns) => formatNs(ns, context));
  const vcpus = replay?.vcpus ?? 1;
  const summed = vcpus > 1 ? `, its ${vcpus} vCPUs summed,` : '';
  return `saved: of the ${stall} that the guest waits with ${strategy}${summed} in ${duration} of simulated time`;
}

/** By the name of the column. */
const STYLES: Readonly<Record<string, (row: ComparedRow) => TextStyle | undefined>> = {
  'vs base': (row) => {
    const ratio = versusBaseline(row);
    if (ratio === null || row.result === row.baseline) return 'dim';
    if (ratio < 1) return 'green';
    return ratio > 1 ? 'red' : undefined;
  },
  stale: ({ result }) => ((result.safety?.stale_after_sync ?? 0) > 0 ? 'red' : undefined),
};

/** Per strategy and targeting, the geometric mean over all traces of its ratio to the baseline. */
function renderGeometricMeans(rows: readonly ComparedRow[], traces: number, context: ReportContext): string {
  const groups = new Map<string, ComparedRow[]>();
  for (const row of rows) {
    const key = `${row.result.strategy} ${row.result.atc}`;
    groups.set(key, [...(groups.get(key) ?? []), row]);
  }
  const columns: Column<ComparedRow[]>[] = [
    { heading: 'strategy', align: 'left', drop: 0, cell: ([row]) => row.result.strategy },
    { heading: 'atc', align: 'left', drop: 0, cell: ([row]) => row.result.atc },
    {
      heading: 'vs baseline',
      align: 'right',
      drop: 0,
      cell: (group) => {
        const ratios = group.map(versusBaseline).filter((ratio) => ratio !== null);
        return ratios.length < traces ? NO_VALUE : formatRatio(geometricMean(ratios));
      },
    },
  ];
  const title = `${traces} traces, geometric mean of the ratios`;
  return sectionTitle(title, context) + drawTable(columns, [...groups.values()], context).text;
}
