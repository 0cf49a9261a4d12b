/**
 * Results tier: are percentiles exact while they claim to be, and within HDR's promise beyond?
 */
import fc from 'fast-check';
import { build, initWebAssemblySync } from 'hdr-histogram-js';
import { describe, expect, it } from 'vitest';
import { LatencyRecorder } from '../../src/numbers/latency-recorder.js';

function recorded(values: readonly number[], exactSamples?: number) {
  const recorder = new LatencyRecorder(exactSamples);
  for (const value of values) recorder.record(value);
  const summary = recorder.summary();
  recorder.destroy();
  return summary;
}

const latencies = fc.array(fc.integer({ min: 0, max: 2 ** 40 - 1 }), { minLength: 1, maxLength: 300 });

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

  it('gives what one HDR histogram of all values gives, however small and large values mix', () => {
    initWebAssemblySync();
    const ns = fc.oneof(
      fc.integer({ min: 0, max: 3000 }),
      fc.integer({ min: 0, max: 2 ** 17 }),
      fc.integer({ min: 0, max: 2 ** 40 }),
    );
    const repeated = fc.array(fc.tuple(ns, fc.integer({ min: 1, max: 20 })), { minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(repeated, fc.integer({ min: 0, max: 40 }), (pairs, limit) => {
        const values = pairs.flatMap(([value, times]) => new Array<number>(times).fill(value));
        if (values.length <= limit) return;
        const summary = recorded(values, limit);
        const hdr = build({ useWebAssembly: true, bitBucketSize: 64, highestTrackableValue: 2 ** 41 });
        for (const value of values) hdr.recordValue(value);
        const expected = [50, 90, 99, 99.9].map((p) => Math.min(Math.max(...values), hdr.getValueAtPercentile(p)));
        expect([summary.p50_ns, summary.p90_ns, summary.p99_ns, summary.p99_9_ns]).toEqual(expected);
        hdr.destroy();
      }),
    );
  });
});

describe('several at once', () => {
  it('a value that came n times counts as n values, below and beyond the table of counts', () => {
    const ns = fc.oneof(fc.integer({ min: 0, max: 2000 }), fc.integer({ min: 2 ** 15, max: 2 ** 20 }));
    const runs = fc.array(fc.tuple(ns, fc.integer({ min: 1, max: 5 })), { minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(runs, fc.constantFrom(undefined, 20), (each, exactSamples) => {
        const recorder = new LatencyRecorder(exactSamples);
        for (const [value, times] of each) recorder.record(value, times);
        const one = each.flatMap(([value, times]) => Array.from({ length: times }, () => value));
        expect(recorder.summary()).toEqual(recorded(one, exactSamples));
        recorder.destroy();
      }),
    );
  });
});

describe('steps', () => {
  const stepsOf = (values: readonly number[], exactSamples?: number) => {
    const recorder = new LatencyRecorder(exactSamples);
    for (const value of values) recorder.record(value);
    return recorder.steps();
  };

  it('are every value that came, with how many are at most that', () => {
    expect(stepsOf([70_000, 5, 5, 70_000, 9])).toEqual([
      [5, 2],
      [9, 3],
      [70_000, 5],
    ]);
    expect(stepsOf([])).toEqual([]);
  });

  it('of many values are some of these, exact, with every percentile among them', () => {
    const values = fc.array(fc.integer({ min: 0, max: 200_000 }), { minLength: 300, maxLength: 3000 });
    fc.assert(
      fc.property(values, (all) => {
        const steps = stepsOf(all)!;
        expect(steps.length).toBeLessThanOrEqual(256);
        for (const [ns, upTo] of steps) expect(all.filter((value) => value <= ns).length).toBe(upTo);
        const kept = new Set(steps.map(([ns]) => ns));
        const { p50_ns, p90_ns, p99_ns, p99_9_ns, min_ns, max_ns } = recorded(all);
        for (const ns of [min_ns, p50_ns, p90_ns, p99_ns, p99_9_ns, max_ns]) expect(kept.has(ns)).toBe(true);
        const shares = [0, ...steps.map(([, upTo]) => upTo / all.length)];
        for (let at = 1; at < shares.length; at++) {
          // A step that is taller than what lies between two kept ones is of values that are equal.
          const alike = all.filter((value) => value === steps[at - 1][0]).length / all.length;
          expect(shares[at] - shares[at - 1]).toBeLessThan(1 / 128 + 1 / all.length + alike);
        }
      }),
      { numRuns: 30 },
    );
  });

  it('are none where percentiles are not exact', () => {
    expect(stepsOf([1, 2, 3, 4, 5], 4)).toBeUndefined();
  });
});
