/** What differs, in words and in the order in which it is read: the same in every report that shows it. */
import type {
  Changed,
  Difference,
  Differences,
  DiffRow,
  OverTraces,
  RecordingPair,
  Side,
  UnpairedRow,
} from '../results/declaration/differences.js';
import { pText } from './gate-text.js';
import type { ReportContext } from './reporter.js';
import { formatApart, formatChange, formatValue } from './table/format.js';

/** Rows of one trace that differ in the same numbers, said once. */
export interface DiffGroup {
  /** Names of its rows. */
  readonly name: string;
  /** Its differences in one sentence, for people in a hurry. */
  readonly summary: string;
  /** Index of its first row in `rows`. */
  readonly row: number;
  /** Shown, and how many more there are. */
  readonly shown: readonly Difference[];
  readonly hidden: number;
}

/** Lines of differences that a row has without `--all`. */
const SHOWN = 12;

/** Rows that differ, those that differ most first. */
export function groupsOf(of: Differences, context: ReportContext): DiffGroup[] {
  const groups = new Map<string, DiffGroup & { readonly members: number[] }>();
  for (const [row, all] of differencesByRow(of)) {
    const main = all.filter(({ detail }) => detail !== true);
    const shown = context.isComplete ? all : (main.length === 0 ? all : main).slice(0, SHOWN);
    const hidden = all.length - shown.length;
    const key = JSON.stringify([of.rows[row].trace, hidden, shown.map(({ row: _row, ...one }) => one)]);
    const known = groups.get(key);
    if (known !== undefined) known.members.push(row);
    else groups.set(key, { name: '', summary: summaryOf(all, context), row, shown, hidden, members: [row] });
  }
  return [...groups.values()].map(({ members, ...group }) => ({
    ...group,
    name: members.map((at) => rowName(of.rows[at], of.rows)).join('; '),
  }));
}

function differencesByRow({ differences }: Differences): ReadonlyMap<number, Difference[]> {
  const byRow = new Map<number, Difference[]>();
  for (const one of differences) {
    const mine = byRow.get(one.row);
    if (mine === undefined) byRow.set(one.row, [one]);
    else mine.push(one);
  }
  return byRow;
}

/** `ioctl (vsid)`, with its place on the axes, and its trace where there are several. */
function rowName(row: UnpairedRow | DiffRow, rows: readonly (UnpairedRow | DiffRow)[]): string {
  const { trace, strategy, atc, at } = row;
  const isAlone = new Set(rows.map((one) => one.trace)).size < 2;
  const { trace: _trace, strategy: _strategy, ...axes } = at ?? {};
  const varying = Object.entries(axes).flatMap(([axis, value]) =>
    isVarying(axis, rows) ? [axisText(axis, value)] : [],
  );
  return [`${strategy} (${atc})`, ...varying.filter((text) => text !== ''), ...(isAlone ? [] : [trace])].join(', ');
}

const isVarying = (axis: string, rows: readonly Pick<UnpairedRow, 'at'>[]): boolean =>
  new Set(rows.map(({ at }) => JSON.stringify(at?.[axis]))).size > 1;

function axisText(axis: string, value: NonNullable<UnpairedRow['at']>[string]): string {
  if (typeof value !== 'object') return `${axis} ${value}`;
  return Object.entries(value)
    .map(([key, set]) => `${key}=${set}`)
    .join(', ');
}

/** Stages that a sentence names: the first, and others from this part of all changes on. */
const NAMED_STAGES = 3;
const NAMED_FROM = 0.1;
/** One stage is all of a change from here on. */
const ALL_OF_IT = 0.99;

function summaryOf(all: readonly Difference[], context: ReportContext): string {
  const stale = all.find(({ metric }) => metric === 'safety.stale_after_sync');
  const mean = all.find(({ metric }) => metric === 'latency.operation.mean_ns');
  const lead =
    stale === undefined ? [] : [`stale translations used after a completed SYNC ${valuesText(stale, context)}`];
  if (mean === undefined) {
    const first = all.find((one) => one !== stale);
    const time = all.some(({ metric }) => metric.startsWith('latency.operation.'))
      ? []
      : ['time of an operation unchanged'];
    const largest = first === undefined ? [] : [`${first.metric} ${valuesText(first, context)}`];
    return [...lead, ...largest, ...time].join('; ');
  }
  const stages = all.filter(({ share_of_mean_change: share }) => share !== undefined);
  return [...lead, `mean ${valuesText(mean, context)}${stagesText(stages, context)}`].join('; ');
}

function stagesText(stages: readonly Difference[], context: ReportContext): string {
  const moved = stages.reduce((sum, { change }) => sum + Math.abs(change), 0);
  const weight = ({ change }: Difference) => Math.abs(change) / moved;
  const name = (one: Difference) => `${one.metric.replace('latency.breakdown_ns.', '')} ${valuesText(one, context)}`;
  const [first, ...others] = stages;
  if (first === undefined) return '';
  if (weight(first) >= ALL_OF_IT) return `: all of it in stage ${name(first)}`;
  const named = [first, ...others.filter((one) => weight(one) >= NAMED_FROM)].slice(0, NAMED_STAGES);
  return `: ${named.length === 1 ? 'most of it in stage' : 'stages'} ${named.map(name).join(', ')}`;
}

/** `4.72 us → 4.74 us (+0.36%)`, with what the test says. */
function valuesText(one: Difference, context: ReportContext): string {
  const [old, now] = formatApart([one.old, one.new], one.unit, context);
  return `${old} → ${now}${one.old === 0 ? '' : ` (${formatChange(one.old, one.new)})`}${testText(one)}`;
}

function testText({ significant, test }: Difference): string {
  if (significant === undefined) return '';
  const p = test?.mann_whitney === undefined ? '' : `p ${pText(test.mann_whitney.p)}`;
  return significant ? (p === '' ? '' : `, ${p}`) : `, not significant${p === '' ? '' : `: ${p}`}`;
}

/** A table of differences. */
export interface DiffTable {
  readonly headings: readonly { readonly text: string; readonly align: 'left' | 'right' }[];
  /** One per difference. */
  readonly rows: readonly (readonly string[])[];
}

/** `shown` as texts; what a test says has a column where there is one, since most differences are exact. */
export function diffTable(shown: readonly Difference[], context: ReportContext): DiffTable {
  const isTested = shown.some(({ significant }) => significant !== undefined);
  const rows = shown.map((one) => {
    const [old, now] = formatApart([one.old, one.new], one.unit, context);
    const cells = [one.metric, old, now, formatChange(one.old, one.new)];
    return isTested ? [...cells, testText(one).replace(/^, /, '')] : cells;
  });
  const headings = ['metric', 'old', 'new', '%', ...(isTested ? ['significance'] : [])];
  return { headings: headings.map((text, at) => ({ text, align: at === 0 || at === 4 ? 'left' : 'right' })), rows };
}

/** Which way a difference goes: `better`, `worse`, or neither. */
export function verdictOf({ direction, change, significant }: Difference): 'better' | 'worse' | undefined {
  if (direction === 'neutral' || change === 0 || significant === false) return undefined;
  return change < 0 === (direction === 'lower') ? 'better' : 'worse';
}

/** Characters of a value in provenance that a line shows. */
const VALUE_CHARACTERS = 60;

/** What decided the results and is not the same, a line each. */
function changedLines(changed: readonly Changed[]): string[] {
  const short = (text: string | undefined) => {
    if (text === undefined) return 'none';
    const value = /^"[0-9a-f]{64}"$/.test(text) ? text.slice(1, 13) : text.replace(/^"(.*)"$/, '$1');
    return value.length > VALUE_CHARACTERS ? `${value.slice(0, VALUE_CHARACTERS)}…` : value;
  };
  return changed.map(({ what, old, new: now, rows }) => {
    const name = what.replace(/^profile\.overrides\./, 'parameter ');
    const unset = what.startsWith('profile.overrides.') ? 'as in the profile' : 'none';
    const of = (value: string | undefined) => (value === undefined ? unset : short(value));
    return `${name}: ${of(old)} → ${of(now)}${rows === undefined ? '' : ` (${rows} rows)`}`;
  });
}

/** Two recordings, a line each. */
function recordingLines(pairs: readonly RecordingPair[], context: ReportContext): string[] {
  return pairs.map(({ old, new: now, facts }) => {
    const text = (value: string | number | null, unit: string) =>
      value === null
        ? 'not known'
        : typeof value === 'number'
          ? formatValue(value, unit, context)
          : /^[0-9a-f]{64}$/.test(value)
            ? value.slice(0, 12)
            : value;
    const differing = facts.map((fact) => `${fact.what} ${text(fact.old, fact.unit)} → ${text(fact.new, fact.unit)}`);
    return `recordings ${old} → ${now}: ${differing.length === 0 ? 'the same' : differing.join(', ')}`;
  });
}

/** Medians over several traces, a line each. */
function overTracesLines(all: readonly OverTraces[], context: ReportContext): string[] {
  return all.map(({ strategy, atc, metric, unit, traces, new_median: now, old }) => {
    const [before, after] = formatApart([old.median, now], unit, context);
    const p = old.sign_p === undefined ? '' : `, sign test p ${pText(old.sign_p)}`;
    return `${strategy} (${atc}), median of ${traces} traces: ${metric} ${before} → ${after} (${formatChange(old.median, now)}${p})`;
  });
}

/** What must be known beside the latencies of either side, in the words of its result. */
function diffCaveats({ rows }: Differences): string[] {
  const said = rows.flatMap((row) =>
    row.caveats.map(({ in: side, text }) => ({
      row,
      text: `${side === 'both' ? '' : `${side.toUpperCase()} only: `}${text}`,
    })),
  );
  return [...new Set(said.map(({ text }) => text))].map((text) => {
    const about = said.filter((one) => one.text === text);
    return about.length === rows.length ? text : `${about.map(({ row }) => rowName(row, rows)).join('; ')}: ${text}`;
  });
}

/** Paths that a line names; the JSON document has all. */
const PATHS = 4;

/** What must be known of the comparison: rows and numbers without a counterpart, what cannot be compared. */
function diffNotes(of: Differences): string[] {
  const { rows, notes, only_in_old: onlyOld, only_in_new: onlyNew } = of;
  const unpaired = (which: string, list: readonly UnpairedRow[], others: readonly UnpairedRow[]) => {
    const reason = (row: UnpairedRow) => (row.reason === undefined ? '' : ` (${row.reason})`);
    const names = list.map((row) => `${rowName(row, [...others, ...list])}${reason(row)}`);
    return names.length === 0 ? [] : [`only in ${which}: ${names.join('; ')}`];
  };
  const oldRows = rows.map((row) => ({ ...row, trace: row.old_trace ?? row.trace }));
  const metrics = (which: string, key: 'only_in_old' | 'only_in_new' | 'not_numbers') => {
    const paths = [...new Set(rows.flatMap((row) => row[key]))];
    const more = paths.length > PATHS ? ` and ${paths.length - PATHS} more (--json)` : '';
    return paths.length === 0 ? [] : [`${which}: ${paths.slice(0, PATHS).join(', ')}${more}`];
  };
  return [
    ...notes,
    ...unpaired('OLD', onlyOld, oldRows),
    ...unpaired('NEW', onlyNew, rows),
    ...metrics('numbers that only OLD has', 'only_in_old'),
    ...metrics('numbers that only NEW has', 'only_in_new'),
    ...metrics('lists and texts that differ', 'not_numbers'),
  ];
}

/** The rows in which no number differs; undefined if there are none. */
export function sameLine(of: Differences): string | undefined {
  const differing = new Set(of.differences.map(({ row }) => row));
  const same = of.rows.filter((_, at) => !differing.has(at));
  if (same.length === 0) return undefined;
  const names = same.length > SHOWN ? `${same.length} rows` : same.map((row) => rowName(row, of.rows)).join('; ');
  return differing.size === 0 ? `nothing differs in ${names}` : `no number differs in ${names}`;
}

/** `old.json (smmuscope 0.1.0)`; other builds are among what has changed. */
export function sideText({ file, tool }: Side): string {
  return `${file} (${tool.name} ${tool.version})`;
}

/** What stands below differences: what else is not the same, and what must be known of either side. */
export function belowDiff(of: Differences, context: ReportContext): string[] {
  return [...explanation(of, context), ...diffCaveats(of).map((text) => `note: ${text}`)];
}

/** Below a comparison: a sentence per row, and what else is not the same; caveats of its own stand beside its table. */
export function againstLines(of: Differences, context: ReportContext): string[] {
  const same = sameLine(of);
  return [
    ...groupsOf(of, context).map(({ name, summary }) => `${name}: ${summary}`),
    ...(same === undefined ? [] : [same]),
    ...explanation(of, context),
  ];
}

function explanation(of: Differences, context: ReportContext): string[] {
  return [
    ...overTracesLines(of.over_traces ?? [], context),
    ...recordingLines(of.recordings ?? [], context),
    ...changedLines(of.changed).map((line) => `changed: ${line}`),
    ...diffNotes(of).map((note) => `note: ${note}`),
  ];
}
