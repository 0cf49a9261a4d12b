/** Question: are stack positions exact, with and without holes (O15, O16, O17)? */
import { describe, expect, test } from 'vitest';
import { LruStack } from '../../../src/analysis/mrc/lru-stack.js';
import { seededRandom } from '../oracle/random.js';

const SIZES = [1, 2, 3, 5, 8, 13, 30, 64];

/** Misses of caches of each size, by direct simulation. Negative steps invalidate page `-step - 1`. */
function directMisses(steps: readonly number[], sizes: readonly number[]): number[] {
  return sizes.map((size) => {
    let cache: number[] = [];
    let misses = 0;
    for (const step of steps) {
      if (step < 0) {
        cache = cache.filter((page) => page !== -step - 1);
        continue;
      }
      const isHit = cache.includes(step);
      if (!isHit) misses++;
      cache = [step, ...cache.filter((page) => page !== step)].slice(0, size);
    }
    return misses;
  });
}

/** The same from one pass over the stack. */
function stackMisses(steps: readonly number[], sizes: readonly number[], times?: number): number[] {
  const stack = new LruStack(times);
  const live = new Set<number>();
  const distances: number[] = [];
  for (const step of steps) {
    if (step >= 0 && live.has(step)) distances.push(stack.reuse(step));
    else if (step >= 0) {
      distances.push(Number.POSITIVE_INFINITY);
      stack.insert(step);
      live.add(step);
    } else if (live.delete(-step - 1)) stack.remove(-step - 1);
    expect(stack.pages).toBe(live.size);
  }
  return sizes.map((size) => distances.filter((distance) => distance > size).length);
}

/** Accesses with locality, and one invalidation in `perInvalidation` steps (0: none). */
function randomSteps(seed: number, length: number, pages: number, perInvalidation: number): number[] {
  const random = seededRandom(seed);
  return Array.from({ length }, () => {
    const page = random(3) === 0 ? random(pages) : random(1 + random(pages));
    return perInvalidation > 0 && random(perInvalidation) === 0 ? -page - 1 : page;
  });
}

describe('LruStack', () => {
  test('O15: without invalidations, misses at C are the accesses at a distance above C', () => {
    for (let seed = 0; seed < 20; seed++) {
      const steps = randomSteps(seed, 400, 4 + seed * 3, 0);
      const misses = stackMisses(steps, SIZES);
      expect(misses).toEqual(directMisses(steps, SIZES));
      expect(misses).toEqual([...misses].sort((a, b) => b - a));
    }
  });

  test('O16: with invalidations, on 80 random traces × 8 sizes', () => {
    for (let seed = 100; seed < 180; seed++) {
      const steps = randomSteps(seed, 500, 4 + (seed % 20) * 4, 1 + (seed % 9));
      const expected = directMisses(steps, SIZES);
      expect(stackMisses(steps, SIZES)).toEqual(expected);
      // Renumbering every few accesses.
      expect(stackMisses(steps, SIZES, 2)).toEqual(expected);
      expect(stackMisses(steps, SIZES, 64)).toEqual(expected);
    }
  });

  test('O16: across many renumberings, deep stacks and holes', () => {
    const sizes = [1, 50, 400, 900, 1500];
    for (const [seed, perInvalidation] of [
      [1, 3],
      [2, 12],
      [3, 2],
    ]) {
      const steps = randomSteps(seed, 6000, 1200, perInvalidation);
      expect(stackMisses(steps, sizes)).toEqual(directMisses(steps, sizes));
    }
  });

  test('O16: emptied again and again', () => {
    const random = seededRandom(9);
    const steps: number[] = [];
    for (let round = 0; round < 400; round++) {
      for (let at = 0; at < 12; at++) steps.push(random(8));
      for (let page = 0; page < 8; page++) steps.push(-page - 1);
    }
    expect(stackMisses(steps, SIZES)).toEqual(directMisses(steps, SIZES));
  });

  test('O16: the rule itself — from below the first hole an access fills it, from above it does not', () => {
    const stack = new LruStack();
    for (const page of [4, 3, 2, 1, 0]) stack.insert(page);
    stack.remove(1);
    // Stack: 0 - 2 3 4. Page 0 is above the hole.
    expect(stack.reuse(0)).toBe(1);
    expect(stack.reuse(3)).toBe(4);
    // Now 3 0 2 - 4: page 3 filled the hole and left its own.
    expect(stack.reuse(2)).toBe(3);
    expect(stack.reuse(4)).toBe(5);
    // Now 4 2 3 0: the hole at the bottom holds nothing up.
    stack.insert(5);
    expect(stack.reuse(0)).toBe(5);
  });

  test('O17: cyclic scan of W pages — N misses below W entries, W from W on', () => {
    const steps = Array.from({ length: 30 * 17 }, (_, at) => at % 17);
    expect(stackMisses(steps, [1, 16, 17, 40])).toEqual([510, 510, 17, 17]);
  });
});
