/** Histograms in the terminal: one row per bucket, a bar as wide as there is room for. */
import type { CountsByKey } from '../../analysis/inspect/document.js';
import type { ReportContext } from '../reporter.js';
import { formatBar, formatCount, formatShare } from './format.js';
import { type Column, drawTable } from './layout.js';

/** One bucket. */
export interface Bucket {
  readonly label: string;
  readonly count: number;
}

/** Widest bar. */
const BAR_WIDTH = 40;
/** Buckets beyond which power-of-two ones are made. */
const SINGLE_BUCKETS = 10;

/** Buckets of counted integers: one per value, or one per power of two if there are many values. */
export function bucketsOfCounts(counts: CountsByKey): Bucket[] {
  const entries = Object.entries(counts).map(([value, count]) => [Number(value), count] as const);
  if (entries.length <= SINGLE_BUCKETS) return entries.map(([value, count]) => ({ label: formatCount(value), count }));
  const byLow = new Map<number, number>();
  for (const [value, count] of entries) {
    const low = value < 1 ? 0 : 2 ** Math.floor(Math.log2(value));
    byLow.set(low, (byLow.get(low) ?? 0) + count);
  }
  return [...byLow].map(([low, count]) => {
    const high = low * 2 - 1;
    return { label: high <= low ? formatCount(low) : `${formatCount(low)}-${formatCount(high)}`, count };
  });
}

/**
 * Buckets of a distribution, one per power of four.
 * @param histogram `[upper bound, count]`, ascending
 */
export function bucketsOfHistogram(
  histogram: readonly (readonly [number, number])[],
  format: (bound: number) => string,
): Bucket[] {
  const byHigh = new Map<number, number>();
  for (const [bound, count] of histogram) {
    let high = 1;
    while (high < bound) high *= 4;
    byHigh.set(high, (byHigh.get(high) ?? 0) + count);
  }
  return [...byHigh].map(([high, count]) => ({ label: `up to ${format(high)}`, count }));
}

/** The histogram as a table under `heading`; empty without at least two buckets. */
export function renderHistogram(heading: string, buckets: readonly Bucket[], context: ReportContext): string {
  if (buckets.length < 2) return '';
  const total = buckets.reduce((sum, { count }) => sum + count, 0);
  const most = Math.max(...buckets.map(({ count }) => count));
  const columns: Column<Bucket>[] = [
    { heading, align: 'left', drop: 0, cell: ({ label }) => label },
    { heading: 'count', align: 'right', drop: 0, cell: ({ count }) => formatCount(count) },
    { heading: 'share', align: 'right', drop: 0, cell: ({ count }) => formatShare(count / total) },
    {
      heading: '',
      align: 'left',
      drop: 1,
      minWidth: 8,
      cell: ({ count }) => formatBar(count / most, BAR_WIDTH, context),
    },
  ];
  return drawTable(columns, buckets, context).text;
}
