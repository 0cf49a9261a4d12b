/**
 * Latency samples of one kind and their summary.
 *
 * Samples are kept and percentiles are exact (nearest rank) up to `EXACT_SAMPLES`; a longer series goes on in an HDR
 * histogram of 3 significant digits, so that memory stays bounded whatever the length of the trace.
 */
import { build, type Histogram } from 'hdr-histogram-js';
import { mean } from 'simple-statistics';
import type { RecordedLatency } from './document.js';

/** Samples that are kept as they are: 8 MB. */
export const EXACT_SAMPLES = 1_000_000;

/** A growing series of latencies in integer ns. */
export class LatencySamples {
  private samples = new Float64Array(256);
  private count = 0;
  private sumNs = 0;
  private minNs = Number.POSITIVE_INFINITY;
  private maxNs = 0;
  private histogram: Histogram | undefined;

  constructor(private readonly exactSamples: number = EXACT_SAMPLES) {}

  /** Add one latency. */
  record(ns: number): void {
    if (this.histogram === undefined && this.count === this.exactSamples) this.switchToHistogram();
    if (this.histogram === undefined) this.keep(ns);
    else this.histogram.recordValue(ns);
    this.count++;
    this.sumNs += ns;
    if (ns < this.minNs) this.minNs = ns;
    if (ns > this.maxNs) this.maxNs = ns;
  }

  /** The distribution so far, or undefined without a sample. */
  summary(): RecordedLatency | undefined {
    if (this.count === 0) return undefined;
    const { histogram } = this;
    const sorted = this.samples.slice(0, histogram === undefined ? this.count : 0).sort();
    // Nearest rank; p·count is formed in tenths of a percent so that it is an integer before it is divided.
    const percentile = (permille: number) =>
      histogram === undefined
        ? sorted[Math.ceil((permille * this.count) / 1000) - 1]
        : Math.min(this.maxNs, histogram.getValueAtPercentile(permille / 10));
    return {
      count: this.count,
      // simple-statistics reads index by index and takes any array-like; its types ask for an array.
      mean_ns: histogram === undefined ? mean(sorted as unknown as number[]) : this.sumNs / this.count,
      min_ns: this.minNs,
      p50_ns: percentile(500),
      p90_ns: percentile(900),
      p99_ns: percentile(990),
      p99_9_ns: percentile(999),
      max_ns: this.maxNs,
      percentiles: histogram === undefined ? 'exact' : 'hdr-3',
    };
  }

  private keep(ns: number): void {
    if (this.count === this.samples.length) {
      const grown = new Float64Array(this.samples.length * 2);
      grown.set(this.samples);
      this.samples = grown;
    }
    this.samples[this.count] = ns;
  }

  private switchToHistogram(): void {
    const histogram = build({ numberOfSignificantValueDigits: 3 });
    for (let index = 0; index < this.count; index++) histogram.recordValue(this.samples[index]);
    this.samples = new Float64Array(0);
    this.histogram = histogram;
  }
}
