import type { ReaderReport } from '../reader-report.js';

/** How two joined recordings agree: JSON of `join` in `inspect` and in a result's provenance. */
export interface JoinReport {
  /** The recording named by `--with`. */
  readonly file: string;
  readonly sha256: string;
  readonly compression: string;
  readonly reader: ReaderReport;
  /** File that gave commands, completions and mappings, and file that gave translations. */
  readonly commands_from: string;
  readonly translations_from: string;
  readonly commands: {
    /** In both. */
    readonly matched: number;
    /** Only in the recording of the commands: left out, the other does not say where they belong. */
    readonly only_in_commands_from: number;
    /** Only in the recording of the translations: before, within and after the part that both recorded. All are kept. */
    readonly only_before: number;
    readonly only_within: number;
    readonly only_after: number;
  };
  readonly submissions: {
    readonly matched: number;
    readonly unmatched: number;
    /** Entered the driver in another order than the queue's. */
    readonly out_of_order: number;
  };
  /** From the clock of the commands to that of the translations; null if one of them has no clock. */
  readonly clock: { readonly offset_ns: number; readonly drift_ppm: number; readonly spread_ns: number } | null;
}
