/** Replay tier: is the course of a submission bounded, exact while it can be, and never off by more than it says? */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CostTrail, MOST_INTERVALS } from '../../src/replay/cost-trail.js';
import { COST_COUNT } from '../../src/strategies/path/costs.js';
import { replayThrough } from '../support/replay-harness.js';
import { TraceBuilder } from '../support/trace-builder.js';

type Interval = readonly [cost: number, ns: number];

function filled(intervals: readonly Interval[]): CostTrail {
  const trail = new CostTrail();
  for (const [cost, ns] of intervals) trail.add(cost, ns);
  return trail;
}

const intervalsOf = ({ count, cost, ns }: CostTrail): Interval[] =>
  Array.from({ length: count }, (_, at) => [cost[at], ns[at]] as const);

/** Time spent on `cost` in the first `untilNs`. */
function spentBy(intervals: readonly Interval[], cost: number, untilNs: number): number {
  let at = 0;
  let sum = 0;
  for (const [one, ns] of intervals) {
    if (one === cost) sum += Math.max(0, Math.min(at + ns, untilNs) - at);
    at += ns;
  }
  return sum;
}

const total = (intervals: readonly Interval[]) => intervals.reduce((sum, [, ns]) => sum + ns, 0);

describe('the trail of a submission', () => {
  it('joins what follows itself and leaves out what takes no time', () => {
    const trail = filled([
      [0, 5],
      [0, 7],
      [1, 0],
      [2, 3],
    ]);
    expect(intervalsOf(trail)).toEqual([
      [0, 12],
      [2, 3],
    ]);
    expect(trail.resolutionNs).toBe(0);
    trail.clear();
    expect(trail.count).toBe(0);
  });

  it('appends another trail as if its intervals were added one by one', () => {
    const intervals = fc.array(fc.tuple(fc.nat(4), fc.integer({ min: 0, max: 9 })), { maxLength: 600, size: 'max' });
    fc.assert(
      fc.property(intervals, intervals, (first, second) => {
        const other = filled(second);
        const appended = filled(first);
        appended.append(other);
        const added = filled([...first, ...intervalsOf(other)]);
        expect(intervalsOf(appended)).toEqual(intervalsOf(added));
        expect(appended.resolutionNs).toBe(added.resolutionNs + other.resolutionNs);
      }),
      { numRuns: 300 },
    );
  });

  it('is exact up to its room, and keeps the time of every cost beyond', () => {
    const intervals = fc.array(
      fc.tuple(fc.integer({ min: 0, max: COST_COUNT - 1 }), fc.oneof(fc.integer({ min: 1, max: 90 }), fc.nat(9000))),
      { minLength: 1, maxLength: 900, size: 'max' },
    );
    let coarse = 0;
    fc.assert(
      fc.property(intervals, (given) => {
        const trail = filled(given);
        const kept = intervalsOf(trail);
        expect(trail.count).toBeLessThanOrEqual(MOST_INTERVALS);
        expect(total(kept)).toBe(total(given));
        if (trail.resolutionNs > 0) coarse++;
        const spentNs = new Float64Array(COST_COUNT);
        trail.addTo(spentNs);
        for (let cost = 0; cost < COST_COUNT; cost++) {
          expect(spentNs[cost]).toBe(spentBy(given, cost, Number.POSITIVE_INFINITY));
          expect(trail.spentOn(cost)).toBe(spentNs[cost]);
          for (let part = 0; part <= 16; part++) {
            const untilNs = Math.round((total(given) * part) / 16);
            const off = Math.abs(spentBy(kept, cost, untilNs) - spentBy(given, cost, untilNs));
            expect(off).toBeLessThanOrEqual(trail.resolutionNs);
          }
        }
      }),
      { numRuns: 150, seed: 7 },
    );
    expect(coarse).toBeGreaterThan(20);
  });

  it('stays usable: thousands of short intervals are right to a small part of the whole', () => {
    const trail = filled(Array.from({ length: 20_000 }, (_, at) => [at % 7, 10 + (at % 3)] as const));
    expect(trail.resolutionNs).toBeGreaterThan(0);
    expect(trail.resolutionNs).toBeLessThan(total(intervalsOf(trail)) / 8);
  });
});

describe('the slowest operations', () => {
  const strategies = ['ioctl', 'ioctl-batched', 'sw-vcmdq', 'sw-vcmdq:worker=poll', 'hw-vcmdq', 'ecmdq', 'native'];

  it.each(strategies)(
    'of %s have courses that end with their latency, and stages that sum to the breakdown',
    async (spec) => {
      const trace = new TraceBuilder();
      for (let at = 0; at < 12; at++) {
        trace
          .at(1000 * at)
          .vcpu(at % 3)
          .tlbis(1 + 30 * at)
          .sync()
          .doorbell();
      }
      const { result } = await replayThrough(trace, spec);
      const slowest = result.slowest_operations!;
      expect(slowest.length).toBe(12);
      for (const { latency_ns, breakdown_ns, course } of slowest) {
        expect(course!.until_ns.at(-1)).toBe(latency_ns);
        const sums: Record<string, number> = {};
        for (const [at, stage] of course!.stage.entries()) {
          const ns = course!.until_ns[at] - (at === 0 ? 0 : course!.until_ns[at - 1]);
          expect(ns).toBeGreaterThan(0);
          sums[stage] = (sums[stage] ?? 0) + ns;
        }
        expect(sums).toEqual(breakdown_ns);
      }
      const totalNs = Object.values(result.latency.breakdown_total_ns).reduce((sum, ns) => sum + ns, 0);
      expect(slowest.reduce((sum, { latency_ns }) => sum + latency_ns, 0)).toBe(totalNs);
    },
  );
});
