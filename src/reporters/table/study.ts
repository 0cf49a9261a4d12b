/** A study for people: one row per point with the axes that vary, its latency and its host CPU time; fronts marked. */
import type { Caveat, StrategyResult } from '../../results/document.js';
import type { StudyDocument, StudyPoint } from '../../results/study-document.js';
import { axesOf, axisValue } from '../csv-study.js';
import type { ReportContext } from '../reporter.js';
import { formatCount, formatNs, NO_VALUE } from './format.js';
import { type Column, drawTable, wrapText } from './layout.js';

/** What a row shows of a point; its result is looked at once. */
interface Row {
  readonly point: StudyPoint;
  readonly meanNs: number | undefined;
  readonly p99Ns: number | undefined;
  readonly hostCpuNs: number | undefined;
  /** Kinds of caveats that its result has. */
  readonly caveats: readonly Caveat['about'][];
}

/** Table and footer. */
export function renderStudy(document: StudyDocument, context: ReportContext): string {
  const columns = columnsOf(document, context);
  const table = drawTable(columns, document.points.map(rowOf), context);
  const notes = [
    ...studyNotes(document),
    ...(table.dropped.length === 0 ? [] : [`no room for: ${table.dropped.join(', ')}`]),
  ];
  return `${table.text}\n${notes.map((note) => wrapText(note, context)).join('')}`;
}

/** What every report of a study says beside its points. */
export function studyNotes({ provenance, points, pareto, failed, shard }: StudyDocument): string[] {
  const part = shard === undefined ? '' : `, shard ${shard.index}/${shard.count}: ${formatCount(points.length)}`;
  const front =
    pareto.fronts === null
      ? 'the Pareto fronts need every shard: smmuscope merge'
      : `*: on the Pareto front of ${pareto.latency.replace(/_ns$/, '')} time of an operation against host CPU time per operation, over ${pareto.over.join(', ')}`;
  return [
    `study ${provenance.study.file} (${provenance.study.id.slice(0, 12)}), ${formatCount(provenance.study.points)} points${part}`,
    front,
    ...caveatNotes(points.map(rowOf)),
    ...(failed === 0 ? [] : [`failed: ${formatCount(failed)} (why: --json)`]),
  ];
}

function columnsOf({ points, pareto }: StudyDocument, context: ReportContext): Column<Row>[] {
  const varying = axesOf(points).filter((axis) => new Set(points.map(({ at }) => axisValue(at, axis))).size > 1);
  const shown = varying.length === 0 ? ['strategy'] : varying;
  const axes = shown.map(
    (axis): Column<Row> => ({
      heading: axis,
      align: 'left',
      drop: 0,
      minWidth: 10,
      cell: ({ point: { at } }) => (axis === 'trace' ? fileName(at.trace) : axisValue(at, axis)),
    }),
  );
  const ns = (heading: string, drop: number, of: (row: Row) => number | undefined): Column<Row> => ({
    heading,
    align: 'right',
    drop,
    cell: (row) => (row.point.error === undefined ? formatNs(of(row), context) : NO_VALUE),
  });
  const onFront = new Set(pareto.fronts?.flatMap((front) => front.points.map(({ index }) => index)));
  return [
    { heading: 'point', short: '#', align: 'right', drop: 2, cell: ({ point }) => String(point.index) },
    ...axes,
    ns('mean', 0, ({ meanNs }) => meanNs),
    ns('p99', 1, ({ p99Ns }) => p99Ns),
    ns('host cpu', 0, ({ hostCpuNs }) => hostCpuNs),
    {
      heading: 'front',
      align: 'left',
      drop: 3,
      cell: ({ point: { index, error } }) => (error !== undefined ? 'failed' : onFront.has(index) ? '*' : ''),
    },
  ];
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

function rowOf(point: StudyPoint): Row {
  const [entry] = point.result?.results ?? [];
  const { operation } = entry?.latency ?? {};
  const caveats = entry?.caveats.map(({ about }) => about) ?? [];
  return { point, meanNs: operation?.mean_ns, p99Ns: operation?.p99_ns, hostCpuNs: entry && hostCpu(entry), caveats };
}

/** The definition of the fronts: the threads that serve the guest, per operation. */
export function hostCpu({ host, latency }: StrategyResult): number | undefined {
  if (latency.operation.count === 0) return undefined;
  const { background: _own = 0, ...serving } = host.cpu_ns;
  return Object.values(serving).reduce((sum, ns) => sum + ns, 0) / latency.operation.count;
}
