/**
 * The contract of a lint rule: one invariant of a trace.
 *
 * Contract:
 * - `check` is fed the batches in trace order, `end` comes once after the last. A rule keeps bounded state: per queue, vCPU
 *   or ASID, never per event.
 * - A rule reports every breach; the linter keeps the first few and counts the rest. The same trace gives the same report.
 * - Severity: `error` — the trace contradicts itself and results from it mean nothing; `warning` — something is missing or
 *   unusual that changes results; `note` — good to know.
 */
import type { ReaderStatistics } from '../../formats/reader.js';
import type { EventBatch } from '../../trace/events.js';

export type Severity = 'error' | 'warning' | 'note';

/** Tells of one breach, or of `times` alike. `line` is that of the event in its source, 0 for the trace as a whole. */
export type ReportBreach = (line: number, what: string, times?: number) => void;

/** One rule at work on one trace. */
export interface LintCheck {
  check(batch: EventBatch, report: ReportBreach): void;
  /** The trace has ended. */
  end?(report: ReportBreach, statistics: ReaderStatistics): void;
}

/** One rule. A new one is one file that exports one of these and one line in registry.ts. */
export interface LintRule {
  readonly name: string;
  readonly severity: Severity;
  /** What holds in a sound trace, one line. */
  readonly summary: string;
  create(): LintCheck;
}
