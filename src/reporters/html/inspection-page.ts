/** The page of `inspect`: what a trace holds, before any replay. */
import type { CountsByKey, InspectDocument } from '../../analysis/inspect/document.js';
import { WIDE } from '../reporter.js';
import { formatBytes, formatNs } from '../table/format.js';
import { type Bucket, bucketsOfCounts, bucketsOfHistogram } from '../table/histogram.js';
import { headLines, inspectionFacts, inspectionNotes, latencyCaveats } from '../table/inspection.js';
import { stackedBars } from './charts.js';
import { numberCell, PageShell, timeCell } from './shell.js';

/** Bars of one chart; the facts name the most frequent, JSON has all. */
const BARS_DRAWN = 24;

/** The whole page of `report`, whose texts are visible. */
export function inspectionPage(report: InspectDocument): PageShell {
  const { trace, commands, dma, batch_sizes, range_pages, inter_arrival: gaps, page_sizes } = report;
  const shell = new PageShell(`Trace ${trace.file}`, 'What is in the recording, before any replay.');
  shell.list(headLines(report, WIDE));
  shell.notes(inspectionNotes(report, WIDE));
  addLatency(shell, report);
  addCounts(shell, 'Commands by opcode', 'commands', frequent(commands.by_opcode));
  addCounts(shell, 'Commands by StreamID', 'commands', frequent(commands.by_sid));
  addCounts(shell, 'Translations by StreamID', 'translations', frequent(dma.by_sid));
  addCounts(shell, 'Commands by vCPU', 'commands', frequent(commands.by_vcpu));
  addCounts(shell, 'Commands per doorbell', 'doorbells', bucketsOfCounts(batch_sizes));
  addCounts(shell, '4 KiB pages per TLBI', 'TLBIs', bucketsOfCounts(range_pages));
  const bytes = (size: string) => (size === 'unknown' ? size : formatBytes(Number(size)));
  addCounts(shell, 'Page sizes', 'events', frequent(page_sizes, bytes));
  addCounts(
    shell,
    'Between doorbells',
    'doorbells',
    bucketsOfHistogram(gaps?.histogram ?? [], (ns) => formatNs(ns, WIDE)),
  );
  shell.heading('In words');
  shell.list(inspectionFacts(report));
  return shell;
}

/** The most frequent, in the order of the document where all are shown. */
function frequent(counts: CountsByKey, nameOf: (key: string) => string = String): Bucket[] {
  const all = Object.entries(counts).map(([key, count]) => ({ label: nameOf(key), count }));
  return all.length <= BARS_DRAWN ? all : all.sort((a, b) => b.count - a.count).slice(0, BARS_DRAWN);
}

function addCounts(shell: PageShell, heading: string, unit: string, buckets: readonly Bucket[]): void {
  // One bar says no more than its line among the facts.
  if (buckets.length < 2) return;
  const rows = buckets.map(({ label, count }) => ({ label, parts: { [unit]: count } }));
  shell.heading(heading);
  shell.figure(
    (width) => stackedBars(shell.document, rows, { title: heading, unit }, width),
    buckets.length === BARS_DRAWN ? `The ${BARS_DRAWN} most frequent; JSON has all.` : `Counts of ${unit}.`,
    {
      label: heading,
      headings: ['of', unit],
      rows: buckets.map(({ label, count }) => [label, numberCell(count)]),
    },
  );
}

/** What the recorder itself saw, with its caveat beside it. */
function addLatency(shell: PageShell, report: InspectDocument): void {
  const { recorded_latency: recorded } = report;
  if (recorded === null) return;
  const { by_vcpu: byVcpu, includes_tracing: _tracing, ...all } = recorded;
  const rows = [['all', all] as const, ...Object.entries(byVcpu).map(([vcpu, one]) => [`vCPU ${vcpu}`, one] as const)];
  shell.heading('Recorded latency');
  shell.plainTable({
    label: 'Recorded latency',
    headings: ['vCPU', 'count', 'mean', 'min', 'p50', 'p90', 'p99', 'max'],
    rows: rows.map(([name, one]) => [
      name,
      numberCell(one.count),
      ...[one.mean_ns, one.min_ns, one.p50_ns, one.p90_ns, one.p99_ns, one.max_ns].map(timeCell),
    ]),
  });
  shell.list(latencyCaveats(report));
}
