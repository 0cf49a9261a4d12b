/**
 * Results tier: are percentiles exact while they claim to be, and within HDR's promise beyond?
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LatencyRecorder } from '../../src/distribution/latency-recorder.js';

function recorded(values: readonly number[], exactSamples?: number) {
  const recorder = new LatencyRecorder(exactSamples);
  for (const value of values) recorder.record(value);
  const summary = recorder.summary();
  recorder.destroy();
  return summary;
}

/** Short ones, which are counted by value, and long ones. */
const latency = fc.oneof(fc.integer({ min: 0, max: 5000 }), fc.integer({ min: 0, max: 2 ** 40 - 1 }));
const latencies = fc.array(latency, { minLength: 1, maxLength: 300 });

describe('exact', () => {
  it('percentiles are the nearest rank', () => {
    expect(recorded([5])).toMatchObject({
      count: 1,
      min_ns: 5,
      p50_ns: 5,
      p90_ns: 5,
      p99_9_ns: 5,
      max_ns: 5,
      mean_ns: 5,
    });
    const hundred = Array.from({ length: 100 }, (_, i) => 100 - i);
    expect(recorded(hundred)).toMatchObject({
      p50_ns: 50,
      p90_ns: 90,
      p99_ns: 99,
      p99_9_ns: 100,
      percentiles: 'exact',
    });
    expect(recorded(Array.from({ length: 1000 }, (_, i) => i + 1))).toMatchObject({
      p50_ns: 500,
      p99_ns: 990,
      p99_9_ns: 999,
    });
  });

  it('equals a sort, and the histogram counts every value below its bound', () => {
    fc.assert(
      fc.property(latencies, (values) => {
        const summary = recorded(values);
        const sorted = [...values].sort((a, b) => a - b);
        expect(summary.p90_ns).toBe(sorted[Math.ceil((900 * sorted.length) / 1000) - 1]);
        let at = 0;
        let previous = -1;
        for (const [bound, count] of summary.histogram) {
          expect(sorted.slice(at, at + count).every((value) => value > previous && value <= bound)).toBe(true);
          expect(bound - Math.max(1, sorted[at])).toBeLessThanOrEqual(sorted[at] / 3);
          at += count;
          previous = bound;
        }
        expect(at).toBe(values.length);
      }),
    );
  });

  it('nothing recorded gives zeros, not NaN', () => {
    expect(recorded([])).toMatchObject({ count: 0, mean_ns: 0, min_ns: 0, p50_ns: 0, max_ns: 0, histogram: [] });
  });
});

describe('beyond the limit', () => {
  it('a summary on the way changes nothing: values are neither lost nor counted twice', () => {
    const values = Array.from({ length: 600 }, (_, i) => (i * 7919) % 9000);
    for (const limit of [1000, 500, 100, 0]) {
      const recorder = new LatencyRecorder(limit);
      for (const [i, value] of values.entries()) {
        recorder.record(value);
        if (i % 200 === 0) recorder.summary();
      }
      const summary = recorder.summary();
      recorder.destroy();
      expect(summary).toEqual(recorded(values, limit));
      expect(summary.histogram.reduce((sum, [, count]) => sum + count, 0)).toBe(600);
    }
  });

  it('count, mean, min and max stay exact; percentiles are within three digits and say so', () => {
    fc.assert(
      fc.property(latencies, (values) => {
        const exact = recorded(values);
        const bounded = recorded(values, Math.floor(values.length / 2));
        expect(bounded).toMatchObject({
          count: exact.count,
          mean_ns: exact.mean_ns,
          min_ns: exact.min_ns,
          max_ns: exact.max_ns,
        });
        expect(bounded.percentiles).toBe('hdr-3');
        for (const key of ['p50_ns', 'p90_ns', 'p99_ns', 'p99_9_ns'] as const) {
          expect(Math.abs(bounded[key] - exact[key])).toBeLessThanOrEqual(exact[key] / 1000 + 1);
        }
      }),
      { numRuns: 50 },
    );
  });
});
