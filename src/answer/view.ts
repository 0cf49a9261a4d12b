/** What rules look at: the results of one trace, and the rows that sentences are about. */
import { medianOf } from '../numbers/bootstrap.js';
import { type BaselineRow, baselineResultOf } from '../results/baseline-row.js';
import type { ResultDocument, StrategyResult, TraceProvenance } from '../results/document.js';

/** Bare metal is no path of a virtual machine, and nobody will run the seed patch. */
const NEVER_CHOSEN = ['native', 'v1-patch'];

/** One trace of a result document, as rules see it. */
export interface View {
  readonly provenance: ResultDocument['provenance'];
  readonly trace: Pick<TraceProvenance, 'file'> & ResultDocument['provenance']['traces'][number];
  /** All rows of the trace. */
  readonly results: readonly StrategyResult[];
  /** The row that the others are compared with; undefined: each strategy stands by itself. */
  readonly baseline: StrategyResult | undefined;
  /** The rows with the least stall of those that one may choose; several if they are equal. */
  readonly best: readonly StrategyResult[];
  /** The row that sentences about one path are about: the first of `best`, or the only row there is. */
  readonly subject: StrategyResult | undefined;
  /** Times are of other work than the guest's own: faults, or two paths in turn. */
  readonly isDisturbed: boolean;
  /** Several seeds, and the numbers below are medians over them; the tables show the first. */
  readonly seeds: number;
}

/** The views of a document, in the order of its traces. */
export function viewsOf(document: ResultDocument, baseline: BaselineRow | undefined): View[] {
  const { provenance } = document;
  return provenance.traces.flatMap((trace) => {
    const results = document.results.filter((result) => result.trace === trace.file);
    if (results.length === 0) return [];
    const base = baselineResultOf(trace.file, results, baseline);
    const best = bestOf(results, base);
    return [
      {
        provenance,
        trace,
        results,
        baseline: base,
        best,
        subject: results.length === 1 ? results[0] : best[0],
        isDisturbed: (provenance.faults ?? []).length > 0 || results.some(({ migration }) => migration !== undefined),
        seeds: results.some(({ by_seed }) => by_seed !== undefined) ? (provenance.seeds ?? 1) : 1,
      },
    ];
  });
}

/** That numbers are medians, for the end of a sentence; empty with one seed. */
export const seedNote = ({ seeds }: View): string => (seeds > 1 ? `; medians of ${seeds} seeds` : '');

/** The guest's stall, ns: the median where seeds differ in it. */
export const stallNs = ({ guest, by_seed }: StrategyResult): number =>
  medianOver(by_seed?.['guest.stall_total_ns']) ?? guest.stall_total_ns;

/** Simulated time of the measured part, ns, likewise. */
export const durationNs = ({ throughput, by_seed }: StrategyResult): number =>
  medianOver(by_seed?.['throughput.duration_ns']) ?? throughput.duration_ns;

/** True where the stalls of all seeds lie on one side of each other: which is less does not depend on the seed. */
export function isToldApart(one: StrategyResult, other: StrategyResult): boolean {
  const [mine, theirs] = [one, other].map((row) => seedValues(row.by_seed?.['guest.stall_total_ns']) ?? [stallNs(row)]);
  return Math.max(...mine) < Math.min(...theirs) || Math.min(...mine) > Math.max(...theirs);
}

/** The name of a row: its strategy, with its targeting where the trace has several of it. */
export function rowName({ strategy, atc }: StrategyResult, results: readonly StrategyResult[]): string {
  const isAlone = results.every((one) => one.strategy !== strategy || one.atc === atc);
  return isAlone ? strategy : `${strategy} (atc ${atc})`;
}

/** The names of `rows` among `results`; a strategy all of whose targetings are meant is named once. */
export function namesOf(rows: readonly StrategyResult[], results: readonly StrategyResult[]): string {
  const isWhole = (strategy: string) => results.every((one) => one.strategy !== strategy || rows.includes(one));
  return listed([...new Set(rows.map((row) => (isWhole(row.strategy) ? row.strategy : rowName(row, results))))]);
}

/** `a`, `a and b`, `a, b and c`. */
export function listed(names: readonly string[], word = 'and'): string {
  if (names.length < 2) return names.join('');
  return `${names.slice(0, -1).join(', ')} ${word} ${names.at(-1)}`;
}

function bestOf(results: readonly StrategyResult[], baseline: StrategyResult | undefined): StrategyResult[] {
  const candidates = results.filter((result) => isChoice(result, baseline));
  const leastNs = Math.min(...candidates.map(stallNs));
  return candidates.filter((result) => stallNs(result) === leastNs);
}

/** A path that somebody might run in a virtual machine. */
export const isEligible = ({ strategy }: StrategyResult): boolean => !NEVER_CHOSEN.includes(strategy.split(':')[0]);

/** One may run it: it does all that the guest asks for, as far as the results show. */
function isChoice(result: StrategyResult, baseline: StrategyResult | undefined): boolean {
  const { safety, latency } = result;
  if (!isEligible(result) || latency.operation.count === 0) return false;
  if ((safety?.stale_after_sync ?? 0) > 0 || has(result, 'swallowed-commands')) return false;
  // To pass over an error is to do less than a path that does not.
  return !has(result, 'passed-over') || (baseline !== undefined && has(baseline, 'passed-over'));
}

/** True for a row with such a caveat. */
export function has({ caveats }: StrategyResult, about: StrategyResult['caveats'][number]['about']): boolean {
  return caveats.some((caveat) => caveat.about === about);
}

function medianOver(values: readonly (number | null)[] | undefined): number | undefined {
  const known = seedValues(values);
  return known === undefined ? undefined : medianOf(known);
}

/** Undefined if a seed has no value. */
function seedValues(values: readonly (number | null)[] | undefined): readonly number[] | undefined {
  const known = values?.filter((value) => value !== null);
  return known === undefined || known.length === 0 || known.length < (values?.length ?? 0) ? undefined : known;
}
