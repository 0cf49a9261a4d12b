import { basename } from 'node:path';
import type { OpenTrace } from '../readers/reader.js';

/** Name of a trace in results: its file name, without the folder. */
export function traceName(path: string): string {
  return path === '-' ? '<stdin>' : basename(path);
}

/** Reader statistics as they stand in a result's provenance. */
export function readerProvenance({ statistics }: OpenTrace): Record<string, unknown> {
  return {
    format: statistics.format,
    version: statistics.version,
    time_base: statistics.timeBase,
    lines: statistics.lines,
    foreign_lines: statistics.foreignLines,
    context_lines: statistics.contextLines,
    reconstructed_commands: statistics.reconstructedCommands,
    opcode_only_commands: statistics.opcodeOnlyCommands,
    skipped_rows: statistics.skippedRows,
    lossy: statistics.lossy,
  };
}
