/** What `--columns help` prints: every column, where its number stands, and what it is. */
import type { ReportColumn } from '../../columns/column.js';
import { COLUMNS } from '../../columns/registry.js';
import type { ReportContext } from '../reporter.js';
import { NO_VALUE } from './format.js';
import { type Column, drawTable, wrapText } from './layout.js';

const LISTED: readonly Column<ReportColumn>[] = [
  { heading: 'column', align: 'left', drop: 0, cell: ({ name }) => name },
  { heading: 'heading', align: 'left', drop: 0, cell: ({ heading }) => heading },
  { heading: 'metric', align: 'left', drop: 0, cell: ({ path }) => path ?? NO_VALUE },
];

const NOTES = [
  'Names may be typed as they stand in either of the first two columns; spaces, underscores and capitals do not matter.',
  'Any number of a result is a column too, by its path: latency.operation.p90_ns, host.queues.0.deepest (docs/metrics.md).',
  'Gates know the columns that have a metric: --gate "mean <= 5us".',
];

/** The list as text. */
export function columnList(context: ReportContext): string {
  const meanings = COLUMNS.map(({ name, meaning }) => wrapText(`${name}: ${meaning}`, context));
  const notes = NOTES.map((note) => wrapText(note, context));
  return `${drawTable(LISTED, COLUMNS, context).text}\n${meanings.join('')}\n${notes.join('')}`;
}
