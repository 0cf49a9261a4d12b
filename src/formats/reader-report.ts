import type { ReaderStatistics } from './reader.js';

/** `reader` in `inspect` and in every result's provenance (results/declaration/recording.ts says what its keys are). */
export type ReaderReport = ReturnType<typeof readerReport>;

/** A snapshot of `statistics`. */
export function readerReport(statistics: ReaderStatistics) {
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
