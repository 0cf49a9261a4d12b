/** Question: does flush-when-full give the closed forms of O18 and O19? */
import { describe, expect, test } from 'vitest';
import { QemuIotlb } from '../../../src/analysis/oracle/qemu-iotlb.js';
import { seededRandom } from './random.js';

/** Look up and fill; true for a miss. */
function misses(iotlb: QemuIotlb, page: number): boolean {
  if (iotlb.lookup(1, -1, page, 12)) return false;
  iotlb.fill(1, -1, page, 12, 12);
  return true;
}

describe('O18: cyclic scan of W pages', () => {
  test.each([
    [300, 3000, 3000, 11],
    [256, 3000, 256, 0],
    [257, 2570, 2570, 10],
    [1, 100, 1, 0],
  ])('W=%i, N=%i: %i misses, %i flushes', (pages, accesses, expectedMisses, expectedFlushes) => {
    const iotlb = new QemuIotlb();
    let count = 0;
    for (let at = 0; at < accesses; at++) if (misses(iotlb, at % pages)) count++;
    expect([count, iotlb.overflows]).toEqual([expectedMisses, expectedFlushes]);
    if (pages > 256) expect(iotlb.overflows).toBe(Math.floor((accesses - 1) / 256));
  });
});

describe('O19: uniform random over W > 256 pages', () => {
  test.each([
    [300, 0.442],
    [512, 0.72],
    [1024, 0.869],
    [4096, 0.968],
  ])('W=%i: miss ratio %f within its confidence interval', (pages, published) => {
    let expectedCycle = 0;
    for (let k = 1; k <= 256; k++) expectedCycle += pages / (pages - k);
    expect(256 / expectedCycle).toBeCloseTo(published, 3);

    // A cycle lies between two flushes: 256 misses in a random number of accesses. Cycles are independent.
    const random = seededRandom(pages);
    const iotlb = new QemuIotlb();
    const lengths: number[] = [];
    let length = 0;
    while (lengths.length < 1001) {
      const flushes = iotlb.overflows;
      misses(iotlb, random(pages));
      if (iotlb.overflows > flushes) {
        lengths.push(length);
        length = 0;
      }
      length++;
    }
    // The first cycle began with an empty table, the others with one entry.
    lengths.shift();
    const mean = lengths.reduce((sum, value) => sum + value, 0) / lengths.length;
    const variance = lengths.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (lengths.length - 1);
    const standardError = Math.sqrt(variance / lengths.length);
    expect(Math.abs(mean - expectedCycle)).toBeLessThan(2.58 * standardError);
    expect(256 / mean).toBeCloseTo(published, 2);
  });
});
