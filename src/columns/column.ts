/**
 * The contract of a column of the tables of results: declared once in registry.ts, and known by the same name to tables,
 * Markdown, the page, `--columns`, `--sort`, gates and docs/metrics.md.
 */
import { type MetricEntry, numberEntry } from '../results/declaration/dictionary.js';
import type { Unit } from '../results/declaration/metric.js';
import type { StrategyResult } from '../results/document.js';
import { metricValue } from '../results/metric-value.js';

/** A result, and the one that all results of its trace are compared with. */
export interface ComparedRow {
  readonly result: StrategyResult;
  readonly baseline: StrategyResult | undefined;
}

/** One column. */
export interface ReportColumn {
  /** As it is typed; spaces, underscores and capitals do not matter. */
  readonly name: string;
  /** Heading where there is room. */
  readonly heading: string;
  /** Heading where there is not; absent: the same. */
  readonly short?: string;
  /** Where the number stands in `results[]`; absent: it is made of two rows, or is a text. */
  readonly path?: string;
  /** Of its numbers; absent: it is a text. */
  readonly unit?: Unit;
  /** What it is, in a sentence. */
  readonly meaning: string;
  /** The higher, the sooner a narrow terminal does without it; 0: never. */
  readonly drop: number;
  /** It compares with the baseline's row: without one it has no values. */
  readonly needsBaseline?: true;
  /** Its number in a row; null: there is none. Of a text column the text. */
  value(row: ComparedRow): number | string | null;
}

/** What is said of a column whose number stands in the document. */
interface PathColumnSpec {
  readonly name: string;
  readonly path: string;
  readonly drop: number;
  readonly meaning: string;
  /** Absent: the name. */
  readonly heading?: string;
  readonly short?: string;
}

/** A column of the number at one path, which has its unit from there. */
class PathColumn implements ReportColumn {
  readonly name: string;
  readonly heading: string;
  readonly path: string;
  readonly drop: number;
  readonly meaning: string;
  readonly short: string;

  constructor({ name, path, drop, meaning, heading = name, short = heading }: PathColumnSpec) {
    this.name = name;
    this.heading = heading;
    this.short = short;
    this.path = path;
    this.drop = drop;
    this.meaning = meaning;
  }

  /** Looked up when it is asked for: the dictionary takes some ms to make. */
  private get entry(): MetricEntry {
    const entry = numberEntry(this.path);
    if (entry === undefined) throw new Error(`column ${this.name}: results have no number at ${this.path}`);
    return entry;
  }

  get unit(): Unit {
    return this.entry.unit;
  }

  value({ result }: ComparedRow): number | null {
    return metricValue(result, this.path, this.entry);
  }
}

/** The column of the number at `spec.path`. */
export function atPath(spec: PathColumnSpec): ReportColumn {
  return new PathColumn(spec);
}

/** What `column` has in a row of results. */
export function valueIn(column: ReportColumn, row: ComparedRow): number | string | null {
  return column.value(row);
}
