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

/** Values below this are counted by value: all hits and most walks, a few submissions. */
const DIRECT_NS = 4096;

/** Values up to which percentiles are exact. Samples are 2 MB at most; ten strategies with four distributions each stay below 100 MB. */
export const EXACT_SAMPLES = 2 ** 18;

/** Percentiles of every summary. */
const PERCENTILES = [50, 90, 99, 99.9] as const;

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

let loaded: typeof Hdr | undefined;

/** The histogram library, with its WebAssembly ready. */
function hdrLibrary(): typeof Hdr {
  if (loaded === undefined) {
    loaded = require('hdr-histogram-js') as typeof Hdr;
    loaded.initWebAssemblySync();
  }
  return loaded;
}

/**
 * Collects integer ns values.
 *
 * Layout: values below DIRECT_NS are counted by value, so that recording one is an increment. Longer ones are samples, later
 * entries of the HDR histogram. The summary puts both together.
 */
export class LatencyRecorder {
  count = 0;
  sumNs = 0;
  private readonly direct = new Float64Array(DIRECT_NS);
  /** Values from DIRECT_NS on, while all values together are few enough; then `histogram` has them. */
  private samples: Float64Array | undefined = new Float64Array(64);
  private sampleCount = 0;
  private histogram: Hdr.Histogram | undefined;
  /** What the histogram has of `direct`. */
  private folded: Float64Array | undefined;
  /** Of the values from DIRECT_NS on. */
  private shortestNs = Number.POSITIVE_INFINITY;
  private longestNs = -1;
  private readonly buckets = new Float64Array(BUCKET_BOUNDS.length);

  constructor(private readonly exactSamples: number = EXACT_SAMPLES) {}

  /** Add one value (integer ns, not negative). */
  record(ns: number): void {
    this.count++;
    this.sumNs += ns;
    if (ns < DIRECT_NS) this.direct[ns]++;
    else this.recordLong(ns);
  }

  /** The distribution so far. */
  summary(): Distribution {
    const { count, direct } = this;
    const isExact = count <= this.exactSamples;
    const first = direct.findIndex((times) => times > 0);
    const maxNs = Math.max(
      this.longestNs,
      direct.findLastIndex((times) => times > 0),
      0,
    );
    const [p50, p90, p99, p999] = isExact ? this.nearestRanks() : this.histogramPercentiles(maxNs);
    return {
      count,
      mean_ns: count === 0 ? 0 : this.sumNs / count,
      min_ns: count === 0 ? 0 : first >= 0 ? first : this.shortestNs,
      p50_ns: p50,
      p90_ns: p90,
      p99_ns: p99,
      p99_9_ns: p999,
      max_ns: maxNs,
      percentiles: isExact ? 'exact' : 'hdr-3',
      histogram: this.bucketCounts(),
    };
  }

  /** Give the histogram's memory back. */
  destroy(): void {
    this.histogram?.destroy();
    this.histogram = undefined;
  }

  private recordLong(ns: number): void {
    if (ns < this.shortestNs) this.shortestNs = ns;
    if (ns > this.longestNs) this.longestNs = ns;
    this.buckets[bucketOf(ns)]++;
    if (this.samples !== undefined && this.count <= this.exactSamples) this.keep(this.samples, ns);
    else this.longHistogram().recordValue(ns);
  }

  private keep(samples: Float64Array, ns: number): void {
    let target = samples;
    if (this.sampleCount === samples.length) {
      target = new Float64Array(samples.length * 2);
      target.set(samples);
      this.samples = target;
    }
    target[this.sampleCount++] = ns;
  }

  /** The histogram of the long values, made of the samples when it is first needed. */
  private longHistogram(): Hdr.Histogram {
    if (this.histogram !== undefined) return this.histogram;
    const histogram = hdrLibrary().build({
      useWebAssembly: true,
      bitBucketSize: 64,
      autoResize: true,
      lowestDiscernibleValue: 1,
      highestTrackableValue: 2 ** 40,
      numberOfSignificantValueDigits: 3,
    });
    const { samples = [], sampleCount } = this;
    for (let i = 0; i < sampleCount; i++) histogram.recordValue(samples[i]);
    this.samples = undefined;
    this.histogram = histogram;
    return histogram;
  }

  /** Nearest rank; p·count is formed in tenths of a percent so that it is an integer before it is divided. */
  private nearestRanks(): number[] {
    const { count, direct, samples = new Float64Array(0), sampleCount } = this;
    const sorted = samples.slice(0, sampleCount).sort();
    return PERCENTILES.map((p) => {
      let rank = Math.ceil((Math.round(p * 10) * count) / 1000);
      for (let ns = 0; ns < DIRECT_NS; ns++) {
        if (rank <= direct[ns]) return ns;
        rank -= direct[ns];
      }
      return sorted[rank - 1];
    });
  }

  private histogramPercentiles(maxNs: number): number[] {
    const histogram = this.longHistogram();
    const { direct } = this;
    this.folded ??= new Float64Array(DIRECT_NS);
    for (let ns = 0; ns < DIRECT_NS; ns++) {
      const times = direct[ns] - this.folded[ns];
      if (times > 0) histogram.recordValueWithCount(ns, times);
    }
    this.folded.set(direct);
    return PERCENTILES.map((p) => Math.min(maxNs, histogram.getValueAtPercentile(p)));
  }

  private bucketCounts(): [number, number][] {
    const { direct } = this;
    const buckets = this.buckets.slice();
    for (let ns = 0; ns < DIRECT_NS; ns++) buckets[bucketOf(ns)] += direct[ns];
    const counts: [number, number][] = [];
    for (let b = 0; b < buckets.length; b++) if (buckets[b] > 0) counts.push([BUCKET_BOUNDS[b], buckets[b]]);
    return counts;
  }
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
