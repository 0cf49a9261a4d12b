/**
 * Distribution of a latency: exact while there are at most 2^18 samples, an HDR histogram beyond.
 *
 * count, sum, min and max are exact integers always. Percentiles are the nearest rank over all samples, or, beyond the
 * limit, the HDR histogram's value (3 significant digits); the summary says which.
 */
import { createRequire } from 'node:module';
import type * as Hdr from 'hdr-histogram-js';

/** Loaded when a recorder first outgrows its samples, in the middle of a replay: that cannot wait for an import. */
const require = createRequire(import.meta.url);

/** Samples kept for exact percentiles: 2 MB; ten strategies with four distributions each stay below 100 MB. */
const EXACT_SAMPLES = 2 ** 18;

/** Percentiles of every summary. */
const PERCENTILES = [50, 90, 99, 99.9] as const;

/** Values of which `steps` keeps every one. */
const MOST_STEPS = 256;
/** Of more values it keeps those at so many shares, evenly spaced. */
const EVEN_STEPS = 128;

/** Upper bounds of the histogram's buckets: four per power of two. */
const BUCKET_BOUNDS: readonly number[] = bucketBounds();

function bucketBounds(): number[] {
  const bounds = [0, 1, 2, 3, 4];
  for (let base = 4; base <= 2 ** 52; base *= 2) {
    for (let quarter = 1; quarter <= 4; quarter++) bounds.push(base + (base / 4) * quarter);
  }
  return bounds;
}

/** Summary of a distribution: JSON of every latency in a result. All values in integer ns but the mean. */
export interface Distribution {
  readonly count: number;
  readonly mean_ns: number;
  readonly min_ns: number;
  readonly p50_ns: number;
  readonly p90_ns: number;
  readonly p99_ns: number;
  readonly p99_9_ns: number;
  readonly max_ns: number;
  /** `exact` (nearest rank over all samples) or `hdr-3` (HDR histogram, 3 significant digits). */
  readonly percentiles: 'exact' | 'hdr-3';
  /** Logarithmic buckets: `[upper bound ns, count]`, empty ones left out. */
  readonly histogram: readonly (readonly [number, number])[];
}

/** Points of the cumulative distribution, ascending: a value in ns that came, and how many values are at most that. */
export type Steps = readonly (readonly [valueNs: number, upTo: number])[];

let loaded: typeof Hdr | undefined;

/** The histogram library, with its WebAssembly ready. */
function hdrLibrary(): typeof Hdr {
  if (loaded === undefined) {
    loaded = require('hdr-histogram-js') as typeof Hdr;
    loaded.initWebAssemblySync();
  }
  return loaded;
}

/** Length of the table of counts at first, and at most: the values below are counted, not kept. */
const FIRST_COUNTED = 2 ** 10;
const MOST_COUNTED = 2 ** 16;

/**
 * Collects integer ns values.
 *
 * Layout: `counts[v]` is how often v came. Values beyond that table are kept in rows 0 … largeCount − 1 of `large` or, when
 * they alone exceed the limit, in `histogram`. Everything else is made of these in `summary`: values come several times per
 * event, and to record one is to increment a number.
 */
export class LatencyRecorder {
  private counts = new Float64Array(FIRST_COUNTED);
  private large: Float64Array | undefined = new Float64Array(64);
  private histogram: Hdr.Histogram | undefined;
  private largeCount = 0;
  private largeSumNs = 0;
  private largeMaxNs = 0;
  private largeMinNs = Number.POSITIVE_INFINITY;
  private readonly largeBuckets = new Float64Array(BUCKET_BOUNDS.length);

  constructor(private readonly exactSamples: number = EXACT_SAMPLES) {}

  /** Add a value (integer ns, not negative) that came `times` times. */
  record(ns: number, times = 1): void {
    if (ns < this.counts.length) this.counts[ns] += times;
    else if (ns < MOST_COUNTED) this.widen(ns, times);
    else for (let i = 0; i < times; i++) this.recordLarge(ns);
  }

  /** Values so far. */
  get count(): number {
    const { counts } = this;
    let count = this.largeCount;
    for (let ns = 0; ns < counts.length; ns++) count += counts[ns];
    return count;
  }

  /** Their sum, ns. */
  get sumNs(): number {
    const { counts } = this;
    let sumNs = this.largeSumNs;
    for (let ns = 0; ns < counts.length; ns++) sumNs += ns * counts[ns];
    return sumNs;
  }

  /** The distribution so far. */
  summary(): Distribution {
    const { counts, count, sumNs } = this;
    const buckets = this.largeBuckets.slice();
    let minNs = this.largeMinNs;
    let maxNs = this.largeMaxNs;
    for (let ns = counts.length - 1; ns >= 0; ns--) {
      if (counts[ns] === 0) continue;
      buckets[bucketOf(ns)] += counts[ns];
      minNs = ns;
      if (ns > maxNs) maxNs = ns;
    }
    const [p50, p90, p99, p999] = this.percentiles(count, maxNs);
    const histogram: [number, number][] = [];
    for (let b = 0; b < buckets.length; b++) {
      if (buckets[b] > 0) histogram.push([BUCKET_BOUNDS[b], buckets[b]]);
    }
    return {
      count,
      mean_ns: count === 0 ? 0 : sumNs / count,
      min_ns: count === 0 ? 0 : minNs,
      p50_ns: p50,
      p90_ns: p90,
      p99_ns: p99,
      p99_9_ns: p999,
      max_ns: maxNs,
      percentiles: count > this.exactSamples ? 'hdr-3' : 'exact',
      histogram,
    };
  }

  /**
   * The cumulative distribution at exact points: at every value that came, if these are at most 256, else at some: each
   * percentile of the summary, 128 evenly spaced shares, and ever nearer to the largest. Undefined: beyond the limit.
   */
  steps(): Steps | undefined {
    const { count } = this;
    if (count > this.exactSamples) return undefined;
    const all: [number, number][] = [];
    let upTo = 0;
    for (let ns = 0; ns < this.counts.length; ns++) {
      upTo += this.counts[ns];
      if (this.counts[ns] > 0) all.push([ns, upTo]);
    }
    for (const ns of this.sortedLarge()) {
      upTo++;
      if (all.at(-1)?.[0] === ns) all[all.length - 1][1] = upTo;
      else all.push([ns, upTo]);
    }
    if (all.length <= MOST_STEPS) return all;
    const ranks = stepRanks(count);
    let next = 0;
    return all.filter(([, upTo]) => {
      if (upTo < ranks[next]) return false;
      while (ranks[next] <= upTo) next++;
      return true;
    });
  }

  /** Give the histogram's memory back. */
  destroy(): void {
    this.histogram?.destroy();
    this.histogram = undefined;
  }

  private percentiles(count: number, maxNs: number): number[] {
    if (count === 0) return PERCENTILES.map(() => 0);
    if (count > this.exactSamples) return this.roundedPercentiles(maxNs);
    const large = this.sortedLarge();
    return PERCENTILES.map((p) => this.ofRank(rankOf(p, count), large));
  }

  /** The values beyond the table, the least first. */
  private sortedLarge(): Float64Array {
    return this.large!.slice(0, this.largeCount).sort();
  }

  /** The value of rank `rank`, 1 being the least; `large` are the sorted values beyond the table. */
  private ofRank(rank: number, large: Float64Array): number {
    const { counts } = this;
    let left = rank;
    for (let ns = 0; ns < counts.length; ns++) {
      left -= counts[ns];
      if (left <= 0) return ns;
    }
    return large[left - 1];
  }

  /** Percentiles of all values in one HDR histogram. */
  private roundedPercentiles(maxNs: number): number[] {
    const { counts } = this;
    const all = newHistogram();
    if (this.histogram !== undefined) all.add(this.histogram);
    const kept = this.large === undefined ? 0 : this.largeCount;
    for (let i = 0; i < kept; i++) all.recordValue(this.large![i]);
    for (let ns = 0; ns < counts.length; ns++) if (counts[ns] > 0) all.recordValueWithCount(ns, counts[ns]);
    const percentiles = PERCENTILES.map((p) => Math.min(maxNs, all.getValueAtPercentile(p)));
    all.destroy();
    return percentiles;
  }

  /** The table of counts becomes long enough for `ns`, which is recorded `times` times. */
  private widen(ns: number, times: number): void {
    let length = this.counts.length;
    while (length <= ns) length *= 2;
    const wider = new Float64Array(length);
    wider.set(this.counts);
    wider[ns] += times;
    this.counts = wider;
  }

  private recordLarge(ns: number): void {
    if (this.large === undefined) this.histogram?.recordValue(ns);
    else if (this.largeCount < this.exactSamples) this.keep(this.large, ns);
    else this.switchToHistogram(this.large, ns);
    this.largeCount++;
    this.largeSumNs += ns;
    if (ns < this.largeMinNs) this.largeMinNs = ns;
    if (ns > this.largeMaxNs) this.largeMaxNs = ns;
    this.largeBuckets[bucketOf(ns)]++;
  }

  private keep(large: Float64Array, ns: number): void {
    let target = large;
    if (this.largeCount === large.length) {
      target = new Float64Array(large.length * 2);
      target.set(large);
      this.large = target;
    }
    target[this.largeCount] = ns;
  }

  private switchToHistogram(large: Float64Array, ns: number): void {
    const histogram = newHistogram();
    for (let i = 0; i < this.largeCount; i++) histogram.recordValue(large[i]);
    histogram.recordValue(ns);
    this.histogram = histogram;
    this.large = undefined;
  }
}

/** Nearest rank; p·count is formed in tenths of a percent so that it is an integer before it is divided. */
function rankOf(p: number, count: number): number {
  return Math.ceil((Math.round(p * 10) * count) / 1000);
}

/** Ranks of `count` values at which a step is kept, ascending. */
function stepRanks(count: number): number[] {
  const ranks = new Set([1, ...PERCENTILES.map((p) => rankOf(p, count))]);
  for (let step = 1; step <= EVEN_STEPS; step++) ranks.add(Math.ceil((step * count) / EVEN_STEPS));
  for (let above = Math.floor(count / EVEN_STEPS); above > 0; above = Math.floor(above / 2)) ranks.add(count - above);
  return [...ranks].sort((a, b) => a - b);
}

function newHistogram(): Hdr.Histogram {
  return hdrLibrary().build({
    useWebAssembly: true,
    bitBucketSize: 64,
    autoResize: true,
    lowestDiscernibleValue: 1,
    highestTrackableValue: 2 ** 40,
    numberOfSignificantValueDigits: 3,
  });
}

/** First bucket whose upper bound is not below `ns`. */
function bucketOf(ns: number): number {
  if (ns <= 4) return ns;
  const below = ns - 1;
  // Quarters of the power of two 2^e that lies at or below `ns - 1`.
  if (below < 2 ** 31) {
    const e = 31 - Math.clz32(below);
    return 5 + (e - 2) * 4 + ((below >>> (e - 2)) & 3);
  }
  const e = 62 - Math.clz32(below / 2 ** 31);
  return 5 + (e - 2) * 4 + (Math.floor(below / 2 ** (e - 2)) & 3);
}
