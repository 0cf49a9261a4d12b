/**
 * What a metric of `results[]` is: one file that counts it while a replay runs, declares its keys, and says how people read it.
 *
 * CSV, JSON, the schemas, docs/metrics.md and gates need nothing more than the declaration. A metric is named in registry.ts.
 */
import type { z } from 'zod';
import type { CostTrail } from '../replay/cost-trail.js';
import type { ReplayProbe } from '../replay/probe.js';
import type { Replay } from '../replay/replay.js';
import type { Immutable } from '../results/declaration/metric.js';
import type { Submission } from '../strategies/path/submission.js';

/** Keys of `results[]` with their declarations (results/declaration/metric.ts: unit, which way is better, description). */
export type Keys = Readonly<Record<string, z.ZodType>>;

/** Those keys in a result as it is written, and in one that is read: an earlier build may have left some out. */
export type Written<K extends Keys> = Immutable<z.output<z.ZodObject<K>>>;
type Read<K extends Keys> = Immutable<z.input<z.ZodObject<K>>>;

/** What other counters of the finished replay say of its measured part. */
export interface Measured {
  readonly replay: Replay;
  /** The trace has translations of devices. */
  readonly hasDma: boolean;
  /** Simulated time of the measured part, and the guest's stall in it, ns. */
  readonly durationNs: number;
  readonly stallNs: number;
  readonly hostCommands: number;
  readonly exits: number;
}

/** Hooks that a counter may have (replay/probe.ts); warm-up is told, too. */
type Hooks = Pick<ReplayProbe, 'onGuestCommand' | 'onOperation' | 'onUnmap' | 'sampler'>;

/** Counts one metric in one replay. */
export interface Counter<K extends Keys = Keys> extends Partial<Hooks> {
  /** As the probe's, of submissions with work for the path: what each went through. */
  onSubmission?(submission: Submission, trail: CostTrail): void;
  /** The values of the keys, once the replay has ended. */
  result(measured: Measured): Written<K>;
  /** Give back what the memory of the process does not have by itself. */
  destroy?(): void;
}

/** Numbers as a table writes them. */
interface NumberFormat {
  ns(ns: number | null | undefined): string;
  count(count: number): string;
}

/** A column of the tables of results (columns/column.ts). */
interface MetricColumn {
  /** As it is typed, and its heading. */
  readonly name: string;
  /** Dotted path of its number. */
  readonly path: string;
  readonly meaning: string;
  /** The higher, the sooner a narrow terminal does without it. */
  readonly drop: number;
}

/** A table of its own on the page. */
interface MetricTable<K extends Keys> {
  readonly title: string;
  /** Of the columns behind the strategy's name. */
  readonly headings: readonly string[];
  /** Undefined: the result has no such row. */
  row(result: Read<K>): readonly (number | string)[] | undefined;
}

/** One metric. What it does not have is not shown. */
export interface Metric<K extends Keys = Keys> {
  readonly keys: K;
  /** A counter for one replay. */
  count(): Counter<K>;
  /** Lines of `replay`'s table. */
  lines?(result: Read<K>, format: NumberFormat): readonly string[];
  readonly column?: MetricColumn;
  readonly table?: MetricTable<K>;
}
