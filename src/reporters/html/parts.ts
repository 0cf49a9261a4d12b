/** What the charts and tables of a result show, taken from the document. */
import type { LatencySummary, StrategyResult } from '../../results/document.js';
import { STAGES } from '../../strategies/path/costs.js';

/** Amounts by name: stages, causes, threads. */
export type Parts = Readonly<Record<string, number>>;

/** One of the slowest operations. */
export type Slow = NonNullable<StrategyResult['slowest_operations']>[number];

/** A stage of an operation, in ns of held time after its first PROD write. */
export interface StageInterval {
  readonly stage: string;
  readonly fromNs: number;
  readonly untilNs: number;
}

/** Name of a result on the page: with its trace and targeting only where these tell results apart. */
export function labelsOf(results: readonly StrategyResult[]): string[] {
  const withTrace = new Set(results.map(({ trace }) => trace)).size > 1;
  const withAtc = new Set(results.map(({ strategy, trace }) => `${trace} ${strategy}`)).size < results.length;
  return results.map(({ strategy, atc, trace }) =>
    [strategy, ...(withAtc ? [`atc=${atc}`] : []), ...(withTrace ? [trace] : [])].join(' · '),
  );
}

/** Results that show the same, drawn once. */
export interface Group {
  /** Names of all of them. */
  readonly label: string;
  /** Index of the first of them. */
  readonly at: number;
}

/** Results by what `of` says of them, in their order; those of which it says nothing are left out. */
export function groupsOf(results: readonly StrategyResult[], of: (result: StrategyResult) => unknown): Group[] {
  const byValue = new Map<string, number[]>();
  for (const [at, result] of results.entries()) {
    const value = of(result);
    if (value === undefined) continue;
    const key = JSON.stringify(value);
    byValue.set(key, [...(byValue.get(key) ?? []), at]);
  }
  return [...byValue.values()].map((members) => ({ label: groupLabel(results, members), at: members[0] }));
}

function groupLabel(results: readonly StrategyResult[], members: readonly number[]): string {
  const labels = labelsOf(results);
  if (members.length === 1) return labels[members[0]];
  if (members.length === results.length) return 'every strategy';
  const { trace } = results[members[0]];
  const ofTrace = results.flatMap((result, at) => (result.trace === trace ? [at] : []));
  const isWholeTrace = ofTrace.length === members.length && ofTrace.every((at) => members.includes(at));
  return isWholeTrace ? `every strategy · ${trace}` : members.map((at) => labels[at]).join(', ');
}

/** All stages that there are, for colours. */
export const STAGE_DOMAIN: readonly string[] = STAGES;

/** Stages that any of `results` spends time in, in their order. */
export function stageNames(results: readonly StrategyResult[]): string[] {
  const names = partNames(results.map(({ latency }) => latency.breakdown_ns));
  return names.sort((a, b) => STAGE_DOMAIN.indexOf(a) - STAGE_DOMAIN.indexOf(b));
}

/** Points of a distribution's curve, `[ns, samples up to it]`: exact ones, or the ends of its buckets where it has none. */
export function stepsOf({ steps, histogram, max_ns }: LatencySummary): readonly (readonly [number, number])[] {
  if (steps !== undefined) return steps;
  let upTo = 0;
  return histogram.map(([boundNs, inBucket]) => {
    upTo += inBucket;
    return [Math.min(boundNs, max_ns), upTo];
  });
}

/** Names with an amount in any of `all`, in the order in which they appear. */
export function partNames(all: readonly Parts[]): string[] {
  const names = all.flatMap((parts) => Object.entries(parts).flatMap(([name, value]) => (value > 0 ? [name] : [])));
  return [...new Set(names)];
}

/** Host commands of a result: the guest's own, and what the strategy adds by cause. They sum to `host_commands`. */
export function hostCommandsByCause(amplification: StrategyResult['amplification']): Parts {
  const dropped = Object.values(amplification.not_forwarded_by_opcode).reduce((sum, count) => sum + count, 0);
  return { 'guest’s own': amplification.guest_commands - dropped, ...amplification.extra_by_cause };
}

/** Causes of the main TLB's misses; none where there is no TLB. */
export function missesOf({ tlb }: StrategyResult): Parts {
  return tlb?.main?.misses_by_cause ?? {};
}

/** Sizes of the main TLBs, ascending. */
export function mainEntriesOf(results: readonly StrategyResult[]): number[] {
  const sizes = results.map(({ tlb }) => tlb?.main?.entries);
  return [...new Set(sizes.filter((size) => size !== undefined))].sort((a, b) => a - b);
}

/** Stages of an operation in time; of an earlier result without their course, one after the other as they are summed. */
export function intervalsOf({ course, breakdown_ns }: Slow): StageInterval[] {
  let atNs = 0;
  const until = (stage: string, untilNs: number) => {
    const interval = { stage, fromNs: atNs, untilNs };
    atNs = untilNs;
    return interval;
  };
  if (course !== undefined) return course.stage.map((stage, i) => until(stage, course.until_ns[i]));
  return Object.entries(breakdown_ns).map(([stage, ns]) => until(stage, atNs + ns));
}
