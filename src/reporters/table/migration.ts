/** The part of a single report that tells of a change of paths. */
import type { MigrationResult } from '../../results/migration-result.js';
import type { ReportContext } from '../reporter.js';
import { formatCount, formatNs } from './format.js';
import { type Column, drawTable, paint, wrapText } from './layout.js';

/** Both paths one below the other, and what the change between them cost. */
export function migrationSection(migration: MigrationResult | undefined, context: ReportContext): string {
  if (migration === undefined) return '';
  const rows = [migration.before, migration.after];
  const right = (
    heading: string,
    drop: number,
    cell: (side: MigrationResult['before']) => string,
  ): Column<MigrationResult['before']> => ({
    heading,
    align: 'right',
    drop,
    cell,
  });
  const time = (heading: string, drop: number, key: 'mean_ns' | 'p50_ns' | 'p99_ns' | 'max_ns') =>
    right(heading, drop, ({ latency }) => formatNs(latency.count === 0 ? null : latency[key], context));
  const columns: Column<MigrationResult['before']>[] = [
    { heading: 'migration', align: 'left', drop: 0, cell: ({ strategy }) => strategy },
    right('PROD writes', 1, ({ submissions }) => formatCount(submissions)),
    right('commands', 2, ({ completed_commands: commands }) => formatCount(commands)),
    right('ops', 1, ({ latency }) => formatCount(latency.count)),
    time('mean', 0, 'mean_ns'),
    time('p50', 3, 'p50_ns'),
    time('p99', 0, 'p99_ns'),
    time('max', 0, 'max_ns'),
  ];
  return drawTable(columns, rows, context).text + facts(migration, context);
}

function facts(migration: MigrationResult, context: ReportContext): string {
  const lines = migrationFacts(migration, context).map((line) => wrapText(line, context).trimEnd());
  const lost = paint(lines[lines.length - 1], migration.lost > 0 ? 'red' : undefined, context);
  return [...lines.slice(0, -1), lost].map((line) => `${line}\n`).join('');
}

/** What the change cost, in sentences; the last says what was lost. */
export function migrationFacts(migration: MigrationResult, context: ReportContext): string[] {
  return [...switchLines(migration, context), `${formatCount(migration.lost)} commands lost`];
}

function switchLines(migration: MigrationResult, context: ReportContext): string[] {
  const at = `${formatNs(migration.at_ns, context)} into the trace`;
  if (migration.requested_ns === null) return [`no publication at or after ${at}: the paths never changed`];
  return [
    `changed ${at}: drained for ${formatNs(migration.drain_ns, context)} (submissions still under way: ` +
      `${formatCount(migration.drained_submissions)}), handed over for ${formatNs(migration.switch_ns, context)}`,
    `submissions that waited for it: ${formatCount(migration.held_submissions)}, ` +
      `${formatNs(migration.held_ns, context)} in all`,
  ];
}
