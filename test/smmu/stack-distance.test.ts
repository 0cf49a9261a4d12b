/** Replacement against the theory of stack distances: exact for LRU, in expectation for the others. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Machine, randomIntegers, range } from './support/machine.js';
import { onlyMainTlb } from './support/settings.js';

/** An access, or the invalidation of a page. */
type Step = { readonly access: number } | { readonly drop: number };

const HOLE = -1;

/**
 * Misses at every capacity in one pass: a stack of pages, most recent first. An invalidated page leaves a hole; an access
 * from below the first hole fills it and leaves a hole where it came from (facts M, O16).
 */
function stackMisses(steps: readonly Step[], capacities: readonly number[]): number[] {
  const stack: number[] = [];
  const misses = capacities.map(() => 0);
  for (const step of steps) {
    if ('drop' in step) {
      const at = stack.indexOf(step.drop);
      if (at >= 0) stack[at] = HOLE;
      continue;
    }
    const depth = stack.indexOf(step.access);
    capacities.forEach((capacity, index) => {
      if (depth < 0 || depth >= capacity) misses[index]++;
    });
    const hole = stack.indexOf(HOLE);
    if (hole >= 0 && (depth < 0 || hole < depth)) {
      if (depth >= 0) stack[depth] = HOLE;
      stack.splice(hole, 1);
    } else if (depth >= 0) {
      stack.splice(depth, 1);
    }
    stack.unshift(step.access);
  }
  return misses;
}

function lruMisses(steps: readonly Step[], capacity: number): number {
  const machine = new Machine(onlyMainTlb(capacity, 'lru'));
  for (const step of steps) {
    if ('drop' in step) machine.execute('TLBI_NH_VA', { ASID: 1, ADDR: step.drop });
    else machine.translate(step.access);
  }
  return machine.counts('main').misses;
}

const CAPACITIES = [1, 2, 3, 5, 8, 13, 64];

describe('fully associative LRU', () => {
  it('O15: misses at capacity C = accesses with stack distance > C, at several capacities at once', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(20), { maxLength: 300, size: 'max' }), (pages) => {
        const steps = pages.map((access) => ({ access }));
        expect(CAPACITIES.map((capacity) => lruMisses(steps, capacity))).toEqual(stackMisses(steps, CAPACITIES));
      }),
      { numRuns: 40 },
    );
  });

  it('O16: the same with invalidations, each leaving a hole in the stack', () => {
    const step = fc.oneof(
      { weight: 4, arbitrary: fc.record({ access: fc.nat(14) }) },
      { weight: 1, arbitrary: fc.record({ drop: fc.nat(14) }) },
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 300, size: 'max' }), (steps) => {
        expect(CAPACITIES.map((capacity) => lruMisses(steps, capacity))).toEqual(stackMisses(steps, CAPACITIES));
      }),
      { numRuns: 60 },
    );
  });

  it('O15: with a micro TLB in front, the main TLB misses what the larger stack misses', () => {
    const pages = randomIntegers(4000, 60, 7);
    const machine = new Machine({
      ...onlyMainTlb(4096, 'lru'),
      'tlb.utlb.enable': true,
      'tlb.utlb.entries': 16,
      'tlb.utlb.policy': 'lru',
    });
    machine.translateAll(pages);
    const [micro] = stackMisses(
      pages.map((access) => ({ access })),
      [16],
    );
    expect(machine.counts('utlb').misses).toBe(micro);
    expect(machine.counts('main').lookups).toBe(micro);
    expect(machine.counts('main').misses).toBe(new Set(pages).size);
  });

  it.each([
    [64, 65, 650],
    [64, 100, 1000],
    [64, 64, 640],
    [64, 10, 1000],
  ])('O17: cyclic scan, capacity %i, %i pages, %i accesses', (capacity, pages, accesses) => {
    const machine = new Machine(onlyMainTlb(capacity, 'lru'));
    machine.translateAll(range(accesses).map((index) => index % pages));
    expect(machine.counts('main').misses).toBe(pages > capacity ? accesses : pages);
  });
});

describe('other policies', () => {
  const CAPACITY = 64;
  const PAGES = 256;
  const ACCESSES = 60_000;

  it.each(['lru', 'round-robin', 'random', 'rrip'])(
    'O20: uniform random accesses hit with probability C/W under %s',
    (policy) => {
      const machine = new Machine(onlyMainTlb(CAPACITY, policy));
      machine.translateAll(randomIntegers(ACCESSES, PAGES, 42));
      const { hits, lookups } = machine.counts('main');
      const expected = CAPACITY / PAGES;
      const fourSigma = 4 * Math.sqrt((expected * (1 - expected)) / ACCESSES);
      expect(Math.abs(hits / lookups - expected)).toBeLessThan(fourSigma + CAPACITY / ACCESSES);
    },
  );

  it.each([300, 512, 1024, 4096])(
    'O18: cyclic scan of %i pages flushes a 256-entry flush-when-full TLB ⌊(N−1)/256⌋ times',
    (pages) => {
      const machine = new Machine(onlyMainTlb(256, 'flush-when-full'));
      const accesses = 10 * pages;
      machine.translateAll(range(accesses).map((index) => index % pages));
      const { misses, evictions, occupancy, missesByCause } = machine.counts('main');
      expect(misses).toBe(accesses);
      expect(evictions).toBe(256 * Math.floor((accesses - 1) / 256));
      expect(occupancy).toBe(accesses - evictions);
      expect(missesByCause).toEqual({
        cold: pages,
        capacity: accesses - pages,
        conflict: 0,
        invalidated: 0,
        collateral: 0,
      });
    },
  );

  it('O18: a cyclic scan that fits never flushes', () => {
    const machine = new Machine(onlyMainTlb(256, 'flush-when-full'));
    machine.translateAll(range(2560).map((index) => index % 256));
    expect(machine.counts('main')).toMatchObject({ misses: 256, evictions: 0, hits: 2304 });
  });

  it.each([
    [300, 0.442],
    [512, 0.72],
    [1024, 0.869],
    [4096, 0.968],
  ])('O19: uniform random over %i pages misses a 256-entry flush-when-full TLB with ratio %f', (pages, rounded) => {
    const machine = new Machine(onlyMainTlb(256, 'flush-when-full'));
    const accesses = 200_000;
    machine.translateAll(randomIntegers(accesses, pages, 3));
    const { misses } = machine.counts('main');
    const expected = 256 / range(256, 1).reduce((sum, k) => sum + pages / (pages - k), 0);
    expect(expected).toBeCloseTo(rounded, 3);
    expect(Math.abs(misses / accesses - expected)).toBeLessThan(0.01);
  });

  it('O52: equal seeds give equal victims, another seed gives others', () => {
    const missesWith = (seed: number): number => {
      const machine = new Machine(onlyMainTlb(32, 'random'), { seed });
      machine.translateAll(range(5000).map((index) => index % 40));
      return machine.counts('main').misses;
    };
    expect(missesWith(1)).toBe(missesWith(1));
    expect(new Set(range(8).map(missesWith)).size).toBeGreaterThan(1);
  });
});
