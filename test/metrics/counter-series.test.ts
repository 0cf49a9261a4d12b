/** Metrics tier: are there never more bins than promised, and do they always sum to the counter? */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CounterSeries, MOST_BINS } from '../../src/metrics/counter-series.js';
import { replayThrough } from '../support/replay-harness.js';
import { TraceBuilder } from '../support/trace-builder.js';

describe('a counter over trace time', () => {
  it('has 256 bins at most, which sum to what it counted', () => {
    let most = 0;
    fc.assert(
      fc.property(fc.array(fc.nat(60_000), { minLength: 1, maxLength: 600, size: 'max' }), (gaps) => {
        const series = new CounterSeries();
        let atNs = 500;
        let count = 3;
        series.start(atNs, [count]);
        for (const gap of gaps) {
          atNs += gap;
          if (atNs >= series.dueNs) series.sample(atNs, [count]);
          count++;
        }
        const rises = series.rises(0, [count]);
        most = Math.max(most, rises.length);
        expect(rises.length).toBeLessThanOrEqual(MOST_BINS);
        expect(rises.reduce((sum, rise) => sum + rise, 0)).toBe(gaps.length);
        // The last event lies in the last bin.
        expect(Math.floor((atNs - series.startNs) / series.binNs)).toBe(rises.length - 1);
      }),
      { numRuns: 200, seed: 3 },
    );
    expect(most).toBeGreaterThan(200);
  });

  it('puts an event into the bin that its time lies in, also right at the seams', () => {
    const series = new CounterSeries();
    series.start(0, [0]);
    for (let event = 0; event < 257; event++) {
      if (event * 1024 >= series.dueNs) series.sample(event * 1024, [event]);
    }
    expect(series.rises(0, [257])).toEqual([...Array(128).fill(2), 1]);
    expect(series.binNs).toBe(2048);
  });
});

describe('a trace that is not longer than its warm-up', () => {
  const trace = () => {
    const built = new TraceBuilder().at(0);
    for (let page = 0; page < 5; page++) built.at(page).dma({ sid: 8, asid: 1, page: 0x1000 * page });
    return built.at(1000).tlbis(1).sync().doorbell();
  };

  it.each([8, 9, 100_000])('has measured nothing, with --warmup %i', async (warmup) => {
    for (const dma of ['ordered', 'timed'] as const) {
      const { result } = await replayThrough(trace(), 'ioctl', { warmup, dma });
      expect(result.tlb!.main).toMatchObject({ lookups: 0, misses: 0, fills: 0 });
      expect(result.latency.submission.count).toBe(0);
      expect(result.amplification.guest_commands).toBe(0);
      const bins = result.main_tlb_over_time?.lookups ?? [];
      expect(bins.reduce((sum, count) => sum + count, 0)).toBe(0);
    }
  });

  it('measures from the next event on', async () => {
    const { result } = await replayThrough(trace(), 'ioctl', { warmup: 4 });
    expect(result.tlb!.main).toMatchObject({ lookups: 1 });
    expect(result.main_tlb_over_time!.lookups.reduce((sum, count) => sum + count, 0)).toBe(1);
    expect(result.latency.submission.count).toBe(1);
  });
});
