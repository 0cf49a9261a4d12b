/**
 * Guest tier: does the range encoder emit what the Linux driver emits, command by command?
 * Oracles: O10 (facts M §5.2) and the whole table of facts L §2.2.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeRange } from '../../../src/guest/driver/range-encoder.js';
import { nhVaWords } from '../../../src/guest/driver/tlbi.js';
import { decodeCommand, reservedCombinations, tlbiPages } from '../../../src/trace/command.js';

const FIRST = 0x40000;

/** `pages` 4 KiB pages on a 4 KiB domain. */
function encode(pages: number, leaf: boolean, page = FIRST) {
  return encodeRange({ page, bytes: pages * 4096, granuleLog2: 12, leaf }, 12);
}

const listOf = (pages: number, leaf = true) => encode(pages, leaf).map(({ num, scale }) => [num, scale]);

/** Facts L §2.2: pages, leaf commands, non-leaf commands, (NUM, SCALE) for leaf where the table gives them all. */
const TABLE: readonly [number, number, number, number[][] | undefined][] = [
  [1, 1, 1, [[0, 0]]],
  ...Array.from({ length: 19 }, (_, k): [number, number, number, number[][]] => [2 ** (k + 1), 1, 1, [[0, k + 1]]]),
  [31, 1, 1, [[30, 0]]],
  [
    33,
    2,
    1,
    [
      [0, 0],
      [0, 5],
    ],
  ],
  [
    63,
    2,
    2,
    [
      [30, 0],
      [0, 5],
    ],
  ],
  [
    65,
    2,
    2,
    [
      [0, 0],
      [0, 6],
    ],
  ],
  [
    511,
    2,
    2,
    [
      [30, 0],
      [14, 5],
    ],
  ],
  [512, 1, 1, [[0, 9]]],
  [
    513,
    2,
    2,
    [
      [0, 0],
      [0, 9],
    ],
  ],
  [
    1023,
    2,
    2,
    [
      [30, 0],
      [30, 5],
    ],
  ],
  [
    2047,
    3,
    3,
    [
      [30, 0],
      [30, 5],
      [0, 10],
    ],
  ],
  [
    4095,
    3,
    3,
    [
      [30, 0],
      [30, 5],
      [2, 10],
    ],
  ],
  [
    65535,
    4,
    4,
    [
      [30, 0],
      [30, 5],
      [30, 10],
      [0, 15],
    ],
  ],
  [
    262143,
    4,
    4,
    [
      [30, 0],
      [30, 5],
      [30, 10],
      [6, 15],
    ],
  ],
];

describe('O10: number of commands, facts L §2.2 line by line', () => {
  it.each(TABLE)('%i pages: %i leaf, %i non-leaf', (pages, leaf, nonLeaf, list) => {
    expect(encode(pages, true).length).toBe(leaf);
    expect(encode(pages, false).length).toBe(nonLeaf);
    if (list !== undefined) expect(listOf(pages)).toEqual(list);
  });

  it.each([
    [1, 1],
    [6, 1],
    [31, 1],
    [32, 1],
    [33, 2],
    [63, 2],
    [64, 1],
    [511, 2],
    [512, 1],
    [1023, 2],
  ])('M §5.2: %i pages → %i', (pages, commands) => expect(encode(pages, true).length).toBe(commands));

  it('6 pages are NUM=2, SCALE=1', () => expect(listOf(6)).toEqual([[2, 1]]));

  it('non-leaf counts whose low five bits are 1 grow by one page: 1 → 2, 33 → 34, 65 → 66', () => {
    expect(listOf(1, false)).toEqual([[0, 1]]);
    expect(listOf(33, false)).toEqual([[16, 1]]);
    expect(listOf(65, false)).toEqual([
      [0, 1],
      [0, 6],
    ]);
  });
});

describe('O10: exhaustive statements', () => {
  it('any n ≤ 2^10: at most 2 commands, 1.89 on average', () => {
    let sum = 0;
    let most = 0;
    for (let n = 1; n <= 2 ** 10; n++) {
      const { length } = encode(n, true);
      sum += length;
      most = Math.max(most, length);
    }
    expect(most).toBe(2);
    expect((sum / 2 ** 10).toFixed(2)).toBe('1.89');
  });

  it('any n < 2^20: at most 4 commands', () => {
    let most = 0;
    for (let n = 1; n < 2 ** 20; n++) most = Math.max(most, encode(n, true).length);
    expect(most).toBe(4);
  });
});

describe('coverage', () => {
  const requests = fc.record({
    first: fc.integer({ min: 0, max: 2 ** 40 }),
    units: fc.integer({ min: 1, max: 2 ** 30 }),
    tgLog2: fc.constantFrom(12, 14, 16),
    leaf: fc.boolean(),
  });

  it('commands cover exactly the request, gap-free and once; non-leaf at most one page more; none is reserved', () => {
    fc.assert(
      fc.property(requests, ({ first, units, tgLog2, leaf }) => {
        const perUnit = 2 ** (tgLog2 - 12);
        const page = first * perUnit;
        const commands = encodeRange({ page, bytes: units * 2 ** tgLog2, granuleLog2: tgLog2, leaf }, tgLog2);
        let next = page;
        for (const command of commands) {
          const words = nhVaWords(command, 7);
          expect(reservedCombinations(words)).toEqual([]);
          expect(decodeCommand(words)).toMatchObject({ ASID: 7, ADDR: next, LEAF: leaf ? 1 : 0 });
          expect(command.page).toBe(next);
          next += tlbiPages(words[0], words[2]);
        }
        const extra = (next - page) / perUnit - units;
        expect(extra).toBe(!leaf && units % 32 === 1 ? 1 : 0);
      }),
    );
  });

  it('the start’s alignment plays no part', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 30 }), fc.integer({ min: 1, max: 2 ** 20 }), (page, pages) => {
        expect(encode(pages, true, page).map(({ num, scale }) => [num, scale])).toEqual(listOf(pages));
      }),
    );
  });
});

describe('fields', () => {
  it.each([
    [12, 12, 1, 3],
    [21, 12, 1, 2],
    [30, 12, 1, 1],
    [14, 14, 2, 3],
    [25, 14, 2, 2],
    [16, 16, 3, 3],
    [29, 16, 3, 2],
  ])('a leaf block of 2^%i bytes on granule 2^%i: TG=%i, TTL=%i', (granuleLog2, tgLog2, tg, ttl) => {
    const [first] = encodeRange({ page: 0, bytes: 2 ** granuleLog2, granuleLog2, leaf: true }, tgLog2);
    expect(first).toMatchObject({ tg, ttl, leaf: true });
  });

  it('non-leaf names no level', () => expect(encode(512, false)[0].ttl).toBe(0));
});

describe('refusals', () => {
  it.each([
    [{ page: 0, bytes: 0, granuleLog2: 12, leaf: true }, 12, 'an empty range'],
    [{ page: 0, bytes: 100, granuleLog2: 12, leaf: true }, 12, 'not a whole number'],
    [{ page: 1, bytes: 65536, granuleLog2: 16, leaf: true }, 16, 'does not begin a unit'],
    [{ page: 0, bytes: 4096, granuleLog2: 12, leaf: true }, 13, 'no translation granule'],
    [{ page: 0, bytes: 2 ** 46, granuleLog2: 12, leaf: true }, 12, 'does not fit in SCALE'],
  ])('%j on 2^%i: %s', (request, tgLog2, message) => expect(() => encodeRange(request, tgLog2)).toThrow(message));
});
