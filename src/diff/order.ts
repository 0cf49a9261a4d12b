/**
 * What of many differences comes first: causes before what follows from them.
 *
 * The numbers of a row belong to families, most of them with a whole and the parts that it is the sum of: the mean time of an
 * operation and its stages, host commands and their causes. One stage that grows by a tenth moves a hundred numbers a little
 * (the mean, every percentile, throughput, CPU time); it is named first, then the whole, then what dashboards follow, and the
 * rest is detail. Families whose whole, or a part of some weight, moves by a hundredth come before those that hardly move; a
 * path that is no longer safe before all.
 */
import type { Difference } from '../results/declaration/differences.js';
import type { StrategyResult } from '../results/document.js';
import { isWaitStage } from '../strategies/path/costs.js';
import { isStage, type RowDifference } from './metrics.js';

interface Family {
  /** Its metrics; a metric belongs to the first family that has it. */
  readonly has: RegExp;
  /** Parts of `whole`. */
  readonly parts?: RegExp;
  readonly whole?: string;
  /** Follows from the others, and never stands before one of them. */
  readonly isEcho?: true;
}

/** The headline: whatever it is made of comes first. */
const MEAN = 'latency.operation.mean_ns';
const STALE = 'safety.stale_after_sync';

const FAMILIES: readonly Family[] = [
  { has: /^(?!latency\.translation)(latency|guest|per_unmap)\b/, parts: /^latency\.breakdown_ns\./, whole: MEAN },
  {
    has: /^(amplification|per_operation|commands_per_sync|errors)\b/,
    parts: /^amplification\.(extra_by_cause|exits_by_cause)\./,
    whole: 'amplification.host_commands',
  },
  {
    has: /^(tlb|latency\.translation|timed_translation)\b/,
    parts: /^tlb\.main\.misses_by_cause\./,
    whole: 'tlb.main.misses',
  },
  { has: /^host\b/, parts: /^host\.cpu_ns\./, isEcho: true },
  { has: /^/, isEcho: true },
];

/** Parts of a whole that are no detail: those that add most. */
const NAMED_PARTS = 5;

/** From here on a change of a family is more than the echo of another one. */
const NOTABLE = 0.01;

/** The differences of one row in their order, and how much it differs. */
export interface OrderedRow {
  readonly differences: readonly Omit<Difference, 'row'>[];
  /** The larger, the earlier: a broken path, then the change of the mean, then the largest of any family. */
  readonly size: readonly [stale: number, mean: number, largest: number];
}

/** Put `differences` of a row whose earlier result is `old` into order. */
export function orderRow(differences: readonly RowDifference[], old: StrategyResult): OrderedRow {
  const groups = FAMILIES.map((family, at) => ({
    family,
    members: differences.filter(({ metric }) => FAMILIES.findIndex(({ has }) => has.test(metric)) === at),
  })).map(({ family, members }) => ({
    members: members.sort(within(family)),
    family,
    size: sizeOf(family, members, old),
  }));
  const notable = groups.filter(({ size, family }) => size >= NOTABLE && family.isEcho !== true);
  const sorted = [...notable, ...groups.filter((group) => !notable.includes(group))].flatMap(({ members, family }) =>
    members.map((one, at) => ({ one, isMain: isMain(one, family) && (at < NAMED_PARTS || !isPart(one, family)) })),
  );
  const mean = differences.find(({ metric }) => metric === MEAN);
  const stale = differences.find(({ metric }) => metric === STALE);
  const rank = ({ one: { metric, significant }, isMain }: (typeof sorted)[number]) =>
    metric === STALE ? 0 : significant === false ? 3 : isMain ? 1 : 2;
  return {
    differences: sorted
      .sort((a, b) => rank(a) - rank(b))
      .map(({ one: { isHeadline: _, ...one }, isMain }) => ({
        ...one,
        ...(isStage(one.metric) && mean !== undefined ? { share_of_mean_change: one.change / mean.change } : {}),
        ...(isMain || one.metric === STALE ? {} : { detail: true as const }),
      })),
    size: [Math.abs(stale?.change ?? 0), relative(mean), Math.max(...groups.map(({ size }) => size))],
  };
}

/** Descending by size. */
export function bySize(a: Pick<OrderedRow, 'size'>, b: Pick<OrderedRow, 'size'>): number {
  const at = a.size.findIndex((size, index) => size !== b.size[index]);
  return at < 0 ? 0 : b.size[at] - a.size[at];
}

/**
 * Parts by what they add, the whole, headlines and then the rest by their own relative change. A wait is an outcome (others
 * take longer), so stages that have moved by themselves stand before it.
 */
function within({ parts, whole }: Family) {
  const rank = (one: RowDifference) => {
    if (parts?.test(one.metric)) return relative(one) >= NOTABLE && !isWait(one.metric) ? 0 : 1;
    return one.metric === whole ? 2 : one.isHeadline ? 3 : 4;
  };
  return (a: RowDifference, b: RowDifference): number => {
    const ranks = rank(a) - rank(b);
    if (ranks !== 0) return ranks;
    const size = (one: RowDifference) => (rank(one) < 2 ? Math.abs(one.change) : relative(one));
    const [x, y] = [size(a), size(b)];
    return x === y ? 0 : y > x ? 1 : -1;
  };
}

const isWait = (metric: string): boolean => isStage(metric) && isWaitStage(metric.slice(metric.lastIndexOf('.') + 1));

function isMain(one: RowDifference, family: Family): boolean {
  // Dust of a mean over thousands.
  if (Math.abs(one.change) < 1e-12 * Math.abs(one.old)) return false;
  // A mean that may have moved by chance is said; what else may is not.
  if (one.significant === false && one.metric !== MEAN) return false;
  return (
    one.isHeadline || one.metric === family.whole || isPart(one, family) || one.metric.startsWith('per_operation.')
  );
}

const isPart = ({ metric }: RowDifference, { parts }: Family): boolean => parts?.test(metric) === true;

/** Largest relative change of the whole and of the parts that weigh something; a part that does not, by what it adds. */
function sizeOf({ parts, whole }: Family, members: readonly RowDifference[], old: StrategyResult): number {
  const total = whole === MEAN ? old.latency.operation.mean_ns : members.find(({ metric }) => metric === whole)?.old;
  return Math.max(
    0,
    ...members.map((one) => {
      if (one.metric === whole || (parts === undefined && one.isHeadline)) return relative(one);
      if (parts?.test(one.metric) !== true) return one.isHeadline ? relative(one) : 0;
      if (total === undefined || total === 0) return relative(one);
      const weighs = Math.max(one.old, one.new) >= NOTABLE * total;
      return weighs ? relative(one) : Math.abs(one.change) / total;
    }),
  );
}

const relative = (one: Pick<Difference, 'change' | 'old'> | undefined): number =>
  one === undefined || one.change === 0 ? 0 : one.old === 0 ? Number.MAX_VALUE : Math.abs(one.change / one.old);
