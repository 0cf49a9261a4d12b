import type { ReaderNote, ReaderStatistics } from './reader.js';

/** Reader statistics as they stand in documents: JSON of `reader` in `inspect` and in every result's provenance (design §8). */
export interface ReaderReport {
  readonly format: string;
  readonly version: string;
  readonly time_base: 'clock' | 'order-only';
  readonly lines: number;
  readonly foreign_lines: number;
  readonly context_lines: number;
  readonly reconstructed_commands: number;
  readonly opcode_only_commands: number;
  /** `VT-d` if the recorded commands were translated to SMMUv3 commands, else empty, and how many were. */
  readonly translated_from: '' | 'VT-d';
  readonly translated_commands: number;
  readonly skipped_rows: number;
  readonly lossy: readonly ReaderNote[];
}

/** A snapshot of `statistics`. */
export function readerReport(statistics: ReaderStatistics): ReaderReport {
  return {
    format: statistics.format,
    version: statistics.version,
    time_base: statistics.timeBase,
    lines: statistics.lines,
    foreign_lines: statistics.foreignLines,
    context_lines: statistics.contextLines,
    reconstructed_commands: statistics.reconstructedCommands,
    opcode_only_commands: statistics.opcodeOnlyCommands,
    translated_from: statistics.translatedFrom,
    translated_commands: statistics.translatedCommands,
    skipped_rows: statistics.skippedRows,
    lossy: statistics.lossy.map((note) => ({ ...note })),
  };
}
