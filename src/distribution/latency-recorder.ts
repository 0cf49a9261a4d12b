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

/** Collects integer ns values. */
export class LatencyRecorder {
  count = 0;
  sumNs = 0;
  private minNs = Number.POSITIVE_INFINITY;
  private maxNs = 0;
  private samples: Float64Array | undefined = new Float64Array(1024);
  private histogram: Hdr.Histogram | undefined;
  private readonly buckets = new Float64Array(BUCKET_BOUNDS.length);

  constructor(private readonly exactSamples: number = EXACT_SAMPLES) {}

  /** Add one value (integer ns, not negative). */
  record(ns: number): void {
    if (this.samples === undefined) this.histogram?.recordValue(ns);
    else if (this.count < this.exactSamples) this.keep(this.samples, ns);
    else this.switchToHistogram(this.samples, ns);
    this.count++;
    this.sumNs += ns;
    if (ns < this.minNs) this.minNs = ns;
    if (ns > this.maxNs) this.maxNs = ns;
    this.buckets[bucketOf(ns)]++;
  }

  /** The distribution so far. */
  summary(): Distribution {
    const [p50, p90, p99, p999] = this.percentiles();
    const histogram: [number, number][] = [];
    for (let b = 0; b < this.buckets.length; b++) {
      if (this.buckets[b] > 0) histogram.push([BUCKET_BOUNDS[b], this.buckets[b]]);
    }
    return {
      count: this.count,
      mean_ns: this.count === 0 ? 0 : this.sumNs / this.count,
      min_ns: this.count === 0 ? 0 : this.minNs,
      p50_ns: p50,
      p90_ns: p90,
      p99_ns: p99,
      p99_9_ns: p999,
      max_ns: this.maxNs,
      percentiles: this.samples === undefined ? 'hdr-3' : 'exact',
      histogram,
    };
  }

  /** Give the histogram's memory back. */
  destroy(): void {
    this.histogram?.destroy();
    this.histogram = undefined;
  }

  private percentiles(): number[] {
    if (this.count === 0) return PERCENTILES.map(() => 0);
    if (this.samples === undefined) {
      return PERCENTILES.map((p) => Math.min(this.maxNs, this.histogram?.getValueAtPercentile(p) ?? 0));
    }
    const sorted = this.samples.slice(0, this.count).sort();
    // Nearest rank; p·count is formed in tenths of a percent so that it is an integer before it is divided.
    return PERCENTILES.map((p) => sorted[Math.ceil((Math.round(p * 10) * this.count) / 1000) - 1]);
  }

  private keep(samples: Float64Array, ns: number): void {
    let target = samples;
    if (this.count === samples.length) {
      target = new Float64Array(samples.length * 2);
      target.set(samples);
      this.samples = target;
    }
    target[this.count] = ns;
  }

  private switchToHistogram(samples: Float64Array, ns: number): void {
    const histogram = hdrLibrary().build({
      useWebAssembly: true,
      bitBucketSize: 64,
      autoResize: true,
      lowestDiscernibleValue: 1,
      highestTrackableValue: 2 ** 40,
      numberOfSignificantValueDigits: 3,
    });
    for (let i = 0; i < this.count; i++) histogram.recordValue(samples[i]);
    histogram.recordValue(ns);
    this.histogram = histogram;
    this.samples = undefined;
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
