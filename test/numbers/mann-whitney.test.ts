/** Statistics, Mann-Whitney: is p that of published tables and examples, of brute force, and of what the test is about? */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EXACT_LIMIT, mannWhitney } from '../../src/numbers/mann-whitney.js';

/** Every way to choose `count` of 0 … `of`-1. */
function* choices(of: number, count: number, from = 0): Generator<number[]> {
  if (count === 0) yield [];
  for (let first = from; first <= of - count && count > 0; first++) {
    for (const rest of choices(of, count - 1, first + 1)) yield [first, ...rest];
  }
}

/** U by its definition: pairs in which x is above y, ties one half. */
const pairsAbove = (x: readonly number[], y: readonly number[]): number =>
  x.reduce((sum, a) => sum + y.reduce((inner, b) => inner + (a > b ? 1 : a === b ? 0.5 : 0), 0), 0);

/** Twice the smaller tail of U over every relabelling of the pooled values. */
function bruteForce(x: readonly number[], y: readonly number[]): number {
  const pooled = [...x, ...y];
  const observed = pairsAbove(x, y);
  const tails = [0, 0];
  let all = 0;
  for (const chosen of choices(pooled.length, x.length)) {
    const mine = chosen.map((at) => pooled[at]);
    const theirs = pooled.filter((_, at) => !chosen.includes(at));
    const u = pairsAbove(mine, theirs);
    all++;
    if (u <= observed) tails[0]++;
    if (u >= observed) tails[1]++;
  }
  return Math.min(1, (2 * Math.min(...tails)) / all);
}

/** Samples of `size` each, without ties, of which x has this U. */
function withU(size: number, u: number): [number[], number[]] {
  // y is 0, 2, 4 …; the x in order stand above as many y as the remaining U allows.
  const x = Array.from({ length: size }, (_, at) => {
    const above = Math.min(size, Math.max(0, u - (size - 1 - at) * size));
    return 2 * above - 1 + at / (2 * size);
  });
  return [x, Array.from({ length: size }, (_, at) => 2 * at)];
}

const few = fc.array(fc.integer({ min: 0, max: 6 }), { minLength: 1, maxLength: 6 });

describe('published values', () => {
  // Age at diagnosis of diabetes: the example in the documentation of scipy.stats.mannwhitneyu.
  it('U 17, exact p 1/9', () => {
    const result = mannWhitney([19, 22, 16, 29, 24], [20, 11, 17, 12]);
    expect(result).toMatchObject({ u: 17, method: 'exact' });
    expect(result.p).toBeCloseTo(0.1111111111111111, 12);
  });

  // Table of critical values, two-sided 0.05: the largest U that is significant.
  it.each([
    [4, 0],
    [5, 2],
    [6, 5],
    [7, 8],
    [8, 13],
    [9, 17],
    [10, 23],
    [12, 37],
    [15, 64],
    [20, 127],
  ])('%i against as many: U %i is significant at 0.05, one more is not', (size, critical) => {
    const at = (u: number) => mannWhitney(...withU(size, u));
    expect(at(critical).u).toBe(critical);
    expect(at(critical).p).toBeLessThanOrEqual(0.05);
    expect(at(critical + 1).p).toBeGreaterThan(0.05);
  });

  it('three against three cannot reach 0.05', () => {
    expect(mannWhitney([1, 2, 3], [4, 5, 6]).p).toBeCloseTo(0.1, 12);
  });
});

describe('exact p', () => {
  it('equals that of all relabellings, ties or not', () => {
    fc.assert(
      fc.property(few, few, (x, y) => {
        const { u, p, method } = mannWhitney(x, y);
        expect(method).toBe('exact');
        expect(u).toBe(pairsAbove(x, y));
        expect(p).toBeCloseTo(bruteForce(x, y), 10);
      }),
      { seed: 1, numRuns: 150 },
    );
  });
});

describe('normal approximation', () => {
  // By hand: 30 against 30, x above all y: U 900, mean 450, variance 30·30·61/12 = 4575, z = 449.5/67.638 = 6.6456.
  it('is that of the formula', () => {
    const low = Array.from({ length: 30 }, (_, at) => at);
    const { u, p, method } = mannWhitney(
      low.map((one) => one + 100),
      low,
    );
    expect({ u, method }).toEqual({ u: 900, method: 'normal' });
    expect(p / 3.02e-11).toBeCloseTo(1, 1);
  });

  // The same example in the documentation of SciPy, method asymptotic, with the correction for continuity.
  it('is that of the published example', () => {
    const { p, method } = mannWhitney([19, 22, 16, 29, 24], [20, 11, 17, 12], 0);
    expect(method).toBe('normal');
    expect(p).toBeCloseTo(0.11134688653314041, 6);
  });

  // By hand, half of the values tied: ties 3 and 5 take (24 + 120) / (11·12) off 13 of the variance, 36/12·11.909 = 35.727.
  it('takes ties into account', () => {
    const { u, p } = mannWhitney([1, 1, 2, 5, 5, 6], [1, 3, 5, 5, 5, 9], 0);
    expect(u).toBe(14);
    // z = (|14 − 18| − ½) / √35.727 = 0.58556
    expect(p).toBeCloseTo(0.558174, 5);
  });

  it('is close to the exact p at the size where it takes over', () => {
    const half = EXACT_LIMIT / 2;
    const values = fc.array(fc.integer({ min: 0, max: 1000 }), { minLength: half, maxLength: half });
    fc.assert(
      fc.property(values, values, fc.integer({ min: -300, max: 300 }), (x, y, shift) => {
        const moved = x.map((one) => one + shift);
        expect(mannWhitney(moved, y).method).toBe('exact');
        expect(Math.abs(mannWhitney(moved, y).p - mannWhitney(moved, y, 0).p)).toBeLessThan(0.01);
      }),
      // Shrinking would look for many ties, where p has few values and both may differ more.
      { seed: 2, numRuns: 40, endOnFailure: true },
    );
  });

  it('is 1 where all values are equal', () => {
    const same = new Array<number>(40).fill(7);
    expect(mannWhitney(same, same).p).toBe(1);
  });
});

it('does not depend on order, on which sample is first, or on what keeps the order of the values', () => {
  fc.assert(
    fc.property(few, few, (x, y) => {
      const { u, p } = mannWhitney(x, y);
      expect(mannWhitney(y, x)).toMatchObject({ u: x.length * y.length - u });
      expect(mannWhitney(y, x).p).toBeCloseTo(p, 12);
      expect(mannWhitney([...x].reverse(), [...y].sort()).p).toBeCloseTo(p, 12);
      const grow = (one: number) => Math.exp(one) - 3;
      expect(mannWhitney(x.map(grow), y.map(grow))).toEqual({ u, p, method: 'exact' });
    }),
    { seed: 3, numRuns: 100 },
  );
});

it('refuses an empty sample', () => {
  expect(() => mannWhitney([], [1])).toThrow(RangeError);
});
