/** The report of `replay`: one strategy, top to bottom. */
import { METRICS } from '../../metrics/registry.js';
import { cachesOf } from '../../results/caches.js';
import type { CacheResult, LatencySummary, ResultDocument, StrategyResult } from '../../results/document.js';
import type { ReportContext } from '../reporter.js';
import { REFILL_RACES, renderFooter } from './footer.js';
import { formatBar, formatCount, formatNs, formatRatio, formatShare, truncate } from './format.js';
import { incidentNotes, renderIncidents } from './incidents.js';
import { type Column, drawTable, paint, sectionTitle, wrapText } from './layout.js';
import { migrationFacts, migrationSection } from './migration.js';

/** Columns of the widest bar of the breakdown. */
const BAR_WIDTH = 30;
/** First violations listed; the JSON document has all that were kept. */
const VIOLATIONS_SHOWN = 5;

/** Every result of `document` in full, one below the other. */
export function renderSingles(document: ResultDocument, context: ReportContext): string {
  const reports = document.results.map((result) => renderSingle(result, context));
  return `${reports.join('\n')}\n${renderFooter(document, context)}`;
}

function renderSingle(result: StrategyResult, context: ReportContext): string {
  const title = `${result.strategy}, ATC ${result.atc}: ${result.trace}`;
  return [
    sectionTitle(truncate(title, context.width, context), context),
    latencySection(result, context),
    breakdownSection(result, context),
    wrapped(guestFacts(result, context), context),
    migrationSection(result.migration, context),
    commandSection(result, context),
    cacheSection(result, context),
    safetySection(result, context),
    renderIncidents([result], context),
    oracleSection(result, context),
    wrapped(hostFacts(result, context), context),
  ]
    .filter((section) => section !== '')
    .join('\n');
}

/** Everything that the report of one strategy says in words, in its order: for reports that draw its tables as charts. */
export function factsOf(result: StrategyResult, context: ReportContext): string[] {
  return [
    ...guestFacts(result, context),
    ...(result.migration === undefined ? [] : migrationFacts(result.migration, context)),
    ...commandFacts(result),
    ...cacheFacts(result),
    ...safetyFacts(result),
    ...incidentNotes([result]),
    ...oracleFacts(result),
    ...hostFacts(result, context),
  ];
}

const wrapped = (facts: readonly string[], context: ReportContext): string =>
  facts.map((fact) => wrapText(fact, context)).join('');

/** A column of numbers for rows of `[label, value]` shape. */
const right = <Row>(heading: string, drop: number, cell: (row: Row) => string): Column<Row> => ({
  heading,
  align: 'right',
  drop,
  cell,
});
const left = <Row>(heading: string, cell: (row: Row) => string): Column<Row> => ({
  heading,
  align: 'left',
  drop: 0,
  cell,
});

function latencySection(result: StrategyResult, context: ReportContext): string {
  type Row = readonly [string, LatencySummary];
  const rows: Row[] = [
    ['operation', result.latency.operation],
    ['operation span', result.latency.operation_span],
    ['submission', result.latency.submission],
    ['command', result.latency.command],
    ['guest stall', result.guest.stall_ns],
    ...(result.guest.irq_off_ns === null ? [] : [['guest IRQs off', result.guest.irq_off_ns] as const]),
    ...(result.host.irq_off_ns === null ? [] : [['host IRQs off', result.host.irq_off_ns] as const]),
    ...(result.latency.translation.count > 0 ? [['translation', result.latency.translation] as const] : []),
  ];
  const time = (
    heading: string,
    drop: number,
    key: 'mean_ns' | 'min_ns' | 'p50_ns' | 'p90_ns' | 'p99_ns' | 'p99_9_ns' | 'max_ns',
  ) => right<Row>(heading, drop, ([, summary]) => formatNs(summary.count === 0 ? null : summary[key], context));
  const columns = [
    left<Row>('latency', ([name]) => name),
    right<Row>('count', 0, ([, summary]) => formatCount(summary.count)),
    time('mean', 0, 'mean_ns'),
    time('min', 2, 'min_ns'),
    time('p50', 0, 'p50_ns'),
    time('p90', 1, 'p90_ns'),
    time('p99', 0, 'p99_ns'),
    time('p99.9', 1, 'p99_9_ns'),
    time('max', 0, 'max_ns'),
  ];
  return drawTable(columns, rows, context).text;
}

function breakdownSection(result: StrategyResult, context: ReportContext): string {
  const stages = Object.entries(result.latency.breakdown_ns).filter(([, ns]) => ns > 0);
  if (stages.length === 0) return '';
  type Row = readonly [string, number];
  const total = stages.reduce((sum, [, ns]) => sum + ns, 0);
  const columns: Column<Row>[] = [
    left<Row>('stage of an operation', ([stage]) => readable(stage)),
    right<Row>('mean', 0, ([, ns]) => formatNs(ns, context)),
    right<Row>('share', 0, ([, ns]) => formatShare(ns / total)),
    { heading: '', align: 'left', drop: 1, cell: ([, ns]) => formatBar(ns / total, BAR_WIDTH, context) },
  ];
  return drawTable(columns, stages, context).text;
}

/** What the guest waits in all, and what metrics have to say in a line. */
function guestFacts(result: StrategyResult, context: ReportContext): string[] {
  const { guest, operations_unfinished } = result;
  const unfinished =
    operations_unfinished === 0
      ? ''
      : `, ${formatNs(guest.stall_unfinished_ns, context)} of it in ${formatCount(operations_unfinished)} unfinished operations`;
  const lines = [`the guest waits ${formatNs(guest.stall_total_ns, context)} in all${unfinished}`];
  const format = { ns: (ns: number | null | undefined) => formatNs(ns, context), count: formatCount };
  for (const metric of METRICS) lines.push(...(metric.lines?.(result, format) ?? []));
  return lines;
}

function commandSection(result: StrategyResult, context: ReportContext): string {
  const { amplification } = result;
  const guest = amplification.guest_by_opcode;
  const host = amplification.host_by_opcode;
  const kept = amplification.not_forwarded_by_opcode;
  const opcodes = [...new Set([...Object.keys(guest), ...Object.keys(host), ...Object.keys(kept)])];
  type Row = readonly [string, number, number, number];
  const rows: Row[] = opcodes.map((opcode) => [opcode, guest[opcode] ?? 0, host[opcode] ?? 0, kept[opcode] ?? 0]);
  const sum = (counts: Readonly<Record<string, number>>) => Object.values(counts).reduce((total, n) => total + n, 0);
  rows.push(['total', amplification.guest_commands, amplification.host_commands, sum(kept)]);
  const columns = [
    left<Row>('command', ([opcode]) => opcode),
    right<Row>('guest', 0, (row) => formatCount(row[1])),
    right<Row>('host', 0, (row) => formatCount(row[2])),
    right<Row>('host/guest', 1, (row) => formatRatio(row[1] === 0 ? null : row[2] / row[1])),
    right<Row>('not forwarded', 2, (row) => formatCount(row[3])),
  ];
  return drawTable(columns, rows, context).text + wrapped(commandFacts(result), context);
}

function commandFacts({ amplification, errors }: StrategyResult): string[] {
  return [
    ...listLine('extra host commands', amplification.extra_by_cause),
    ...listLine('refused by this path', errors?.refused_by_opcode),
    ...listLine('findings of the review', errors?.findings),
    ...listLine(`${formatCount(amplification.exits)} exits`, amplification.exits_by_cause),
    `${formatCount(amplification.ioctls)} ioctls, ${formatCount(amplification.added_syncs)} added SYNCs, ` +
      `${formatCount(amplification.pcie_invalidations)} PCIe invalidate messages`,
  ];
}

/** `label: a 1, b 2` with the zero entries left out; nothing if all are zero. */
function listLine(label: string, counts: Readonly<Record<string, number>> = {}): string[] {
  const entries = Object.entries(counts).filter(([, count]) => count > 0);
  if (entries.length === 0) return [];
  return [`${label}: ${entries.map(([name, count]) => `${readable(name)} ${formatCount(count)}`).join(', ')}`];
}

function cacheSection(result: StrategyResult, context: ReportContext): string {
  if (result.tlb === null) return wrapped(cacheFacts(result), context);
  type Row = readonly [string, CacheResult];
  const rows = cachesOf(result.tlb);
  const count = (
    heading: string,
    drop: number,
    key: 'lookups' | 'hits' | 'misses' | 'fills' | 'evictions' | 'invalidated',
  ) => right<Row>(heading, drop, ([, cache]) => formatCount(cache[key]));
  const columns = [
    left<Row>('cache', ([name]) => name),
    count('lookups', 0, 'lookups'),
    count('hits', 2, 'hits'),
    count('misses', 0, 'misses'),
    right<Row>('of lookups', 0, ([, cache]) => formatShare(cache.lookups === 0 ? null : cache.miss_ratio)),
    count('fills', 3, 'fills'),
    count('evictions', 1, 'evictions'),
    count('invalidated', 1, 'invalidated'),
  ];
  const table = rows.length === 0 ? '' : drawTable(columns, rows, context).text;
  return table + wrapped(cacheFacts(result), context);
}

function cacheFacts({ tlb }: StrategyResult): string[] {
  if (tlb === null) return ['TLB: absent (the trace has no dma events)'];
  const { translations = 0, misses_per_translation: misses, micro_hit_share: microHits } = tlb;
  const micro = microHits === undefined ? '' : `the micro TLB answers ${formatShare(microHits)}, `;
  const perTranslation =
    misses === undefined
      ? []
      : [`of ${formatCount(translations)} translations ${micro}${formatShare(misses)} miss the main TLB`];
  const causes = cachesOf(tlb).flatMap(([name, cache]) => listLine(`${name} misses`, cache.misses_by_cause));
  return [...perTranslation, ...causes, `${formatCount(tlb.walk_reads)} memory reads by table walks`];
}

function safetySection(result: StrategyResult, context: ReportContext): string {
  const lines = safetyFacts(result).map((line) => wrapText(line, context));
  const isStale = (result.safety?.stale_after_sync ?? 0) > 0;
  return `${paint(lines[0].trimEnd(), isStale ? 'red' : undefined, context)}\n${lines.slice(1).join('')}`;
}

function safetyFacts({ safety }: StrategyResult): string[] {
  if (safety === null) return ['safety: not checked'];
  const { atc_refill_races: races = 0, first_atc_refill_races: firstRaces = [] } = safety;
  return [
    `safety: ${formatCount(safety.stale_after_sync)} stale hits after a completed SYNC`,
    `${formatCount(safety.stale_in_window)} stale hits inside the window that the architecture allows`,
    ...safety.first.slice(0, VIOLATIONS_SHOWN).map((violation) => `stale hit: ${describe(violation)}`),
    ...(races === 0 ? [] : [`${formatCount(races)} ${REFILL_RACES}`]),
    ...firstRaces.slice(0, VIOLATIONS_SHOWN).map((race) => `possible refill: ${describe(race)}`),
  ];
}

/** `event 17, iova 0x1000`. */
function describe(violation: Readonly<Record<string, string | number>>): string {
  return Object.entries(violation)
    .map(([key, value]) => `${readable(key)} ${value}`)
    .join(', ');
}

/** How well the model of the recorder's own SMMU predicts what the recorder saw. */
function oracleSection(result: StrategyResult, context: ReportContext): string {
  const { oracle } = result;
  const isWrong = [oracle?.recorded, oracle?.config].map((compared) => (compared?.mismatches ?? 0) > 0);
  return oracleFacts(result)
    .map((fact, at) => `${paint(wrapText(fact, context).trimEnd(), isWrong[at] ? 'red' : undefined, context)}\n`)
    .join('');
}

function oracleFacts({ oracle }: StrategyResult): string[] {
  if (oracle === undefined) return [];
  const line = (
    what: string,
    { compared, hits, misses, mismatches }: NonNullable<StrategyResult['oracle']>['config'],
  ) => {
    const counts = `${formatCount(compared)} compared (${formatCount(hits)} hits, ${formatCount(misses)} misses)`;
    return `${what}: ${counts}, ${formatCount(mismatches)} mismatches`;
  };
  return [
    line("recorder's TLB", oracle.recorded),
    line("recorder's config cache", oracle.config),
    ...quirkFacts(oracle),
  ];
}

/** What the recorder's own over-wide invalidations cost, for a recorder that has them. */
function quirkFacts(oracle: NonNullable<StrategyResult['oracle']>): string[] {
  if (oracle.quirk === undefined) return [];
  const { collateral_entries, differing_lookups, misses_without } = oracle.quirk;
  const causes = listLine("recorder's TLB misses", oracle.recorded.misses_by_cause);
  const cost =
    `recorder's invalidations took ${formatCount(collateral_entries)} entries that nobody asked for (collateral): ` +
    `${formatCount(differing_lookups)} lookups end differently, exact ones would leave ${formatCount(misses_without)} misses`;
  return [...causes, cost];
}

function hostFacts(result: StrategyResult, context: ReportContext): string[] {
  const threads = Object.entries(result.host.cpu_ns).filter(([, ns]) => ns > 0);
  const cpu = threads.map(([thread, ns]) => `${readable(thread)} ${formatNs(ns, context)}`).join(', ');
  const { duration_ns, commands_per_s } = result.throughput;
  const perS = (count: number) => formatCount(count < 100 ? Number(count.toPrecision(3)) : Math.round(count));
  const unmaps = result.per_unmap === null ? '' : `${perS(result.unmaps_per_s)} unmaps/s, `;
  return [
    ...(cpu === '' ? [] : [`host CPU time: ${cpu}`]),
    `${formatNs(duration_ns, context)} simulated, ${unmaps}${perS(commands_per_s)} commands/s`,
  ];
}

/** A JSON key as words; opcodes stay as they are spelt. */
const readable = (key: string): string => (/[a-z]/.test(key) ? key.replace(/_ns$/, '').replaceAll('_', ' ') : key);
