/** The document `smmuscope.lint/1`: which invariants a trace breaks, with line numbers. Keys: add, never rename. */
import type { ReaderReport } from '../../formats/reader-report.js';
import type { Severity } from './rule.js';

/** Version tag of this document. */
export const LINT_SCHEMA = 'smmuscope.lint/1';

/** One breach. */
export interface Breach {
  /** Line or record number in the trace; 0: the trace as a whole. */
  readonly line: number;
  readonly what: string;
}

/** The breaches of one rule. */
export interface LintFinding {
  readonly rule: string;
  readonly severity: Severity;
  readonly summary: string;
  readonly count: number;
  /** The first of them. */
  readonly first: readonly Breach[];
}

/** The whole document. */
export interface LintDocument {
  readonly schema: typeof LINT_SCHEMA;
  readonly trace: {
    readonly file: string;
    readonly sha256: string;
    readonly compression: string;
    /** True when `--limit` ended the reading. */
    readonly limited: boolean;
  };
  readonly reader: ReaderReport;
  readonly events: number;
  /** Breaches by severity. */
  readonly errors: number;
  readonly warnings: number;
  readonly notes: number;
  /** Names of the rules that were checked and hold. */
  readonly passed: readonly string[];
  /** Broken rules, errors first. */
  readonly findings: readonly LintFinding[];
}
