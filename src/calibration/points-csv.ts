/**
 * Measured points as CSV: `strategy,commands,latency_ns[,count]`, one row per measurement (docs/calibrate.md).
 *
 * `commands` TLBI_NH_VA and one CMD_SYNC, published at once on an idle machine, took `latency_ns`; `count` such
 * measurements are one row. Columns come in any order; those that begin with `x_` are the user's own.
 */
import { CsvError, parse } from 'csv-parse/sync';
import { resolveStrategies, type StrategyChoice, strategyFilesIn } from '../strategies/spec.js';
import { unmapSubmission } from '../strategies/user/trial.js';
import { nearestName, TraceFormatError, UsageError } from '../trace/errors.js';
import type { Measurement, Shapes } from './measurement.js';

const REQUIRED = ['strategy', 'commands', 'latency_ns'] as const;
const COLUMNS: readonly string[] = [...REQUIRED, 'count'];
/** More commands than the largest queue of a VMM has slots for are a slip of the pen. */
const MOST_COMMANDS = 1 << 19;
/** More than a row can stand for without the sums of all rows losing digits. */
const MOST_MEASUREMENTS = 1e9;

interface Row {
  readonly record: Readonly<Record<string, string>>;
  readonly info: { readonly lines: number };
}

/**
 * The measurements in `text`.
 * @param file name for messages
 * @param allowsCode a strategy may be a file, whose code runs
 * @throws TraceFormatError for a malformed header or row, with its line
 * @throws UsageError for a strategy from a file that is not allowed
 */
export function readPoints(text: string, file: string, shapes: Shapes, allowsCode: boolean): Measurement[] {
  const choices = new Map<string, StrategyChoice>();
  return rowsOf(text, file).map(({ record, info }, position) => {
    const integer = (column: string, least: number, most: number, otherwise?: number): number => {
      const cell = record[column] ?? '';
      if (cell === '' && otherwise !== undefined) return otherwise;
      const value = Number(cell);
      if (cell !== '' && Number.isSafeInteger(value) && value >= least && value <= most) return value;
      const found = cell === '' ? 'none' : JSON.stringify(cell);
      throw new TraceFormatError(file, info.lines, `${column} as an integer from ${least} to ${most}`, found);
    };
    const choice = choices.get(record.strategy) ?? strategyOf(record.strategy, file, info.lines, allowsCode);
    choices.set(record.strategy, choice);
    return {
      shape: shapes.of(choice, unmapSubmission(integer('commands', 0, MOST_COMMANDS))),
      latencyNs: integer('latency_ns', 1, Number.MAX_SAFE_INTEGER),
      count: integer('count', 1, MOST_MEASUREMENTS, 1),
      position,
    };
  });
}

function rowsOf(text: string, file: string): readonly Row[] {
  try {
    return parse(text, {
      bom: true,
      trim: true,
      info: true,
      skip_empty_lines: true,
      columns: (header: string[]) => checkedHeader(header, file),
    }) as unknown as Row[];
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    const line = Number((error as { lines?: unknown }).lines ?? 0);
    throw new TraceFormatError(file, line, 'a row of comma-separated values', error.message.replace(/\s+/g, ' '));
  }
}

function checkedHeader(header: readonly string[], file: string): string[] {
  const missing = REQUIRED.filter((column) => !header.includes(column));
  if (missing.length > 0) {
    const expected = `the columns ${REQUIRED.join(', ')} (a trace needs --strategy)`;
    throw new TraceFormatError(file, 1, expected, `no ${missing.join(', no ')}`);
  }
  const repeated = header.find((column, at) => header.indexOf(column) !== at);
  if (repeated !== undefined) throw new TraceFormatError(file, 1, 'each column once', `${repeated} twice`);
  const unknown = header.find((column) => !COLUMNS.includes(column) && !column.startsWith('x_'));
  if (unknown !== undefined) {
    const nearest = nearestName(unknown, COLUMNS);
    const hint = nearest === undefined ? '' : `; did you mean ${nearest}?`;
    throw new TraceFormatError(file, 1, `columns ${COLUMNS.join(', ')} or x_…`, `${unknown}${hint}`);
  }
  return [...header];
}

function strategyOf(spec: string, file: string, line: number, allowsCode: boolean): StrategyChoice {
  const [code] = allowsCode ? [] : strategyFilesIn(spec);
  if (code !== undefined) {
    const expected = '--allow-code for code that measured points name (it runs with your rights)';
    throw new UsageError(`${file}:${line}: strategy: expected ${expected}, found ${code} without it`);
  }
  try {
    const choices = resolveStrategies([spec]);
    if (choices.length === 1) return choices[0];
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    throw new TraceFormatError(file, line, 'a strategy', error.message);
  }
  throw new TraceFormatError(file, line, 'one strategy', JSON.stringify(spec));
}
