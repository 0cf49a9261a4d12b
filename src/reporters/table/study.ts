/** A study for people: one row per point with the axes that vary, and what they move; fronts marked. */
import type { ReportColumn } from '../../columns/column.js';
import { STUDY_COLUMNS } from '../../columns/registry.js';
import { sortedRows, type ToldApart, toldApart, type ValueOf } from '../../columns/rows.js';
import type { Caveat } from '../../results/document.js';
import { axesOf, axisValue, pointsByPlace, type StillAxis, stillAxes, varyingAxes } from '../../results/study-axes.js';
import type { Coordinates, StudyDocument, StudyPoint } from '../../results/study-document.js';
import type { ReportContext } from '../reporter.js';
import { formatCount } from './format.js';
import { type Column, drawTable, wrapText } from './layout.js';
import { askedColumn, drawnColumn, sameText, tellingWidth } from './result-columns.js';

/** A point as rows show it; its result is looked at once, and not held. */
interface Row {
  readonly index: number;
  readonly at: Coordinates;
  readonly isFailed: boolean;
  readonly isOnFront: boolean;
  /** Of every column that is shown or sorted by. */
  readonly values: readonly (number | string | null)[];
  /** Kinds of caveats that its result has. */
  readonly caveats: readonly Caveat['about'][];
  /** Points behind it that show the same. */
  readonly more: number;
}

/** A place is cut for the front, `mean`, `p99`, misses and host CPU time; other columns go first. */
const CUT_FOR = 9;

/** What is shown of a study. */
interface View {
  readonly all: readonly Row[];
  /** In their order; of points that show the same the first. */
  readonly rows: readonly Row[];
  /** Axes that tell rows apart. */
  readonly axes: readonly string[];
  readonly told: ToldApart;
  /** Columns of which some point has a value, and the axes that do not move some of them. */
  readonly present: readonly ReportColumn[];
  readonly still: readonly StillAxis[];
  readonly valueIn: ValueOf<Row>;
}

/** Table and footer. */
export function renderStudy(document: StudyDocument, context: ReportContext): string {
  const view = viewOf(document, context);
  const table = drawTable(tableColumns(view, context), view.rows, context);
  const notes = [
    ...notesOf(document, view, context),
    ...(table.dropped.length === 0 ? [] : [`no room for: ${table.dropped.join(', ')}`]),
  ];
  return `${table.text}\n${notes.map((note) => wrapText(note, context)).join('')}`;
}

/** What every report of a study says beside its points. */
export function studyNotes(document: StudyDocument, context: ReportContext): string[] {
  return notesOf(document, viewOf(document, context), context);
}

function notesOf(
  { provenance, points, pareto, failed, shard }: StudyDocument,
  view: View,
  context: ReportContext,
): string[] {
  const part = shard === undefined ? '' : `, shard ${shard.index}/${shard.count}: ${formatCount(points.length)}`;
  return [
    ...sameNotes(view, context),
    ...effectNotes(view, shard === undefined ? '' : ' in this shard'),
    `study ${provenance.study.file} (${provenance.study.id.slice(0, 12)}), ${formatCount(provenance.study.points)} points${part}`,
    frontNote(pareto),
    ...caveatNotes(view.all),
    ...(failed === 0 ? [] : [`failed: ${formatCount(failed)} (why: --json)`]),
  ];
}

function viewOf({ points, pareto }: StudyDocument, { columns: asked, sort }: ReportContext): View {
  const columns = [...(asked ?? STUDY_COLUMNS)];
  const read = sort === undefined ? columns : [...columns, sort.column];
  const onFront = new Set(pareto.fronts?.flatMap((front) => front.points.map(({ index }) => index)));
  const all = points.map((point) => rowOf(point, read, onFront));
  const valueIn: ValueOf<Row> = (column, { values }) => values[read.indexOf(column)];
  const finished = all.filter(({ isFailed }) => !isFailed);
  const told = toldApart(columns, [finished], ['mean'], valueIn);
  const present = columns.filter((column) => !told.absent.includes(column));
  const still = stillAxes(finished.map((row) => ({ at: row.at, values: present.map((one) => valueIn(one, row)) })));
  const { rows, axes } = folded(all, still, present.length);
  const shown = asked === undefined ? told : { telling: columns, constant: [], absent: [] };
  return { all, rows: sortedRows(rows, sort, valueIn), axes, told: shown, present, still, valueIn };
}

/** The points that show the same but for axes that move nothing shown, as one row each, and the axes that are left. */
function folded(all: readonly Row[], still: readonly StillAxis[], shown: number): Pick<View, 'rows' | 'axes'> {
  const varying = varyingAxes(all);
  const dead = still.filter((one) => one.still.length === shown).map(({ axis }) => axis);
  const axes = varying.filter((axis) => !dead.includes(axis));
  const groups = pointsByPlace(all, axes);
  const look = ({ values, isFailed, isOnFront }: Row) => JSON.stringify([values, isFailed, isOnFront]);
  const isSame = groups.every((group) => group.every((row) => look(row) === look(group[0])));
  // Where points do not show the same after all (one has failed, or is on the front alone) each keeps its row.
  if (!isSame) return { rows: all, axes: varying };
  return { rows: groups.map((group) => ({ ...group[0], more: group.length - 1 })), axes };
}

/** The columns of a study: which point, where it lies, what it has. */
function tableColumns({ axes, rows, told, valueIn }: View, context: ReportContext): Column<Row>[] {
  const shown = axes.length === 0 ? ['strategy'] : axes;
  const headingWidth = tellingWidth(shown);
  const places = shown.map(
    (axis): Column<Row> => ({
      heading: axis,
      align: isNumeric(rows, axis) ? 'right' : 'left',
      drop: 0,
      minWidth: Math.max(headingWidth, tellingWidth(rows.map(({ at }) => placeText(at, axis)))),
      cutFor: CUT_FOR,
      cell: ({ at }) => placeText(at, axis),
    }),
  );
  return [
    {
      heading: 'point',
      short: '#',
      align: 'right',
      drop: 13,
      cell: ({ index, more }) => `${index}${more === 0 ? '' : ` +${more}`}`,
    },
    ...places,
    ...told.telling.map((column, at) => {
      const drawn = drawnColumn<Row>(column, context, valueIn);
      return context.columns === undefined ? drawn : askedColumn(drawn, at);
    }),
    {
      heading: 'front',
      align: 'left',
      drop: 3,
      cell: ({ isFailed, isOnFront }) => (isFailed ? 'failed' : isOnFront ? '*' : ''),
    },
  ];
}

const isNumeric = (rows: readonly Row[], axis: string): boolean =>
  rows.every(({ at }) => typeof (at.set[axis] ?? at[axis]) === 'number');

const placeText = (at: Coordinates, axis: string): string =>
  axis === 'trace' ? fileName(at.trace) : axisValue(at, axis);

/** What all points have in common, and what none has. */
function sameNotes({ all, rows, told, valueIn }: View, context: ReportContext): string[] {
  if (all.length < 2) return [];
  const { constant, absent } = told;
  const varying = varyingAxes(all);
  const fixed = axesOf(all).filter((axis) => !varying.includes(axis));
  const finished = rows.find(({ isFailed }) => !isFailed);
  const same = [
    ...fixed.map((axis) => `${axis} ${placeText(all[0].at, axis)}`),
    ...(constant.length === 0 || finished === undefined ? [] : [sameText(constant, finished, context, valueIn)]),
  ];
  return [
    ...(same.length === 0 ? [] : [`same in all points: ${same.join(', ')}`]),
    ...(absent.length === 0 ? [] : [`without a value: ${absent.map(({ heading }) => heading).join(', ')}`]),
  ];
}

/** Which axes move nothing, and which move only some of what is shown. */
function effectNotes({ all, still, present, axes }: View, where: string): string[] {
  const byColumns = new Map<string, string[]>();
  for (const one of still) {
    const on = axes.includes(one.axis) ? one.still.map((at) => present[at].heading).join(', ') : 'anything shown';
    byColumns.set(on, [...(byColumns.get(on) ?? []), `${one.axis}${rangeText(all, one.axis)}`]);
  }
  const texts = [...byColumns].map(([on, named]) => `no effect${where} on ${on}: ${named.join(', ')}`);
  const isFolded = still.some(({ axis }) => !axes.includes(axis));
  return isFolded
    ? [...texts, 'points that show the same share a row: the number of the first, and how many more']
    : texts;
}

/** The least and the largest value of an axis of numbers: beyond them nothing is known. */
function rangeText(rows: readonly Row[], axis: string): string {
  if (!isNumeric(rows, axis)) return '';
  const values = rows.map(({ at }) => Number(axisValue(at, axis)));
  return ` (${Math.min(...values)} to ${Math.max(...values)})`;
}

function frontNote({ fronts, latency, objectives, over }: StudyDocument['pareto']): string {
  if (fronts === null) return 'the Pareto fronts need every shard: smmuscope merge';
  const of =
    objectives?.join(' against ') ??
    `${latency.replace(/_ns$/, '')} time of an operation against host CPU time per operation`;
  return `*: on the Pareto front of ${of}, over ${over.join(', ')}`;
}

/** A trace as results name it; where two share a name, the CSV tells them apart. */
const fileName = (trace: string): string => trace.replace(/^.*[/\\]/, '');

/** How many points have what must be known of their numbers, in the words of the table; each point's JSON says it in full. */
function caveatNotes(rows: readonly Row[]): string[] {
  return Object.entries(CAVEATS).flatMap(([about, text]) => {
    const { length } = rows.filter(({ caveats }) => caveats.includes(about as Caveat['about']));
    return length === 0 ? [] : [`note: points ${text}: ${formatCount(length)} (caveats in --json)`];
  });
}

const CAVEATS: Readonly<Record<Caveat['about'], string>> = {
  'several-prod-writes': 'with operations in several PROD writes, charged for each of them',
  unfinished: 'with operations that no CMD_SYNC ends, which are in no mean',
  'without-work': 'with operations that give the path nothing to do, which are in no mean',
  'swallowed-commands': 'with guest commands that the path drops without a word',
  'errors-in-trace': 'with errors that stand in the trace and stop the queue',
  'recorded-vmids': 'of traces whose VMIDs are a host’s own',
  'own-times': 'with times that the strategy says itself, which no tag covers',
  'passed-over': 'with errors that stand in the trace and that the guest is never told',
};

function rowOf(
  { index, at, result, error }: StudyPoint,
  columns: readonly ReportColumn[],
  onFront: ReadonlySet<number>,
): Row {
  const [entry] = result?.results ?? [];
  return {
    index,
    at,
    isFailed: error !== undefined,
    isOnFront: onFront.has(index),
    values: columns.map((column) =>
      entry === undefined ? null : column.value({ result: entry, baseline: undefined }),
    ),
    caveats: entry?.caveats.map(({ about }) => about) ?? [],
    more: 0,
  };
}
