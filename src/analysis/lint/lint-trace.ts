/** Reads an opened trace to its end (or to a limit, or to where it cannot be read) and checks every rule. */
import { basename } from 'node:path';
import type { OpenTrace, ReaderStatistics } from '../../formats/reader.js';
import { readerReport } from '../../formats/reader-report.js';
import { TraceFormatError } from '../../trace/errors.js';
import type { EventBatch } from '../../trace/events.js';
import { type Breach, LINT_SCHEMA, type LintDocument, type LintFinding } from './document.js';
import { LINT_RULES } from './registry.js';
import type { LintRule, Severity } from './rule.js';

/** How far to read, and whom to tell. */
export interface LintOptions {
  /** Stop after so many events. */
  readonly limit?: number | undefined;
  readonly onProgress?: ((bytesRead: number, totalBytes: number | undefined, events: number) => void) | undefined;
}

/** Breaches kept of each rule. */
const BREACHES_KEPT = 10;
const SEVERITIES: readonly Severity[] = ['error', 'warning', 'note'];

/** Rules that no event breaks but the reading itself. */
const MALFORMED = { name: 'malformed', severity: 'error', summary: 'every line can be read' } as const;
const LOSS = { name: 'recorder-loss', severity: 'warning', summary: 'the recorder lost nothing' } as const;

/** One rule's breaches while they are collected. */
class Collected {
  count = 0;
  readonly first: Breach[] = [];

  constructor(readonly rule: Pick<LintRule, 'name' | 'severity' | 'summary'>) {}

  readonly report = (line: number, what: string, times = 1): void => {
    this.count += times;
    if (this.first.length < BREACHES_KEPT) this.first.push({ line, what });
  };
}

/** Check `trace`. A line that cannot be read is a finding, not an exception; the batches before it are checked. */
export async function lintTrace(trace: OpenTrace, options: LintOptions = {}): Promise<LintDocument> {
  const limit = options.limit ?? Number.POSITIVE_INFINITY;
  const rules = LINT_RULES.map((rule) => ({ check: rule.create(), collected: new Collected(rule) }));
  const malformed = new Collected(MALFORMED);
  const loss = new Collected(LOSS);
  let events = 0;
  let limited = false;
  const feed = (batch: EventBatch) => {
    limited = batch.count > limit - events;
    if (limited) batch.count = limit - events;
    for (const { check, collected } of rules) check.check(batch, collected.report);
    events += batch.count;
    options.onProgress?.(trace.bytesRead(), trace.totalBytes, events);
  };
  try {
    for await (const batch of trace.batches) {
      feed(batch);
      if (limited) break;
    }
  } catch (error) {
    if (!(error instanceof TraceFormatError)) throw error;
    malformed.report(error.line, `expected ${error.expected}, found ${error.found}`);
    await trace.batches.return(undefined);
  }
  for (const { check, collected } of rules) check.end?.(collected.report, trace.statistics);
  reportLosses(trace.statistics, loss);
  const all = [malformed, loss, ...rules.map(({ collected }) => collected)];
  return {
    schema: LINT_SCHEMA,
    trace: { file: basename(trace.file), sha256: trace.sha256(), compression: trace.compression, limited },
    reader: readerReport(trace.statistics),
    events,
    errors: total(all, 'error'),
    warnings: total(all, 'warning'),
    notes: total(all, 'note'),
    passed: all.filter(({ count }) => count === 0).map(({ rule }) => rule.name),
    findings: SEVERITIES.flatMap((severity) =>
      all.filter((found) => found.rule.severity === severity).flatMap(finding),
    ),
  };
}

/** What the reader noted; commands that no doorbell publishes have a rule of their own. */
function reportLosses({ lossy, skippedRows }: ReaderStatistics, loss: Collected): void {
  for (const { line, what, count } of lossy) {
    if (!what.startsWith('command that no doorbell publishes')) loss.report(line, what, count);
  }
  if (skippedRows > 0) loss.report(0, `${skippedRows} malformed rows were skipped`, skippedRows);
}

function total(all: readonly Collected[], severity: Severity): number {
  return all.reduce((sum, { rule, count }) => sum + (rule.severity === severity ? count : 0), 0);
}

function finding({ rule, count, first }: Collected): LintFinding[] {
  if (count === 0) return [];
  return [{ rule: rule.name, severity: rule.severity, summary: rule.summary, count, first: [...first] }];
}
