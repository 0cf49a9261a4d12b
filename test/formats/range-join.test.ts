/**
 * Does joining QEMU's pieces give back any range that a Linux guest can send, and never less than the pieces?
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RangeJoin } from '../../src/formats/qemu-log/range-join.js';

interface Piece {
  readonly page: bigint;
  readonly granules: bigint;
}

/**
 * QEMU's cut (M §2.2), in exact integers: each piece is the largest naturally aligned power of two that fits. Sizes are
 * in 4 KiB pages; a piece smaller than a granule prints 0 granules.
 */
function pieces(page: bigint, granules: bigint, granulePages: bigint): Piece[] {
  const found: Piece[] = [];
  let at = page;
  let left = granules * granulePages;
  while (left > 0n) {
    const aligned = at === 0n ? left : at & -at;
    let size = 1n << BigInt(left.toString(2).length - 1);
    if (aligned < size) size = aligned;
    found.push({ page: at, granules: size / granulePages });
    at += size;
    left -= size;
  }
  return found;
}

function joined(tg: number, cut: readonly Piece[]): RangeJoin {
  const join = new RangeJoin();
  for (const piece of cut) join.add(7, 3, Number(piece.page), tg, Number(piece.granules), 3, 1);
  join.encode();
  return join;
}

const num = fc.integer({ min: 0, max: 31 });
const scale = fc.integer({ min: 0, max: 20 });
const page = fc.bigInt({ min: 0n, max: 2n ** 44n });
const granule = fc.constantFrom<[number, bigint]>([1, 1n], [2, 4n], [3, 16n]);

describe('RangeJoin', () => {
  it('gives back (NUM + 1) · 2^SCALE granules with the SCALE that Linux takes', () => {
    fc.assert(
      fc.property(num, scale, page, granule, (NUM, SCALE, anyPage, [tg, granulePages]) => {
        const start = (anyPage / granulePages) * granulePages;
        const join = joined(tg, pieces(start, BigInt(NUM + 1) << BigInt(SCALE), granulePages));
        const trailing = Math.log2((NUM + 1) & -(NUM + 1));
        // NUM + 1 = 32 has no odd part above 1: the same range as 1 · 2^(SCALE + 5).
        expect([join.num, join.scale]).toEqual([((NUM + 1) >> trailing) - 1, SCALE + trailing]);
        expect(join).toMatchObject({ page: Number(start), tg, isExact: true, asid: 7, vmid: 3, ttl: 3, leaf: 1 });
      }),
    );
  });

  it('never covers less than the pieces, whatever they are', () => {
    const piece = fc.record({
      page: fc.bigInt({ min: 0n, max: 2n ** 30n }),
      granules: fc.bigInt({ min: 0n, max: 4096n }),
    });
    fc.assert(
      fc.property(fc.array(piece, { minLength: 1, maxLength: 5 }), fc.integer({ min: 0, max: 3 }), (cut, tg) => {
        const join = joined(tg, cut);
        const granulePages = join.tg === 0 ? 1 : 4 ** (join.tg - 1);
        const end = join.page + (join.num + 1) * 2 ** join.scale * granulePages;
        for (const { page: first, granules } of cut) {
          expect(join.page).toBeLessThanOrEqual(Number(first));
          expect(end).toBeGreaterThanOrEqual(Number(first) + Number(granules) * (tg === 0 ? 1 : 4 ** (tg - 1)));
        }
        expect(join.num).toBeLessThanOrEqual(31);
        expect(join.scale).toBeLessThanOrEqual(31);
      }),
    );
  });

  it('O11: the pieces that it joins are as many as the closed form says', () => {
    // h = highest bit in which a and b differ, p = b with all bits below h cleared: popcount(p - a) + popcount(b - p).
    const bits = (value: bigint) => value.toString(2).replaceAll('0', '').length;
    fc.assert(
      fc.property(fc.bigInt({ min: 1n, max: 2n ** 40n }), fc.bigInt({ min: 1n, max: 2n ** 20n }), (a, length) => {
        const b = a + length;
        const h = BigInt((a ^ b).toString(2).length - 1);
        const p = (b >> h) << h;
        expect(pieces(a, length, 1n)).toHaveLength(bits(p - a) + bits(b - p));
      }),
    );
    expect(pieces(0x40003n, 6n, 1n).map(({ granules }) => granules)).toEqual([1n, 4n, 1n]);
  });

  it('largest ranges: 32 granules · 2^31 fit, more saturate', () => {
    const join = new RangeJoin();
    join.add(1, 0, 0, 1, 2 ** 36, 0, 0);
    join.encode();
    expect(join).toMatchObject({ num: 31, scale: 31, isExact: true });
    join.reset();
    join.add(1, 0, 0, 1, 2 ** 36, 0, 0);
    join.add(1, 0, 2 ** 36, 1, 1, 0, 0);
    join.encode();
    expect(join).toMatchObject({ num: 31, scale: 31, isExact: false });
  });
});
