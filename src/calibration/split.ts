/** Which measurements are fitted and which are predicted: decided by their order alone, the same every time. */
import type { Measurement, Shapes } from './measurement.js';

/** Ways to divide the measurements; the first is the default. */
const SPLITS = ['interleaved', 'ordered'] as const;
export type Split = (typeof SPLITS)[number];

/** The two parts, each in the order of measurement. */
export interface Parts {
  readonly fit: readonly Measurement[];
  readonly rest: readonly Measurement[];
}

/**
 * Divide `measurements` so that about `share` of them are fitted.
 *
 * `interleaved` takes them in turn within each strategy, small submissions first, so that both parts hold every size;
 * `ordered` fits the beginning and predicts what came after it.
 */
export function splitMeasurements(
  measurements: readonly Measurement[],
  shapes: Shapes,
  share: number,
  split: Split,
): Parts {
  const order = measurements.map((_, at) => at);
  if (split === 'interleaved') {
    const strategy = (at: number) => shapes.all[measurements[at].shape].choice.canonicalName;
    const commands = (at: number) => shapes.all[measurements[at].shape].commands;
    order.sort(
      (a, b) =>
        compare(strategy(a), strategy(b)) ||
        commands(a) - commands(b) ||
        measurements[a].shape - measurements[b].shape ||
        a - b,
    );
  }
  const cut = Math.ceil(share * order.length);
  const isFitted = (position: number) =>
    split === 'ordered' ? position < cut : Math.ceil((position + 1) * share) > Math.ceil(position * share);
  const part = (fitted: boolean) =>
    order
      .filter((_, position) => isFitted(position) === fitted)
      .sort((a, b) => a - b)
      .map((at) => measurements[at]);
  return { fit: part(true), rest: part(false) };
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
