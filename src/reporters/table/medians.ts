/** Medians under a comparison of several seeds or traces: those whose samples differ, against the baseline. */
import { metricDictionary } from '../../results/declaration/dictionary.js';
import type { MedianResult } from '../../results/declaration/statistics.js';
import type { ResultDocument } from '../../results/document.js';
import { pText } from '../gate-text.js';
import type { ReportContext } from '../reporter.js';
import { formatCount, formatMetric, formatRatio, NO_VALUE } from './format.js';
import { type Column, type DrawnTable, drawTable, sectionTitle, wrapText } from './layout.js';

const NOTHING: DrawnTable = { text: '', dropped: [] };

/** The section as texts, for outputs that draw tables of their own. */
export interface MediansTexts {
  readonly title: string;
  readonly headings: readonly { readonly text: string; readonly align: 'left' | 'right' }[];
  readonly rows: readonly (readonly string[])[];
  readonly notes: readonly string[];
}

/** The medians of `document` with every column; undefined if it has none. */
export function mediansTexts(document: ResultDocument, context: ReportContext): MediansTexts | undefined {
  if (document.statistics === undefined) return undefined;
  const columns = mediansColumns(document, context);
  return {
    title: titleOf(document),
    headings: columns.map(({ heading, align }) => ({ text: heading, align })),
    rows: varying(document).map((row) => columns.map(({ cell }) => cell(row))),
    notes: notesOf(document),
  };
}

/** The medians of `document`, and the columns that found no room; nothing if it has none. */
export function renderMedians(document: ResultDocument, context: ReportContext): DrawnTable {
  if (document.statistics === undefined) return NOTHING;
  const rows = varying(document);
  const table = rows.length === 0 ? NOTHING : drawTable(mediansColumns(document, context), rows, context);
  const notes = notesOf(document).map((note) => wrapText(note, context));
  const text = `${sectionTitle(titleOf(document), context)}${table.text}${notes.join('')}\n`;
  return { text, dropped: table.dropped };
}

/** What is not the same with every seed. */
function varying({ statistics }: ResultDocument): MedianResult[] {
  return statistics?.medians.filter(({ is_exact }) => !is_exact) ?? [];
}

function titleOf({ statistics, provenance }: ResultDocument): string {
  const seeds = provenance.seeds ?? 1;
  const { seed: first = 0 } = provenance;
  if (statistics?.over === 'traces') {
    const each = seeds > 1 ? `, each the median of ${seeds} seeds` : '';
    return `medians of ${statistics.samples} traces${each}`;
  }
  return `medians of ${seeds} seeds, ${first} to ${first + seeds - 1} (above: seed ${first})`;
}

function notesOf(document: ResultDocument): string[] {
  const { statistics, provenance } = document;
  if (statistics === undefined) return [];
  const { over, medians, samples, least_samples, resamples, confidence } = statistics;
  if (over === 'seeds' && provenance.seed_dependents?.length === 0) {
    return [
      `nothing in this model depends on the seed (no cache replaces at random, --background is 0): all ${samples} samples equal the results above, and comparison is exact`,
    ];
  }
  const rows = varying(document);
  const same = medians.length - rows.length;
  const notes =
    over === 'traces' || same === 0 ? [] : [`${same} of ${medians.length} values are the same with every seed`];
  const absent = headlinePaths().filter((path) => !medians.some(({ metric }) => metric === path));
  if (absent.length > 0) notes.push(`left out, without a value in some result: ${absent.join(', ')}`);
  if (rows.length === 0) return [...notes, 'comparison is exact'];
  if (samples < least_samples) {
    notes.push(`no intervals: ${samples} ${over} are fewer than ${least_samples}, the least for one of a median`);
    return notes;
  }
  const percent = `${Math.round(100 * confidence)}%`;
  notes.push(`${percent} intervals: percentile bootstrap, ${formatCount(resamples)} resamples of the ${over}`);
  notes.push(
    over === 'seeds' ? 'p: Mann-Whitney, two-sided' : 'p: sign test of the differences trace by trace, two-sided',
  );
  return notes;
}

function headlinePaths(): string[] {
  return metricDictionary()
    .filter(({ isHeadline }) => isHeadline)
    .map(({ path }) => path);
}

function mediansColumns(document: ResultDocument, context: ReportContext): Column<MedianResult>[] {
  const rows = varying(document);
  const isSplit = new Set(rows.map(({ trace }) => trace)).size > 1;
  const over = document.statistics?.over;
  const interval = (ends: readonly [number, number] | null | undefined, format: (value: number) => string) =>
    ends === null || ends === undefined ? NO_VALUE : ends.map(format).join(' – ');
  const p = ({ baseline }: MedianResult) => (over === 'traces' ? baseline?.sign_p : baseline?.mann_whitney?.p);
  const left = (heading: string, drop: number, cell: (row: MedianResult) => string): Column<MedianResult> => ({
    heading,
    align: 'left',
    drop,
    cell,
  });
  const right = (heading: string, drop: number, cell: (row: MedianResult) => string): Column<MedianResult> => ({
    ...left(heading, drop, cell),
    align: 'right',
  });
  return [
    ...(isSplit ? [left('trace', 0, ({ trace }) => trace)] : []),
    left('strategy', 0, ({ strategy }) => strategy),
    left('atc', 5, ({ atc }) => atc),
    left('metric', 0, ({ metric }) => metric),
    right('median', 0, (row) => formatMetric(row.median, row.unit, context)),
    right('95% interval', 2, (row) => interval(row.interval, (value) => formatMetric(value, row.unit, context))),
    right('vs baseline', 0, ({ baseline }) => formatRatio(baseline?.ratio)),
    right('ratio interval', 3, ({ baseline }) => interval(baseline?.ratio_interval, preciseRatio)),
    right('p', 4, (row) => {
      const value = p(row);
      return value === undefined ? NO_VALUE : pText(value);
    }),
  ];
}

/** Intervals of ratios are narrow: three decimals. */
const preciseRatio = (ratio: number): string => (ratio < 10 ? `${ratio.toFixed(3)}x` : formatRatio(ratio));
