/** Question: is the terminal plot what a reader expects, at any size? */
import { describe, expect, test } from 'vitest';
import type { CurvePoint } from '../../../src/analysis/mrc/miss-ratio-curve.js';
import { plotCurve } from '../../../src/analysis/mrc/plot.js';

const point = (entries: number, miss_ratio: number): CurvePoint => ({ entries, misses: 0, miss_ratio });

describe('plotCurve', () => {
  test('steps down where the curve does', () => {
    const plot = plotCurve([point(1, 1), point(2, 0.5), point(4, 0.25), point(8, 0.0625), point(16, 0)], 35, 6);
    expect(`\n${plot}\n`).toBe(`
100 % ┤██████
      │██████
 50 % ┤████████████
      │██████████████████▂▂▂▂▂▂
  0 % └┴─────┴─────┴─────┴─────┴
       1     2     4     8     16
`);
  });

  test('fits the width, and leaves out labels that have no room', () => {
    const points = Array.from({ length: 15 }, (_, log2) => point(2 ** log2, 1 - log2 / 14));
    for (const width of [20, 30, 60, 100]) {
      const lines = plotCurve(points, width, 10).split('\n');
      expect(lines).toHaveLength(10);
      for (const line of lines) expect(line.length).toBeLessThanOrEqual(width);
    }
    expect(plotCurve(points, 120, 8)).toContain('16Ki');
  });

  test('one point and no point', () => {
    expect(plotCurve([], 40, 8)).toBe('');
    expect(plotCurve([point(1, 0.5)], 20, 4).split('\n')).toHaveLength(4);
  });
});
