/** What the page of a study shows of its points. */

import { axesOf, axisValue } from '../../results/study-axes.js';
import type { StudyDocument, StudyPoint } from '../../results/study-document.js';

/** A finished point. */
export interface StudyRow {
  readonly point: StudyPoint;
  /** Mean time of an operation, ns. */
  readonly meanNs: number;
  readonly p99Ns: number;
  /** CPU time of the threads that serve the guest, ns per operation. */
  readonly hostCpuNs: number;
  readonly of: (axis: string) => string;
}

/** Points that differ in the seed alone. */
export interface Replicates {
  readonly rows: readonly StudyRow[];
  readonly of: (axis: string) => string;
  /** Median, smallest and largest mean time over the seeds, ns. */
  readonly meanNs: number;
  readonly lowNs: number;
  readonly highNs: number;
}

/** How far an axis moves the mean time of an operation when nothing else changes. */
export interface AxisEffect {
  readonly axis: string;
  readonly values: readonly string[];
  /** Largest mean ÷ smallest over the values: the median over all places of the other axes, and the largest. */
  readonly medianFactor: number;
  readonly largestFactor: number;
}

/** Name of the axis over which a study repeats itself. */
const SEED = 'seed';

/** Points with a result that has operations. */
export function studyRows({ points }: StudyDocument): StudyRow[] {
  return points.flatMap((point) => {
    const [result] = point.result?.results ?? [];
    const hostCpuNs = result?.host.cpu_ns_per_operation;
    if (result === undefined || typeof hostCpuNs !== 'number') return [];
    const { mean_ns: meanNs, p99_ns: p99Ns } = result.latency.operation;
    return [{ point, meanNs, p99Ns, hostCpuNs, of: (axis: string) => axisValue(point.at, axis) }];
  });
}

/** Axes with more than one value, seeds apart. */
export function varyingAxes({ points }: StudyDocument): string[] {
  return axesOf(points).filter(
    (axis) => axis !== SEED && new Set(points.map(({ at }) => axisValue(at, axis))).size > 1,
  );
}

/** The points of `rows` by their place on `axes`. */
export function replicatesOf(rows: readonly StudyRow[], axes: readonly string[]): Replicates[] {
  return [...grouped(rows, axes).values()].map((members) => {
    const means = members.map(({ meanNs }) => meanNs).sort((a, b) => a - b);
    const middle = (means[(means.length - 1) >> 1] + means[means.length >> 1]) / 2;
    return { rows: members, of: members[0].of, meanNs: middle, lowNs: means[0], highNs: means[means.length - 1] };
  });
}

/** What each of `axes` moves, the one that moves most first. */
export function axisEffects(all: readonly Replicates[], axes: readonly string[]): AxisEffect[] {
  const effects = axes.map((axis) => {
    const others = axes.filter((other) => other !== axis);
    const factors = [...grouped(all, others).values()]
      .filter(({ length }) => length > 1)
      .map((group) => {
        const means = group.map(({ meanNs }) => meanNs);
        return Math.max(...means) / Math.min(...means);
      })
      .sort((a, b) => a - b);
    const values = [...new Set(all.map(({ of }) => of(axis)))];
    const [medianFactor = 1, largestFactor = 1] = [factors[factors.length >> 1], factors[factors.length - 1]];
    return { axis, values, medianFactor, largestFactor };
  });
  return effects.sort((a, b) => b.largestFactor - a.largestFactor);
}

/** Values of `axis` whose mean is that of an earlier one at every place of `others`: a line of theirs is not seen. */
export function hiddenBehind(
  all: readonly Replicates[],
  axis: string,
  others: readonly string[],
): (readonly [hidden: string, behind: string])[] {
  const firstOf = new Map<string, string>();
  return [...grouped(all, [axis])].flatMap(([value, rows]) => {
    const course = JSON.stringify(rows.map((row) => [placeOf(row, others), row.meanNs]));
    const behind = firstOf.get(course);
    if (behind === undefined) firstOf.set(course, value);
    return behind === undefined ? [] : [[value, behind] as const];
  });
}

/** `rows` by their values on `axes`, in the order in which these first occur. */
export function grouped<Row extends { readonly of: (axis: string) => string }>(
  rows: readonly Row[],
  axes: readonly string[],
): Map<string, Row[]> {
  const groups = new Map<string, Row[]>();
  for (const row of rows) {
    const key = placeOf(row, axes);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [row]);
    else group.push(row);
  }
  return groups;
}

/** Where a row lies on `axes`, in words. */
export function placeOf({ of }: { readonly of: (axis: string) => string }, axes: readonly string[]): string {
  return axes.map((axis) => shortValue(axis, of(axis))).join(' · ');
}

/** A value as charts have it: a trace by its file name. */
export const shortValue = (axis: string, value: string): string =>
  axis === 'trace' ? value.replace(/^.*[/\\]/, '') : value;
