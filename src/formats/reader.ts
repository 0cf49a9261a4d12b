/**
 * The contract of a trace reader.
 *
 * Contract:
 * - A reader turns decompressed bytes into batches of canonical events in time order; it never sees file names,
 *   compression or strategies.
 * - `sniff` looks at the first bytes only and must not claim what it cannot read; the registry asks readers in a fixed,
 *   total order.
 * - Memory is bounded: one chunk, one batch and small tables, whatever the length of the trace.
 * - Malformed input is a `TraceFormatError` (file, line, expected, found). Lines of other programs are counted in
 *   `foreignLines`, never fatal.
 * - Every batch handed out is fresh: the consumer may keep it.
 */
import type { EventBatch } from '../trace/events.js';

/** Something that the recording lost or that the reader had to assume, with the line where it showed first. */
interface ReaderNote {
  /** Line number, from 1. */
  readonly line: number;
  readonly what: string;
  /** How often. */
  count: number;
}

/** Statistics of one reading; filled while batches are drawn, final after the last batch. */
export interface ReaderStatistics {
  /** Reader name: `qemu-log`, `csv`. */
  format: string;
  /** Producer version as far as the content shows it: `7.2`, `8.x`, `9.x`, `10.x`; empty if it does not. */
  version: string;
  /** `clock` when events carry time, `order-only` when the recording has no time base. */
  timeBase: 'clock' | 'order-only';
  /** Lines or records read, header and foreign lines included. */
  lines: number;
  /** Lines that are not this format's events. */
  foreignLines: number;
  /** Lines of this format that are valid but carry no event for the replay (register accesses, walk levels …). */
  contextLines: number;
  /** Commands whose raw words the recording lacks: rebuilt from decoded lines, or appended CMD_SYNCs. */
  reconstructedCommands: number;
  /** Commands of which only the opcode is known. */
  opcodeOnlyCommands: number;
  /** Architecture of the recorded commands if they were translated to SMMUv3 commands: `VT-d`; empty if they were not. */
  translatedFrom: '' | 'VT-d';
  /** Commands so translated. */
  translatedCommands: number;
  /**
   * The recorder writes while the guest waits for it, so that recorded latencies hold the recording itself: QEMU prints
   * the lines of a drain between the guest's write of CMDQ_PROD and its return.
   */
  isTracedInside: boolean;
  /** Rows skipped under `lenient`. */
  skippedRows: number;
  /** Losses: truncation, dropped records, unreadable ranges. */
  lossy: ReaderNote[];
}

/** What the user may tell a reader beyond the format. */
export interface ReaderOptions {
  /** Names of the events in an ftrace recording: `ROLE=NAME,…` (ftrace/event-roles.ts). */
  readonly ftraceEvents?: string | undefined;
  /** The user's names for CSV columns: name in the file → ours. The trace is then CSV. */
  readonly csvMap?: ReadonlyMap<string, string> | undefined;
}

/** What a reader may consult. */
export interface ReaderContext {
  /** Name for messages: the path, or `<stdin>`. */
  readonly file: string;
  /** Skip and count malformed rows instead of failing. */
  readonly lenient: boolean;
  readonly options?: ReaderOptions | undefined;
  /** Filled by the reader. */
  readonly statistics: ReaderStatistics;
}

/** Bytes of decompressed content that a reader may look at to recognise its format or dialect. */
export const SNIFF_BYTES = 2 ** 16;

/** One format. A new format is one file that exports one of these and one line in registry.ts. */
export interface TraceReader {
  /** Name for `--format` and reports. */
  readonly name: string;
  /** One line for help. */
  readonly summary: string;
  /** True if the first bytes of the decompressed content are this format. */
  sniff(head: Uint8Array): boolean;
  /** Decode. Yields non-empty batches in time order. */
  read(chunks: AsyncIterable<Uint8Array>, context: ReaderContext): AsyncGenerator<EventBatch>;
}

/** Fresh statistics for a reader of `format`. */
export function emptyStatistics(format: string): ReaderStatistics {
  return {
    format,
    version: '',
    timeBase: 'clock',
    lines: 0,
    foreignLines: 0,
    contextLines: 0,
    reconstructedCommands: 0,
    opcodeOnlyCommands: 0,
    translatedFrom: '',
    translatedCommands: 0,
    isTracedInside: false,
    skippedRows: 0,
    lossy: [],
  };
}
