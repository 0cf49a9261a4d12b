/** O27, O28: the engine against the closed forms of M/D/1 and D/D/1. */
import { describe, expect, it } from 'vitest';
import type { VerdictTable } from '../verdicts.js';
import { poissonTimes, SERVICE_NS, waitsAtEngine } from '../workloads.js';

const BATCHES = 40;
const PER_BATCH = 5000;
/** Student's t, 39 degrees of freedom, 99 % two-sided. */
const T_99 = 2.708;

export function checkQueueingTheory(table: VerdictTable): void {
  describe('O27: M/D/1', () => {
    it.each([
      [1, 64.3, 101],
      [2, 225, 102],
      [3, 1350, 103],
    ])('λ = %i M/s: mean wait %f ns (seed %i)', async (millions, published, seed) => {
      const rho = millions * 1e-3 * SERVICE_NS;
      const theory = (rho * SERVICE_NS) / (2 * (1 - rho));
      expect(Math.abs(theory - published)).toBeLessThan(0.05);
      // The first batch starts with an idle engine and is left out.
      const waits = await waitsAtEngine(poissonTimes((BATCHES + 1) * PER_BATCH, millions * 1e6, seed));
      const means = Array.from({ length: BATCHES }, (_, b) => {
        const batch = waits.slice((b + 1) * PER_BATCH, (b + 2) * PER_BATCH);
        return batch.reduce((sum, wait) => sum + wait, 0) / PER_BATCH;
      });
      const mean = means.reduce((sum, value) => sum + value, 0) / BATCHES;
      const variance = means.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (BATCHES - 1);
      const half = T_99 * Math.sqrt(variance / BATCHES);
      table.add(
        `O27 λ = ${millions} M/s`,
        `mean wait ${theory.toFixed(1)} ns`,
        `${mean.toFixed(1)} ± ${half.toFixed(1)} ns (99 %, ${BATCHES} batches, seed ${seed})`,
        Math.abs(mean - theory) <= half ? 'held' : 'not reproduced',
      );
      expect(Math.abs(mean - theory)).toBeLessThanOrEqual(half);
      expect(half / theory).toBeLessThan(0.15);
    });
  });

  describe('O28: D/D/1', () => {
    it.each([300, 301, 1000])('one arrival every %i ns: nobody waits', async (periodNs) => {
      const waits = await waitsAtEngine(Array.from({ length: 2000 }, (_, i) => i * periodNs));
      expect(Math.max(...waits)).toBe(0);
    });

    it.each([299, 250, 100])('one arrival every %i ns: arrival k waits k·(S − period)', async (periodNs) => {
      const waits = await waitsAtEngine(Array.from({ length: 2000 }, (_, i) => i * periodNs));
      expect(waits.every((wait, k) => wait === k * (SERVICE_NS - periodNs))).toBe(true);
      expect(waits.length).toBe(2000);
      if (periodNs === 250) {
        table.add('O28 λ = 4 M/s, μ = 3.33 M/s', 'wait grows by 50 ns per arrival', 'exactly, 2000 arrivals', 'held');
      }
    });
  });
}
