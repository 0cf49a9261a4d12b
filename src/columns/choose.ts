/** What people name: columns for `--columns`, one to sort by, metrics of gates. */
import { type MetricEntry, metricDictionary, metricEntry, numberEntry } from '../results/declaration/dictionary.js';
import { nearestName, UsageError } from '../trace/errors.js';
import { atPath, type ReportColumn } from './column.js';
import { COLUMNS } from './registry.js';

/** Rows by a column. */
export interface SortOrder {
  readonly column: ReportColumn;
  /** The largest first. */
  readonly descending: boolean;
}

/** Where all names are listed. */
const LISTED = 'all: --columns help';

/** Metrics whose end was typed that are named in an error. */
const NAMED_ENDS = 3;

/**
 * The columns of a comma-separated list, each once: names, headings or paths of numbers in `results[]`.
 * @throws UsageError for an unknown one, or one that occurs twice
 */
export function parseColumns(list: string): ReportColumn[] {
  const columns = list.split(',').map((name) => columnCalled(name.trim(), '--columns'));
  const twice = columns.find(({ name }, at) => columns.findIndex((one) => one.name === name) < at);
  if (twice !== undefined) throw new UsageError(`--columns: expected each column once, found ${twice.name} twice`);
  return columns;
}

/**
 * `NAME`, the smallest first; `-NAME` or `NAME:desc`, the largest first.
 * @throws UsageError for an unknown column
 */
export function parseSort(text: string): SortOrder {
  const [, dash, name, order] = /^(-?)(.*?)(?::(asc|desc))?$/s.exec(text) ?? [];
  return { column: columnCalled(name, '--sort'), descending: dash === '-' || order === 'desc' };
}

function columnCalled(name: string, flag: string): ReportColumn {
  const column = knownColumn(name);
  if (column !== undefined) return column;
  const entry = numberEntry(name);
  if (entry !== undefined) return atPath({ name, path: name, drop: 1, meaning: entry.meaning });
  throw new UsageError(`${flag}: unknown column ${name}${hintFor(name)} (${LISTED})`);
}

/** The column with this name or heading, or of this path. */
function knownColumn(name: string): ReportColumn | undefined {
  const typed = simple(name);
  return COLUMNS.find((column) => column.path === name || spellings(column).some((one) => simple(one) === typed));
}

/** What a column answers to. */
function spellings({ name, heading, short }: ReportColumn): string[] {
  return [...new Set([name, heading, short ?? heading])];
}

/** `vs base`, `vs_base` and `VS Base` are one name. */
function simple(name: string): string {
  return name.toLowerCase().replace(/[\s_]+/g, '');
}

/** A metric and the path that a gate judges. */
export interface NamedMetric {
  readonly metric: string;
  readonly entry: MetricEntry;
}

/**
 * The metric that a gate names: a path, or a column of one number.
 * @param where what errors begin with, if not with the name
 * @throws UsageError for an unknown name, an ambiguous one, or a column that compares rows
 */
export function metricCalled(name: string, where?: string): NamedMetric {
  const begin = where === undefined ? '' : `${where}: `;
  const path = knownColumn(name)?.path ?? name;
  const entry = metricEntry(path);
  if (entry !== undefined) return { metric: path, entry };
  const column = knownColumn(name);
  if (column !== undefined) {
    const instead = column.needsBaseline === true ? ' (a gate compares by itself: mean <= 0.9x baseline)' : '';
    throw new UsageError(`${begin}expected a metric of one result, found the column ${column.name}${instead}`);
  }
  throw new UsageError(`${begin}unknown metric ${name}${hintFor(name)} (all: docs/metrics.md)`);
}

/** What was probably meant: the metrics that end like it, else the nearest name. */
function hintFor(name: string): string {
  const paths = metricDictionary().map(({ path }) => path);
  const ends = name === '' ? [] : paths.filter((path) => path.endsWith(`.${name}`));
  if (ends.length > 1) {
    const more = ends.length > NAMED_ENDS ? ` and ${ends.length - NAMED_ENDS} more` : '';
    return `, the end of ${ends.slice(0, NAMED_ENDS).join(', ')}${more}; say which`;
  }
  const nearest = ends[0] ?? nearestName(name, [...COLUMNS.flatMap(spellings), ...paths]);
  return nearest === undefined ? '' : `; did you mean ${nearest}?`;
}
