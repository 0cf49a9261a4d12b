/**
 * How the clocks of two recorders stand to each other, from submissions that both recorded.
 *
 * One clock shows the entry of the driver's function, the other the register write inside it, so the difference is the
 * offset plus a delay that is never negative: the least differences are the truth. They are taken over equal stretches of
 * time and a straight line is laid through them; it is raised until no least difference is above it.
 */
import { linearRegression } from 'simple-statistics';

/** Stretches of time whose least difference counts. */
const STRETCHES = 64;

/** Maps times of one clock to the other. */
export interface ClockMap {
  /** Offset in ns at the first common submission. */
  readonly offsetNs: number;
  /** Change of the offset in parts per million. */
  readonly driftPpm: number;
  /** How far the least differences are from the line at most. */
  readonly spreadNs: number;
  /** The other clock's time, integer ns. */
  map(timeNs: number): number;
}

/** Fit the map from times `fromNs` to times `toNs` of the same submissions, both in ascending order of `fromNs`. */
export function fitClocks(fromNs: readonly number[], toNs: readonly number[]): ClockMap {
  const start = fromNs[0];
  const span = fromNs[fromNs.length - 1] - start;
  const least = new Map<number, readonly [number, number]>();
  for (let index = 0; index < fromNs.length; index++) {
    const since = fromNs[index] - start;
    const stretch = span <= 0 ? 0 : Math.min(STRETCHES - 1, Math.floor((since / span) * STRETCHES));
    const difference = toNs[index] - fromNs[index];
    const known = least.get(stretch);
    if (known === undefined || difference < known[1]) least.set(stretch, [since, difference]);
  }
  const points = [...least.values()];
  const base = points[0][1];
  const line =
    points.length < 3
      ? { m: 0, b: Math.min(...points.map(([, difference]) => difference - base)) }
      : linearRegression(points.map(([since, difference]) => [since, difference - base]));
  const residuals = points.map(([since, difference]) => difference - base - (line.m * since + line.b));
  const raise = Math.max(...residuals);
  return {
    offsetNs: Math.round(base + line.b + raise),
    driftPpm: line.m * 1e6,
    spreadNs: Math.round(raise - Math.min(...residuals)),
    map: (timeNs) => timeNs + Math.round(base + line.b + raise + line.m * (timeNs - start)),
  };
}
