/** Sections of what only some results have: translation structures, errors and injected faults, a change of paths. */
import { METRICS } from '../../metrics/registry.js';
import { cachesOf } from '../../results/caches.js';
import type { CacheResult, StrategyResult } from '../../results/document.js';
import { groupsOf, labelsOf, partNames } from './parts.js';
import { type Cell, numberCell, type PageShell } from './shell.js';

/** Columns of the structures' table: heading and key. */
const COUNTERS = ['lookups', 'hits', 'misses', 'miss_ratio', 'fills', 'evictions', 'invalidated'] as const;

/** Add the tables that metrics have of their own. */
export function addMetrics(shell: PageShell, results: readonly StrategyResult[]): void {
  const names = labelsOf(results);
  for (const { table } of METRICS) {
    const rows = results.flatMap((result, at): Cell[][] => {
      const cells = table?.row(result);
      return cells === undefined ? [] : [[names[at], ...cells.map(cellOf)]];
    });
    if (table === undefined || rows.length === 0) continue;
    shell.heading(table.title);
    shell.plainTable({ label: table.title, headings: ['strategy', ...table.headings], rows });
  }
}

/** Add the other two measures of a wait beside an operation's; nothing where one PROD write is all of every operation. */
export function addSpans(shell: PageShell, results: readonly StrategyResult[]): void {
  if (!results.some(({ caveats }) => caveats.some(({ about }) => about === 'several-prod-writes'))) return;
  const names = labelsOf(results);
  shell.plainTable({
    label: 'Operation, span, submission',
    headings: [
      'strategy',
      'operations',
      'operation mean ns',
      'span mean ns (guest’s own work included)',
      'PROD writes with a CMD_SYNC',
      'submission mean ns (such a PROD write alone)',
    ],
    rows: results.map(({ latency: { operation, operation_span: span, submission } }, at) => [
      names[at],
      ...[operation.count, operation.mean_ns, span.mean_ns, submission.count, submission.mean_ns].map(numberCell),
    ]),
  });
}

/** Add lookups and misses of every structure that was used, the devices' ATCs among them. */
export function addStructures(shell: PageShell, results: readonly StrategyResult[]): void {
  const all = results.map(({ tlb }) => new Map(cachesOf(tlb).filter(([, { lookups }]) => lookups > 0)));
  const used = [...new Set(all.flatMap((caches) => [...caches.keys()]))].flatMap((structure) =>
    groupsOf(results, (result) => all[results.indexOf(result)].get(structure)).map(({ label, at }) => ({
      ...{ name: label, structure, cache: all[at].get(structure) as CacheResult },
    })),
  );
  if (used.length === 0) return;
  const causes = partNames(used.map(({ cache }) => cache.misses_by_cause ?? {}));
  shell.heading('Translation structures');
  shell.sortableTable({
    label: 'Translation structures',
    headings: [
      'structure',
      'strategy',
      ...COUNTERS.map((key) => key.replace('_', ' ')),
      ...causes.map((cause) => `${cause} misses`),
    ],
    rows: used.map(({ name, structure, cache }) => [
      structure,
      name,
      ...COUNTERS.map((key) => numberCell(cache[key])),
      ...causes.map((cause) => numberCell(cache.misses_by_cause?.[cause] ?? (cache.misses_by_cause ? 0 : null))),
    ]),
  });
  shell.paragraph(
    'The last columns are the misses by cause. Structure atc: the caches of the devices. Strategies with the same numbers share a row.',
  );
}

/** Add what was refused or dropped, and what injected faults led to. */
export function addIncidents(shell: PageShell, results: readonly StrategyResult[]): void {
  const names = labelsOf(results);
  const refused = results.flatMap(({ errors }, at) =>
    (['refused_by_opcode', 'swallowed_by_opcode'] as const).flatMap((key) =>
      Object.entries(errors?.[key] ?? {}).map(([opcode, count]): Cell[] => [
        names[at],
        key === 'refused_by_opcode' ? 'refused' : 'dropped silently',
        opcode,
        numberCell(count),
      ]),
    ),
  );
  if (refused.length > 0) {
    shell.heading('Commands without effect');
    const headings = ['strategy', 'what happened', 'opcode', 'commands'];
    shell.plainTable({ label: 'Commands without effect', headings, rows: refused });
  }
  const incidents = results.flatMap(({ errors }, at) =>
    Object.entries(errors?.incidents ?? {}).map(([fault, one]) => ({
      ...{ name: names[at], fault, one },
    })),
  );
  if (incidents.length === 0) return;
  const keys = [...new Set(incidents.flatMap(({ one }) => Object.keys(one)))];
  shell.heading('Injected faults');
  shell.plainTable({
    label: 'Injected faults',
    headings: ['strategy', 'fault', ...keys.map((key) => key.replaceAll('_', ' '))],
    rows: incidents.map(({ name, fault, one }) => [
      name,
      fault,
      ...keys.map((key) => cellOf(one[key as keyof typeof one])),
    ]),
  });
}

function cellOf(value: unknown): Cell {
  if (typeof value === 'number') return numberCell(value);
  return value === undefined || value === null ? { value: null } : String(value);
}

const MIGRATION_KEYS = [
  ...(['at_ns', 'drain_ns', 'switch_ns', 'paused_ns'] as const),
  ...(['drained_submissions', 'held_submissions', 'held_ns', 'lost'] as const),
] as const;

/** Add what a change of paths cost. */
export function addMigrations(shell: PageShell, results: readonly StrategyResult[]): void {
  const rows = results.flatMap(({ migration }): Cell[][] => {
    if (migration === undefined) return [];
    const { from, to, before, after } = migration;
    const latencies = [before, after].flatMap(({ latency }) => [
      numberCell(latency.mean_ns),
      numberCell(latency.p99_ns),
    ]);
    return [[from, to, ...MIGRATION_KEYS.map((key) => numberCell(migration[key])), ...latencies]];
  });
  if (rows.length === 0) return;
  shell.heading('Change of paths');
  shell.plainTable({
    label: 'Change of paths',
    headings: [
      'from',
      'to',
      ...MIGRATION_KEYS.map((key) => key.replace('_', ' ')),
      ...['operation mean ns before', 'p99 ns before', 'operation mean ns after', 'p99 ns after'],
    ],
    rows,
  });
}
