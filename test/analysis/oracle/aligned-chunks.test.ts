/** Question: is a range cut as QEMU cuts it (O11, O12)? */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { alignedChunks } from '../../support/aligned-chunks.js';
import { seededRandom } from './random.js';

const popcount = (value: bigint): number => value.toString(2).replaceAll('0', '').length;

/** O11: h = top differing bit of a and b; p = (b >> h) << h; popcount(p - a) + popcount(b - p). */
function chunkCount(a: bigint, b: bigint): number {
  const h = BigInt((a ^ b).toString(2).length - 1);
  const p = (b >> h) << h;
  return popcount(p - a) + popcount(b - p);
}

/** QEMU's own loop over bytes, in bigint (`dma_aligned_pow2_mask`). */
function chunksInBytes(page: number, pages: number): [number, number][] {
  const mask64 = (1n << 64n) - 1n;
  let address = BigInt(page) << 12n;
  const end = (address + (BigInt(pages) << 12n) - 1n) & mask64;
  const chunks: [number, number][] = [];
  while (address !== ((end + 1n) & mask64)) {
    const sizeMask = (end - address) & mask64;
    const alignmentMask = address === 0n ? mask64 : (address & -address) - 1n;
    const mask =
      alignmentMask <= sizeMask ? alignmentMask : (1n << BigInt((sizeMask + 1n).toString(2).length - 1)) - 1n;
    chunks.push([Number(address >> 12n), Number((mask + 1n) >> 12n)]);
    address = (address + mask + 1n) & mask64;
  }
  return chunks;
}

describe('alignedChunks', () => {
  test('O11: 0x40003..0x40009 is cut into 1, 4, 1', () => {
    expect(alignedChunks(0x40003, 6)).toEqual([
      [0x40003, 1],
      [0x40004, 4],
      [0x40008, 1],
    ]);
  });

  test('O11: 20000 random ranges have the closed-form number of chunks', () => {
    const random = seededRandom(11);
    for (let run = 0; run < 20_000; run++) {
      const page = random(2 ** 20) * (run % 2 === 0 ? 1 : 2 ** 20);
      const pages = 1 + random(2 ** (1 + random(20)));
      expect(alignedChunks(page, pages)).toHaveLength(chunkCount(BigInt(page), BigInt(page + pages)));
    }
  });

  test('O12: chunks are disjoint, naturally aligned and add up to the range', () => {
    fc.assert(
      fc.property(fc.nat({ max: 2 ** 51 }), fc.nat({ max: 31 }), fc.nat({ max: 31 }), (page, num, scale) => {
        const pages = (num + 1) * 2 ** scale;
        let next = page;
        let sum = 0;
        for (const [first, length] of alignedChunks(page, pages)) {
          expect(first).toBe(next);
          expect(Number.isInteger(Math.log2(length))).toBe(true);
          expect(first % length).toBe(0);
          next = first + length;
          sum += length;
        }
        expect(sum).toBe(pages);
      }),
    );
  });

  test('equals QEMU’s byte loop over all 64 bits, wrap-around included', () => {
    const page = fc.oneof(
      fc.nat({ max: 64 }),
      fc.maxSafeNat().map((value) => value % 2 ** 52),
      fc.nat({ max: 64 }).map((below) => 2 ** 52 - 1 - below),
      fc.nat({ max: 2 ** 20 }).map((high) => high * 2 ** 32),
    );
    fc.assert(
      fc.property(page, fc.nat({ max: 31 }), fc.nat({ max: 35 }), (first, num, scale) => {
        const pages = (num + 1) * 2 ** scale;
        expect(alignedChunks(first, pages)).toEqual(chunksInBytes(first, pages));
      }),
    );
  });
});
