/** What every table of results says below itself: where the numbers come from, and what to keep in mind. */
import type { BaselineRow } from '../../results/baseline-row.js';
import type { ResultDocument, StrategyResult } from '../../results/document.js';
import { caveatNotes } from '../caveats.js';
import type { ReportContext } from '../reporter.js';
import { formatCount, formatNs, formatShare } from './format.js';
import { paint, wrapText } from './layout.js';
import { joinNotes, translationNotes } from './recording-notes.js';

type TraceProvenance = ResultDocument['provenance']['traces'][number];

/** Streams shown per trace; the JSON document has all. */
const STREAMS_SHOWN = 8;
/** Losses shown per trace; the JSON document has all. */
const NOTES_SHOWN = 3;

/** What `safety.atc_refill_races` counts. */
export const REFILL_RACES =
  'ATC_INVs with no CMD_SYNC after the TLBI of their range: the ATC may refill from the TLB (possible, not observed)';

/** What the table above a footer adds to it. */
interface TableNotes {
  /** Headings of columns that found no room. */
  readonly dropped: readonly string[];
  /** What must be known of a column. */
  readonly notes: readonly string[];
}

/** What every report of a result says of it, whatever its format: one list, so that none says less. */
export interface Footer {
  /** Where the numbers come from. */
  readonly sources: readonly string[];
  /** What must be kept in mind. */
  readonly notes: readonly string[];
}

/** Provenance and notes of `document`, each line fitting the width. */
export function renderFooter(document: ResultDocument, context: ReportContext, table?: TableNotes): string {
  const { sources, notes } = footerOf(document, context, table);
  return [
    ...sources.map((line) => paint(wrapText(line, context).trimEnd(), 'dim', context)),
    ...notes.map((note) => wrapText(`note: ${note}`, context).trimEnd()),
    '',
  ].join('\n');
}

/** Provenance and notes of `document`, with those of the table above. */
export function footerOf(
  document: ResultDocument,
  context: ReportContext,
  { dropped: droppedColumns, notes: tableNotes }: TableNotes = { dropped: [], notes: [] },
): Footer {
  const { traces } = document.provenance;
  const sources = [
    ...traces.map(traceLine),
    ...strategyFileLines(document),
    ...transformLine(document.provenance.transforms),
    modelLine(document, context),
    ...optionLine(document),
    ...hostLine(document, context),
    ...estimateLine(document),
  ];
  const notes = [
    ...caveatNotes(document),
    ...tableNotes,
    ...traces.flatMap((trace) => {
      const results = document.results.filter((result) => result.trace === trace.file);
      return traceNotes(trace, results, traces.length > 1 ? `${trace.file}: ` : '', context);
    }),
    ...staleNotes(document),
    ...raceNotes(document),
    ...(droppedColumns.length > 0
      ? [`no room for: ${droppedColumns.join(', ')} (a wider terminal or --reporter csv shows them)`]
      : []),
  ];
  return { sources, notes };
}

/** Streams of the trace as far as the document tells: those with an ATC marked, physical StreamIDs, a topology file. */
function streamList(trace: TraceProvenance): string {
  const { source, streams: all = [] } = trace.topology;
  const streams = all.slice(0, STREAMS_SHOWN).map((stream) => {
    const marks = [
      ...(stream.psid === undefined ? [] : [`physical ${hexId(stream.psid)}`]),
      ...(stream.has_ats === true ? ['ATS'] : []),
    ];
    return `${hexId(stream.sid)}${marks.length === 0 ? '' : ` (${marks.join(', ')})`}`;
  });
  if (streams.length === 0) return '';
  const rest = all.length - streams.length;
  const from = source === undefined || source.startsWith('inferred ') ? '' : `, topology from ${source}`;
  return `, streams ${streams.join(' ')}${rest > 0 ? ` and ${rest} more` : ''}${from}`;
}

const hexId = (id: unknown): string => `0x${Number(id).toString(16)}`;

function traceLine(trace: TraceProvenance): string {
  const { format, version } = trace.reader;
  const reader = [format, version].filter((part) => typeof part === 'string' && part !== '').join(' ');
  return `trace ${trace.file}${reader === '' ? '' : ` (${reader})`}, ${formatCount(eventTotal(trace.events))} events${streamList(trace)}`;
}

/** Several VMs, and what the host does beside serving them. */
function hostLine({ provenance }: ResultDocument, context: ReportContext): string[] {
  const { vms, vm_shift_ns: shiftNs = null, background_per_s: perS } = provenance;
  const parts = [
    ...(vms === undefined ? [] : [`${vms} VMs, each ${formatNs(shiftNs, context)} behind the one before`]),
    ...(perS === undefined ? [] : [`${formatCount(perS)} invalidations per second of the host's own`]),
  ];
  return parts.length === 0 ? [] : [parts.join('; ')];
}

/** The total if the document has one, else the sum over the kinds. */
function eventTotal(events: Readonly<Record<string, number>>): number {
  return events.total ?? Object.values(events).reduce((sum, count) => sum + count, 0);
}

/** Strategies that come from the user's own files. */
function strategyFileLines(document: ResultDocument): string[] {
  const { strategy_files: files = [] } = document.provenance;
  return files.map(({ strategy, file, sha256 }) => `strategy ${strategy} from ${file} (sha256 ${sha256.slice(0, 12)})`);
}

/** The guest-side transforms in one line: what is compared is not the guest that was recorded. */
export function transformLine(transforms: unknown): string[] {
  if (!Array.isArray(transforms) || transforms.length === 0) return [];
  const texts = (transforms as Readonly<Record<string, string | number>>[]).map(({ name, ...settings }) =>
    [name, ...Object.entries(settings).map(([key, value]) => `${key}=${value}`)].join(' '),
  );
  return [`guest transformed: ${texts.join(', ')} (not as recorded)`];
}

function modelLine(document: ResultDocument, context: ReportContext): string {
  const { profile, pacing, dma } = document.provenance;
  const baseline = context.baseline === undefined ? '' : `, baseline ${baselineName(document, context.baseline)}`;
  return `profile ${profile.name}, pacing ${pacing}, dma ${dma}${baseline}`;
}

/** Options that are not at their default, as one would type them again: numbers of another part or of another model. */
function optionLine({ provenance }: ResultDocument): string[] {
  const { profile, warmup_events: warmup = 0, limit_events: limit = null, msi = true, lenient = false } = provenance;
  const { seed = 0, seeds = 1, faults = [], migrate_at_ns: migrateAtNs } = provenance;
  const options = [
    ...Object.entries(profile.overrides ?? {}).map(([key, value]) => `--set ${key}=${value}`),
    ...(warmup > 0 ? [`--warmup ${warmup} (not measured)`] : []),
    ...(limit === null ? [] : [`--limit ${limit} (the trace may be longer)`]),
    ...(msi ? [] : ['--no-msi']),
    ...(lenient ? ['--lenient'] : []),
    ...(seed === 0 ? [] : [`--seed ${seed}`]),
    ...(seeds === 1 ? [] : [`--seeds ${seeds}`]),
    ...faults.map((fault) => `--fault ${fault}`),
    ...(migrateAtNs === undefined ? [] : [`--migrate-at ${migrateAtNs}ns`]),
  ];
  return options.length === 0 ? [] : [`with ${options.join(', ')}`];
}

/** Of several rows it is a mean, which hides what the column `est %` says of each. */
function estimateLine({ provenance, results }: ResultDocument): string[] {
  const { estimate_share: share } = provenance.profile;
  if (share === undefined) return [];
  const rows = results.length > 1 ? ' of all rows together' : '';
  return [`${formatShare(share)} of the time${rows} rests on estimates (tag E in: smmuscope profiles show)`];
}

/** The baseline's strategy, and its targeting where the document has several of it. */
export function baselineName({ results }: ResultDocument, { strategy, atc }: BaselineRow): string {
  const isAlone = results.every((one) => one.strategy !== strategy || one.atc === atc);
  return isAlone ? strategy : `${strategy} (atc ${atc})`;
}

/** What to keep in mind of one trace; `prefix` tells it from others. */
function traceNotes(
  trace: TraceProvenance,
  results: readonly StrategyResult[],
  prefix: string,
  context: ReportContext,
): string[] {
  const recording = [...joinNotes(trace.join, context), ...translationNotes(trace.reader)];
  const notes = recording.map((note) => `${prefix}${note}`);
  const unpublished = Math.max(0, ...results.map(unpublishedCommands));
  if (unpublished > 0) {
    notes.push(`${prefix}commands that no doorbell publishes, not executed: ${formatCount(unpublished)}`);
  }
  const { lossy = [], skipped_rows: skipped = 0 } = trace.reader;
  if (skipped > 0) notes.push(`${prefix}${formatCount(skipped)} rows skipped`);
  for (const loss of lossy.slice(0, NOTES_SHOWN)) notes.push(lossText(trace.file, loss));
  for (const loss of trace.join?.reader.lossy.slice(0, NOTES_SHOWN) ?? []) {
    notes.push(lossText(trace.join?.file ?? '', loss));
  }
  if (lossy.length > NOTES_SHOWN) notes.push(`${prefix}${lossy.length - NOTES_SHOWN} more kinds of loss (--json)`);
  return notes;
}

/** Commands that never became visible to the SMMU. */
function unpublishedCommands({ replay }: StrategyResult): number {
  return replay?.unpublished_commands ?? 0;
}

/** `FILE:LINE: what (n times)`. */
export function lossText(file: string, loss: { line?: number; what?: string; count?: number }): string {
  const where = loss.line === undefined || loss.line === 0 ? file : `${file}:${loss.line}`;
  const times = loss.count !== undefined && loss.count > 1 ? ` (${formatCount(loss.count)} times)` : '';
  return `${where}: ${loss.what ?? 'loss'}${times}`;
}

function raceNotes({ results, provenance }: ResultDocument): string[] {
  const racing = results.flatMap(({ strategy, safety }) => {
    const races = safety?.atc_refill_races ?? 0;
    return races === 0 ? [] : [`${strategy} ${formatCount(races)}`];
  });
  if (racing.length === 0) return [];
  const isVtd = provenance.traces.some(({ reader }) => reader.translated_from === 'VT-d');
  const order = isVtd ? '; the order is that of VT-d, where it is enough' : '';
  return [`${REFILL_RACES}: ${[...new Set(racing)].join(', ')}${order}`];
}

function staleNotes(document: ResultDocument): string[] {
  const unsafe = document.results.filter((result) => (result.safety?.stale_after_sync ?? 0) > 0);
  if (unsafe.length === 0) return [];
  const names = [...new Set(unsafe.map((result) => result.strategy))].join(', ');
  return [`stale translations used after a completed SYNC: ${names} (the guest's invalidation was not honoured)`];
}
