/** How the inputs ended, by kind of seed, and the table of it. */

/** Ways in which an input must not end. */
const FAILURES = ['crash', 'hang', 'memory', 'unsound'] as const;
export type FailureKind = (typeof FAILURES)[number];

/** Counts of one kind of seed. */
export interface Counts {
  inputs: number;
  read: number;
  refused: number;
  crash: number;
  hang: number;
  memory: number;
  unsound: number;
  /** Most computing time of one input. */
  slowestMs: number;
}

/** An input that did not end as it may. */
export interface FuzzFailure {
  readonly number: number;
  readonly seed: string;
  readonly kind: string;
  readonly failure: FailureKind;
  readonly what: string;
}

/** Counts by kind of seed, the failures themselves, and the most memory that a process of readers has had. */
export interface Tally {
  readonly kinds: Record<string, Counts>;
  readonly failures: FuzzFailure[];
  peakMib: number;
}

export const emptyTally = (): Tally => ({ kinds: {}, failures: [], peakMib: 0 });

/** The counts of `kind`, from now on in `tally`. */
export function countsOf(tally: Tally, kind: string): Counts {
  tally.kinds[kind] ??= { inputs: 0, read: 0, refused: 0, crash: 0, hang: 0, memory: 0, unsound: 0, slowestMs: 0 };
  return tally.kinds[kind];
}

/** Count a failure. */
export function addFailure(tally: Tally, failure: FuzzFailure): void {
  const counts = countsOf(tally, failure.kind);
  counts.inputs++;
  counts[failure.failure]++;
  tally.failures.push(failure);
}

/** Add `more` to `tally`. */
export function addTally(tally: Tally, more: Tally): void {
  for (const [kind, counts] of Object.entries(more.kinds)) {
    const sum = countsOf(tally, kind);
    for (const key of Object.keys(counts) as (keyof Counts)[]) {
      sum[key] = key === 'slowestMs' ? Math.max(sum[key], counts[key]) : sum[key] + counts[key];
    }
  }
  tally.failures.push(...more.failures);
  tally.peakMib = Math.max(tally.peakMib, more.peakMib);
}

/** Inputs of all kinds. */
export const inputsOf = (tally: Tally): number => sumOf(Object.values(tally.kinds)).inputs;

function sumOf(all: readonly Counts[]): Counts {
  const total = emptyTally();
  for (const counts of all) addTally(total, { kinds: { all: counts }, failures: [], peakMib: 0 });
  return countsOf(total, 'all');
}

/** A table in Markdown. */
export function tableOf(tally: Tally): string {
  const kinds = Object.entries(tally.kinds).sort(([a], [b]) => (a < b ? -1 : 1));
  const rows = [...kinds, ['**all**', sumOf(Object.values(tally.kinds))] as const].map(
    ([kind, { inputs, read, refused, crash, hang, memory, unsound, slowestMs }]) =>
      `| ${kind} | ${[inputs, read, refused, crash, hang, memory, unsound].map(thousands).join(' | ')} | ${Math.ceil(slowestMs)} |`,
  );
  return [
    '| seed | inputs | read | refused | crashes | hangs | too much memory | unsound | slowest, ms |',
    '|---|---|---|---|---|---|---|---|---|',
    ...rows,
  ].join('\n');
}

const thousands = (value: number): string => value.toLocaleString('en-US');
