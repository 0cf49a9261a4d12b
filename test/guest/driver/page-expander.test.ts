/**
 * Guest tier: without range invalidation, when does the driver give up on single pages?
 * Oracle: O9 (facts M §5.2), thresholds of facts L §2.3.
 */
import { describe, expect, it } from 'vitest';
import { ERAS, type GuestEra, type Invalidator, rulesOf } from '../../../src/guest/driver/eras.js';
import { expandPages, pageThreshold } from '../../../src/guest/driver/page-expander.js';
import { nhVaWords } from '../../../src/guest/driver/tlbi.js';
import { decodeCommand, reservedCombinations, tlbiPages } from '../../../src/trace/command.js';

/** Commands for `granules` units of 2^granuleLog2 bytes. */
function commandsFor(granules: number, granuleLog2: number, era: GuestEra, who: Invalidator): number {
  const request = { page: 0, bytes: granules * 2 ** granuleLog2, granuleLog2, leaf: true };
  const expansion = expandPages(request, era, who);
  return expansion.kind === 'asid-wide' ? 1 : expansion.commands.length;
}

const GRANULES = [
  [12, 512, 2 * 2 ** 20],
  [14, 2048, 32 * 2 ** 20],
  [16, 8192, 512 * 2 ** 20],
  [21, 262144, 512 * 2 ** 30],
] as const;

describe('O9: P granules', () => {
  it.each(GRANULES)('2^%i bytes: threshold %i granules = %i bytes', (log2, threshold, bytes) => {
    expect(pageThreshold(log2)).toBe(threshold);
    expect(threshold * 2 ** log2).toBe(bytes);
    for (const [era, who] of [
      ['6.6-to-7.0', 'sva'],
      ['from-7.1', 'sva'],
      ['from-7.1', 'dma'],
    ] as const) {
      expect(commandsFor(threshold - 1, log2, era, who)).toBe(threshold - 1);
      expect(commandsFor(threshold, log2, era, who)).toBe(1);
      expect(commandsFor(threshold + 1, log2, era, who)).toBe(1);
    }
  });

  it.each([
    ['before-6.6', 'dma'],
    ['before-6.6', 'sva'],
    ['6.6-to-7.0', 'dma'],
  ] as const)('%s, %s: one command per granule however many', (era, who) => {
    for (const [log2, threshold] of GRANULES) {
      for (const granules of [1, threshold - 1, threshold, threshold + 1]) {
        expect(commandsFor(granules, log2, era, who)).toBe(granules);
      }
    }
  });

  it('4 KiB: 511 → 511, 512 → 1', () => {
    expect(commandsFor(511, 12, 'from-7.1', 'dma')).toBe(511);
    expect(commandsFor(512, 12, 'from-7.1', 'dma')).toBe(1);
  });
});

describe('commands', () => {
  it('step by the granule with TG = TTL = 0, and no combination is reserved', () => {
    const expansion = expandPages({ page: 16, bytes: 3 * 65536, granuleLog2: 16, leaf: true }, 'from-7.1', 'dma');
    if (expansion.kind !== 'per-page') throw new Error('expected single commands');
    expect(expansion.commands.map(({ page }) => page)).toEqual([16, 32, 48]);
    for (const command of expansion.commands) {
      const words = nhVaWords(command, 3);
      expect(reservedCombinations(words)).toEqual([]);
      expect(decodeCommand(words)).toMatchObject({ TG: 0, TTL: 0, NUM: 0, SCALE: 0, LEAF: 1, ASID: 3 });
      expect(tlbiPages(words[0], words[2])).toBe(1);
    }
  });

  it('size 0 is ASID-wide on every kernel', () => {
    for (const { era } of ERAS) {
      expect(expandPages({ page: 0, bytes: 0, granuleLog2: 12, leaf: false }, era, 'dma').kind).toBe('asid-wide');
    }
  });

  it('refuses fractions of a granule and an unknown era', () => {
    const request = { page: 0, bytes: 4096, granuleLog2: 21, leaf: true };
    expect(() => expandPages(request, 'from-7.1', 'dma')).toThrow('whole number');
    expect(() => expandPages({ ...request, granuleLog2: 9 }, 'from-7.1', 'dma')).toThrow('no page');
    expect(() => rulesOf('7.2' as GuestEra)).toThrow('unknown guest era 7.2');
  });
});
