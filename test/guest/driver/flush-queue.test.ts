/**
 * Guest tier: in lazy mode, which flush retires which unmap, and how often is the domain flushed?
 * Oracle: O38 (facts M §5.2), facts L §2.7, check C8 of L §8.1.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type FlushQueueRules, LINUX_PER_CPU } from '../../../src/guest/driver/flush-queue.js';
import { flushLazily, type LazyUnmap, LINUX_SINGLE, VTD_2008 } from '../../support/flush-log.js';

const SECOND = 1e9;

/** One second of unmaps, `perSecond` of them evenly spaced, dealt out to `cpus` in turn. */
function steady(perSecond: number, cpus = 1): LazyUnmap[] {
  return Array.from({ length: perSecond }, (_, i) => ({ timeNs: Math.floor((i * SECOND) / perSecond), cpu: i % cpus }));
}

/** Flushes within the second. */
function flushesIn(unmaps: readonly LazyUnmap[], rules: FlushQueueRules): number {
  return flushLazily(unmaps, rules).flushes.filter(({ timeNs }) => timeNs < SECOND).length;
}

describe('O38: flushes per second', () => {
  it.each([25_000, 50_000, 100_000, 250_000, 1_000_000])(
    'VT-d at %i unmaps/s: f/250, because every flush restarts the clock',
    (f) => expect(Math.abs(flushesIn(steady(f), VTD_2008) - Math.max(f / 250, 100))).toBeLessThanOrEqual(1),
  );

  it.each([1_000, 5_000, 20_000])('VT-d at %i unmaps/s: the 10 ms clock, which starts at the next unmap', (f) => {
    // Between two flushes lie the 10 ms and the wait for the unmap that arms the timer again.
    const flushes = flushesIn(steady(f), VTD_2008);
    expect(flushes).toBeGreaterThanOrEqual(Math.floor(1 / (0.01 + 1 / f)));
    expect(flushes).toBeLessThanOrEqual(Math.max(f / 250, 100));
  });

  it.each([1_000, 10_000, 25_500, 40_000, 100_000, 254_000, 1_000_000])(
    'Linux ring at %i unmaps/s on one CPU: ⌈m/255⌉ per timer period of m unmaps',
    (f) => {
      // The timer runs on whatever the ring does, so its flush takes the place of the last one of the period.
      const unmaps = steady(f);
      const { flushes } = flushLazily(unmaps);
      const timers = flushes.filter(({ cause }) => cause === 'timer').length;
      const expected = [];
      for (let first = 0; first < f; ) {
        const end = unmaps[first].timeNs + LINUX_PER_CPU.timeoutNs;
        let last = first;
        while (last < f && unmaps[last].timeNs < end) last++;
        expected.push(Math.ceil((last - first) / 255));
        first = last;
      }
      expect(flushes.length).toBe(expected.reduce((sum, n) => sum + n, 0));
      expect(timers).toBe(expected.length);
      expect(timers).toBeLessThanOrEqual(100);
      // The published form is a lower bound of it with 255 for 250, and their sum an upper one.
      expect(flushes.length).toBeGreaterThanOrEqual(Math.floor(f / 255));
      expect(flushes.length).toBeLessThanOrEqual(f / 255 + 100);
    },
  );

  it('several CPUs: a ring that fills retires every ring, so the rate is that of the fullest one', () => {
    const one = flushesIn(steady(255_000), LINUX_PER_CPU);
    const four = flushesIn(steady(255_000, 4), LINUX_PER_CPU);
    expect(four).toBeLessThanOrEqual(one / 2);
    expect(four).toBeGreaterThanOrEqual(255_000 / (4 * 255));
  });

  it('a single queue flushes every 32767 unmaps or once a second', () => {
    const { flushes } = flushLazily(steady(100_000), LINUX_SINGLE);
    expect(flushes.map(({ cause, retired }) => [cause, retired])).toEqual([
      ['ring-full', 32767],
      ['ring-full', 32767],
      ['ring-full', 32767],
      ['timer', 100_000 - 3 * 32767],
    ]);
  });
});

describe('rings', () => {
  const burst = (count: number, cpu = 0): LazyUnmap[] => Array.from({ length: count }, () => ({ timeNs: 0, cpu }));

  it('255 unmaps wait for the timer; the 256th flushes the 255 before it and waits itself', () => {
    expect(flushLazily(burst(255)).flushes).toEqual([{ timeNs: 10_000_000, cause: 'timer', retired: 255 }]);
    const { flushes, flushOf } = flushLazily(burst(256));
    expect(flushes).toEqual([
      { timeNs: 0, cause: 'ring-full', retired: 255 },
      { timeNs: 10_000_000, cause: 'timer', retired: 1 },
    ]);
    expect([flushOf[254], flushOf[255]]).toEqual([0, 1]);
  });

  it('a CPU whose unmaps another CPU’s flush has retired drops them instead of flushing again', () => {
    const { flushes } = flushLazily([...burst(255, 1), ...burst(256, 0), ...burst(255, 1)]);
    expect(flushes.map(({ cause, retired }) => [cause, retired])).toEqual([
      ['ring-full', 510],
      ['timer', 256],
    ]);
  });

  it('the timer flushes even if a full ring has just retired everything else', () => {
    const { flushes } = flushLazily([...burst(255), { timeNs: 9_999_999, cpu: 0 }]);
    expect(flushes.map(({ timeNs, retired }) => [timeNs, retired])).toEqual([
      [9_999_999, 255],
      [10_000_000, 1],
    ]);
  });

  it('nothing unmapped, nothing flushed; time does not run backwards', () => {
    expect(flushLazily([]).flushes).toEqual([]);
    expect(() =>
      flushLazily([
        { timeNs: 5, cpu: 0 },
        { timeNs: 4, cpu: 0 },
      ]),
    ).toThrow('unmap 1 is out of order');
  });
});

describe('any history', () => {
  const histories = fc.array(fc.tuple(fc.integer({ min: 0, max: 200_000 }), fc.integer({ min: 0, max: 3 })), {
    minLength: 1,
    maxLength: 3000,
    size: 'max',
  });

  it('agrees with rings of entries with counters, as the kernel keeps them', () => {
    fc.assert(
      fc.property(histories, fc.constantFrom(LINUX_PER_CPU, { ...LINUX_PER_CPU, entries: 7 }), (steps, rules) => {
        let timeNs = 0;
        const unmaps = steps.map(([gap, cpu]) => {
          timeNs += gap;
          return { timeNs, cpu };
        });
        const { flushes, flushOf } = flushLazily(unmaps, rules);
        const twin = kernelRings(unmaps, rules);
        expect(flushes.map((flush) => [flush.timeNs, flush.cause])).toEqual(twin.flushes);
        expect([...flushOf]).toEqual(twin.flushOf);
        expect(flushes.reduce((sum, { retired }) => sum + retired, 0)).toBe(unmaps.length);
      }),
      { numRuns: 40 },
    );
  });
});

/** The naive twin: every ring holds its entries with the flush count they saw. */
function kernelRings(unmaps: readonly LazyUnmap[], rules: FlushQueueRules) {
  const rings = new Map<number, { index: number; counter: number }[]>();
  const flushes: [number, string][] = [];
  const flushOf: number[] = new Array(unmaps.length).fill(-1);
  let timerNs = Number.POSITIVE_INFINITY;
  const dropRetired = (ring: { index: number; counter: number }[]) => {
    while (ring.length > 0 && ring[0].counter < flushes.length) {
      const entry = ring.shift();
      if (entry !== undefined) flushOf[entry.index] = entry.counter;
    }
  };
  const expire = (untilNs: number) => {
    if (timerNs > untilNs) return;
    flushes.push([timerNs, 'timer']);
    timerNs = Number.POSITIVE_INFINITY;
    for (const ring of rings.values()) dropRetired(ring);
  };
  for (const [index, { timeNs, cpu }] of unmaps.entries()) {
    expire(timeNs);
    const ring = rings.get(cpu) ?? [];
    rings.set(cpu, ring);
    dropRetired(ring);
    if (ring.length === rules.entries) {
      flushes.push([timeNs, 'ring-full']);
      dropRetired(ring);
    }
    ring.push({ index, counter: flushes.length });
    if (timerNs === Number.POSITIVE_INFINITY) timerNs = timeNs + rules.timeoutNs;
  }
  expire(Number.MAX_VALUE);
  return { flushes, flushOf };
}
