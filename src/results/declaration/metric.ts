/**
 * How a number of the result document is declared: once, with its unit, which way is better, and what it means.
 *
 * The published JSON Schema, the metric dictionary (docs/metrics.md), the check of an earlier result and the metrics of
 * gates all come from these declarations.
 */
import { z } from 'zod';

/** Which way a number gets better. `neutral`: a fact about the run, not a merit. */
export type Direction = 'lower' | 'higher' | 'neutral';

/** Units of metrics. `ratio` is a quotient of two counts, `share` a part of one. */
export type Unit = 'ns' | 'count' | 'ratio' | 'share' | '1/s' | 'slots';

/** Keywords that the declarations add to the JSON Schema. */
export const UNIT_KEYWORD = 'x-unit';
export const DIRECTION_KEYWORD = 'x-direction';
/** On a mapping: what its keys are, as the dictionary writes them. */
export const KEY_KEYWORD = 'x-key';
/** On a metric: dashboards follow it. */
export const HEADLINE_KEYWORD = 'x-headline';

/** On an object: it is a distribution, and its numbers mean the same wherever one stands. */
export const DISTRIBUTION_KEYWORD = 'x-distribution';
/** On an object: one of several alike that the dictionary describes once, under this name. */
export const ALIKE_KEYWORD = 'x-alike';

/** One number. */
export function metric(unit: Unit, direction: Direction, description: string) {
  const isWhole = unit === 'count' || unit === 'slots';
  const base = isWhole ? z.int() : z.number();
  return base.meta({ description, [UNIT_KEYWORD]: unit, [DIRECTION_KEYWORD]: direction });
}

/** A number that dashboards follow. */
export function headline(unit: Unit, direction: Direction, description: string) {
  return metric(unit, direction, description).meta({
    description,
    [UNIT_KEYWORD]: unit,
    [DIRECTION_KEYWORD]: direction,
    [HEADLINE_KEYWORD]: true,
  });
}

/** A number that says something about the run or the document without being a metric of it: no gate may name it. */
export function quantity(unit: Unit, description: string) {
  const isWhole = unit === 'count' || unit === 'slots';
  return (isWhole ? z.int() : z.number()).meta({ description, [UNIT_KEYWORD]: unit });
}

/** A number that names something: an index, an identifier, a line. */
export function number(description: string) {
  return z.int().meta({ description });
}

/** Counts by a name. */
export function countsBy(description: string) {
  return z.record(z.string(), z.int()).meta({ description, [UNIT_KEYWORD]: 'count' });
}

/**
 * A key that was added to a document after its version: what this build writes has it, and documents of earlier builds are
 * read without. In the type of what is written it is there (`z.output`), in that of what is read it may be missing (`z.input`).
 */
export function addedLater<T extends z.ZodType>(type: T) {
  // The default is never used: documents are checked and then taken as they are.
  const missing = (): never => null as never;
  return z._default(type, missing).meta(type.meta() ?? {});
}

/** `addedLater` for every key of a shape. */
export function allAddedLater<S extends Readonly<Record<string, z.ZodType>>>(shape: S) {
  const entries = Object.entries(shape).map(([key, type]) => [key, addedLater(type)]);
  return Object.fromEntries(entries) as { [K in keyof S]: z.ZodDefault<S[K]> };
}

/** `T`, unchangeable at every depth, as documents are. */
export type Immutable<T> = T extends object ? { readonly [K in keyof T]: Immutable<T[K]> } : T;

/** A mapping from names to numbers in which zeros may be left out. */
export function metricBy(key: string, unit: Unit, direction: Direction, description: string) {
  return z.record(z.string(), metric(unit, direction, description)).meta({ description, [KEY_KEYWORD]: key });
}

/** Text, with what it says. */
export function label(description: string) {
  return z.string().meta({ description });
}

/** Distribution of a latency in ns (see numbers/latency-recorder.ts). Its numbers are named by where it stands. */
const DISTRIBUTION = z.object({
  count: metric('count', 'neutral', 'samples'),
  mean_ns: metric('ns', 'lower', 'mean'),
  min_ns: metric('ns', 'lower', 'smallest'),
  p50_ns: metric('ns', 'lower', 'median'),
  p90_ns: metric('ns', 'lower', '90th percentile'),
  p99_ns: metric('ns', 'lower', '99th percentile'),
  p99_9_ns: metric('ns', 'lower', '99.9th percentile'),
  max_ns: metric('ns', 'lower', 'largest'),
  percentiles: z
    .enum(['exact', 'hdr-3'])
    .meta({ description: 'nearest rank over all samples, or the value of an HDR histogram with three digits' }),
  histogram: z
    .array(z.tuple([quantity('ns', 'upper bound'), quantity('count', 'samples')]))
    .meta({ description: 'logarithmic buckets, empty ones left out: upper bound in ns, count' }),
});

/** The same shape at its place in the document: `description` says what is measured. */
export function distribution(description: string) {
  return DISTRIBUTION.meta({ description, [DISTRIBUTION_KEYWORD]: true });
}

/** A distribution whose mean, median, p99 and maximum dashboards follow, with the points of its curve. */
export function headlineDistribution(description: string) {
  return DISTRIBUTION.extend({
    mean_ns: headline('ns', 'lower', 'mean'),
    p50_ns: headline('ns', 'lower', 'median'),
    p99_ns: headline('ns', 'lower', '99th percentile'),
    max_ns: headline('ns', 'lower', 'largest'),
    steps: z
      .array(z.tuple([quantity('ns', 'value'), quantity('count', 'samples up to it')]))
      .exactOptional()
      .meta({
        description:
          'points of the cumulative distribution, each exact: all values if at most 256, else those at the percentiles, at 128 evenly spaced shares, and ever nearer to the largest; left out where percentiles are not exact, and in studies',
      }),
  }).meta({ description, [DISTRIBUTION_KEYWORD]: true });
}

/** Distribution of a count, exact in all its parts (numbers/count-histogram.ts): `description` says what is counted. */
export function countDistribution(description: string) {
  return z
    .object({
      count: metric('count', 'neutral', 'samples'),
      mean: metric('ratio', 'neutral', 'mean'),
      p50: metric('count', 'neutral', 'median'),
      p99: metric('count', 'neutral', '99th percentile'),
      max: metric('count', 'neutral', 'largest'),
      histogram: z
        .array(z.tuple([quantity('count', 'value'), quantity('count', 'samples')]))
        .meta({ description: 'every value that came, the least first, and how often' }),
    })
    .meta({ description, [DISTRIBUTION_KEYWORD]: true });
}
