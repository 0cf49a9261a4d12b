/** The axes of a study: which it has, where a point lies on them, and which of them move nothing. */
import type { Coordinates } from './study-document.js';

/** A point by its place and some of its numbers. */
export interface PlacedValues {
  readonly at: Coordinates;
  /** The same numbers of every point, null where it has none. */
  readonly values: readonly (number | string | null)[];
}

/** An axis that has several values, and the numbers that are the same at all of them. */
export interface StillAxis {
  readonly axis: string;
  /** Indexes in `values`. */
  readonly still: readonly number[];
}

/** Names of all axes of `points`, parameters of `set` last, each where it first occurs. */
export function axesOf(points: readonly { readonly at: Coordinates }[]): string[] {
  const axes = new Set(points.flatMap(({ at: { set: _set, ...rest } }) => Object.keys(rest)));
  const parameters = new Set(points.flatMap(({ at }) => Object.keys(at.set)));
  return [...axes, ...parameters];
}

/** Value of an axis at a point; empty where the point has none. */
export function axisValue({ set, ...axes }: Coordinates, axis: string): string {
  return String(set[axis] ?? axes[axis] ?? '');
}

/** The axes that have more than one value among `points`. */
export function varyingAxes(points: readonly { readonly at: Coordinates }[]): string[] {
  return axesOf(points).filter((axis) => new Set(points.map(({ at }) => axisValue(at, axis))).size > 1);
}

/** `points` by their place on all of `axes`. */
export function pointsByPlace<Point extends { readonly at: Coordinates }>(
  points: readonly Point[],
  axes: readonly string[],
): Point[][] {
  const groups = new Map<string, Point[]>();
  for (const point of points) {
    const place = JSON.stringify(axes.map((axis) => axisValue(point.at, axis)));
    const group = groups.get(place);
    if (group === undefined) groups.set(place, [point]);
    else group.push(point);
  }
  return [...groups.values()];
}

/**
 * The axes along which numbers stay as they are, wherever two points differ in nothing else. An axis along which no two points
 * can be compared is not among them.
 */
export function stillAxes(points: readonly PlacedValues[]): StillAxis[] {
  const varying = varyingAxes(points);
  const indexes = points[0]?.values.map((_value, at) => at) ?? [];
  return varying.flatMap((axis): StillAxis[] => {
    const others = varying.filter((one) => one !== axis);
    const lines = pointsByPlace(points, others).filter(({ length }) => length > 1);
    if (lines.length === 0) return [];
    const isStill = (at: number) =>
      lines.every((line) => line.every(({ values }) => values[at] === line[0].values[at]));
    const still = indexes.filter(isStill);
    return still.length === 0 ? [] : [{ axis, still }];
  });
}
