/** The table of `inspect`: what a trace holds. */
import type { CountsByKey, InspectDocument } from '../../analysis/inspect/document.js';
import type { LatencySummary } from '../../results/document.js';
import type { ReportContext } from '../reporter.js';
import { lossText, transformLine } from './footer.js';
import { formatBytes, formatCount, formatNs, formatShare, truncate } from './format.js';
import { bucketsOfCounts, bucketsOfHistogram, renderHistogram } from './histogram.js';
import { type Column, drawTable, nextLine, sectionTitle, wrapText } from './layout.js';
import { joinNotes, tracingCaveat, translationNotes } from './recording-notes.js';

/** Entries shown of a long list; JSON and CSV have all. */
const ENTRIES_SHOWN = 12;

/** `document` top to bottom: file, commands, doorbells, dma, time, recorded latency, notes. */
export function renderInspection(document: InspectDocument, context: ReportContext): string {
  return [
    headSection(document, context),
    commandTable(document, context),
    factSection(document, context),
    histograms(document, context),
    latencyTable(document, context),
    noteSection(document, context),
    // A comparison takes the trace as it was recorded, and something to compare.
    document.commands.total > 0 && document.transforms.length === 0 ? nextLine(context) : '',
  ]
    .filter((section) => section !== '')
    .join('\n');
}

function headSection(document: InspectDocument, context: ReportContext): string {
  return (
    sectionTitle(truncate(document.trace.file, context.width, context), context) +
    headLines(document, context)
      .map((line) => wrapText(line, context))
      .join('')
  );
}

/** What was read, and how it is known again. */
export function headLines(document: InspectDocument, context: ReportContext): string[] {
  const { trace, reader, time } = document;
  const format = [reader.format, reader.version].filter((part) => part !== '').join(' ');
  const compression = trace.compression === 'none' ? '' : `, ${trace.compression}`;
  const span = time.span_ns === null ? 'no time base (order only)' : `${formatNs(time.span_ns, context)} of recording`;
  return [
    `${format}${compression}: ${formatCount(reader.lines)} lines, ${formatCount(document.events)} events, ${span}`,
    `sha256 ${trace.sha256}${trace.limited ? ' (of the part read)' : ''}`,
    ...transformLine(document.transforms),
  ];
}

function commandTable(document: InspectDocument, context: ReportContext): string {
  type Row = readonly [string, number];
  const { total, by_opcode } = document.commands;
  if (total === 0) return 'no commands\n';
  const rows: Row[] = [...Object.entries(by_opcode), ['total', total]];
  const columns: Column<Row>[] = [
    { heading: 'command', align: 'left', drop: 0, cell: ([name]) => name },
    { heading: 'count', align: 'right', drop: 0, cell: ([, count]) => formatCount(count) },
    { heading: 'share', align: 'right', drop: 0, cell: ([, count]) => formatShare(count / total) },
  ];
  return drawTable(columns, rows, context).text;
}

function factSection(document: InspectDocument, context: ReportContext): string {
  return inspectionFacts(document)
    .map((fact) => wrapText(fact, context))
    .join('');
}

/** Counts, in a line each. */
export function inspectionFacts(document: InspectDocument): string[] {
  const { commands, dma } = document;
  const facts = [
    countsLine('commands by vCPU', commands.by_vcpu),
    `doorbells: ${formatCount(document.doorbells)}, SYNC completions seen: ${formatCount(document.sync_dones)}`,
    countsLine('doorbells by vCPU', document.doorbells_by_vcpu),
    syncLine(document),
    countsLine('commands per doorbell', document.batch_sizes),
    countsLine('4 KiB pages per address TLBI', document.range_pages),
    countsLine('commands by ASID', document.asids),
    countsLine('commands by StreamID', commands.by_sid),
    dma.total === 0 ? 'dma: none' : `dma: ${formatCount(dma.total)} translations, ${formatCount(dma.msi)} of them MSIs`,
    countsLine('dma by StreamID', dma.by_sid),
    countsLine("dma by the recorder's outcome", dma.by_outcome),
    countsLine('page size', document.page_sizes, (bytes) => (bytes === 'unknown' ? bytes : formatBytes(Number(bytes)))),
    ...(document.maps + document.unmaps > 0
      ? [`maps: ${formatCount(document.maps)}, unmaps: ${formatCount(document.unmaps)}`]
      : []),
  ];
  return facts.filter((fact) => fact !== '');
}

function syncLine({ syncs }: InspectDocument): string {
  if (syncs.commands_per_sync === null) return '';
  return `SYNCs: ${formatCount(syncs.total)}, one per ${syncs.commands_per_sync.toFixed(2)} other commands`;
}

/** How sizes and times are distributed, where there is more than one of them. */
function histograms(document: InspectDocument, context: ReportContext): string {
  const { batch_sizes, range_pages, inter_arrival } = document;
  const gaps = bucketsOfHistogram(inter_arrival?.histogram ?? [], (ns) => formatNs(ns, context));
  return [
    renderHistogram('commands per doorbell', bucketsOfCounts(batch_sizes), context),
    renderHistogram('4 KiB pages per TLBI', bucketsOfCounts(range_pages), context),
    renderHistogram('between doorbells', gaps, context),
  ]
    .filter((text) => text !== '')
    .join('\n');
}

/** `label: key (count), …`, the most frequent first when the list is long; empty without entries. */
function countsLine(label: string, counts: CountsByKey, nameOf: (key: string) => string = String): string {
  const entries = Object.entries(counts);
  if (entries.length === 0) return '';
  const isLong = entries.length > ENTRIES_SHOWN;
  const shown = isLong ? entries.sort(([, a], [, b]) => b - a).slice(0, ENTRIES_SHOWN) : entries;
  const rest = isLong ? ` and ${formatCount(entries.length - ENTRIES_SHOWN)} more` : '';
  return `${label}: ${shown.map(([key, count]) => `${nameOf(key)} (${formatCount(count)})`).join(', ')}${rest}`;
}

function latencyTable(document: InspectDocument, context: ReportContext): string {
  const { recorded_latency: recorded } = document;
  if (recorded === null) return '';
  type Row = readonly [string, LatencySummary];
  const { by_vcpu, ...all } = recorded;
  const perVcpu = Object.entries(by_vcpu);
  const rows: Row[] = [
    ['all', all],
    ...(perVcpu.length > 1 ? perVcpu.slice(0, ENTRIES_SHOWN).map(([vcpu, row]): Row => [`vCPU ${vcpu}`, row]) : []),
  ];
  const time = (
    heading: string,
    drop: number,
    key: 'mean_ns' | 'min_ns' | 'p50_ns' | 'p90_ns' | 'p99_ns' | 'max_ns',
  ): Column<Row> => ({
    heading,
    align: 'right',
    drop,
    cell: ([, row]) => formatNs(row[key], context),
  });
  const columns: Column<Row>[] = [
    { heading: 'recorded latency', align: 'left', drop: 0, cell: ([name]) => name },
    { heading: 'count', align: 'right', drop: 0, cell: ([, row]) => formatCount(row.count) },
    time('mean', 0, 'mean_ns'),
    time('min', 2, 'min_ns'),
    time('p50', 0, 'p50_ns'),
    time('p90', 1, 'p90_ns'),
    time('p99', 0, 'p99_ns'),
    time('max', 0, 'max_ns'),
  ];
  const caveats = latencyCaveats(document).map((caveat) => wrapText(caveat, context));
  return drawTable(columns, rows, context).text + caveats.join('');
}

/** What must be known of the recorded latencies. */
export function latencyCaveats({ recorded_latency: recorded, join }: InspectDocument): string[] {
  return recorded?.includes_tracing ? [tracingCaveat(join?.commands_from)] : [];
}

function noteSection(document: InspectDocument, context: ReportContext): string {
  return inspectionNotes(document, context)
    .map((note) => wrapText(`note: ${note}`, context))
    .join('');
}

/** What must be kept in mind of the recording. */
export function inspectionNotes(document: InspectDocument, context: ReportContext): string[] {
  const { trace, reader, commands } = document;
  const notes = [...joinNotes(document.join, context), ...translationNotes(reader)];
  if (trace.limited) notes.push('reading stopped at --limit; the counts are of the part read');
  for (const [rule, count] of Object.entries(commands.reserved)) notes.push(`${formatCount(count)} commands: ${rule}`);
  if (commands.unpublished > 0)
    notes.push(`${formatCount(commands.unpublished)} commands are published by no doorbell`);
  if (reader.opcode_only_commands > 0) {
    notes.push(`${formatCount(reader.opcode_only_commands)} commands are known by opcode only`);
  }
  if (reader.reconstructed_commands > 0) {
    notes.push(`${formatCount(reader.reconstructed_commands)} commands were rebuilt: the recording lacks their words`);
  }
  if (reader.foreign_lines > 0) notes.push(`${formatCount(reader.foreign_lines)} lines are of other programs`);
  if (reader.skipped_rows > 0) notes.push(`${formatCount(reader.skipped_rows)} malformed rows skipped`);
  for (const loss of reader.lossy.slice(0, ENTRIES_SHOWN)) notes.push(lossText(trace.file, loss));
  const { join } = document;
  for (const loss of join?.reader.lossy.slice(0, ENTRIES_SHOWN) ?? []) notes.push(lossText(join?.file ?? '', loss));
  return notes;
}
