/** Question: which commands drop which streams from QEMU's configuration cache? */
import { describe, expect, test } from 'vitest';
import { ConfigCacheOracle } from '../../../src/analysis/oracle/config-cache-oracle.js';
import { type CommandFields, encodeCommand } from '../../../src/trace/command.js';
import { Opcode } from '../../../src/trace/opcodes.js';
import { seededRandom } from './random.js';

function execute(cache: ConfigCacheOracle, opcode: number, fields: CommandFields): void {
  const [c0Low, c0High, c1Low] = encodeCommand(opcode, fields);
  cache.execute(c0Low, c0High, c1Low);
}

function cacheOf(...sids: number[]): ConfigCacheOracle {
  const cache = new ConfigCacheOracle();
  for (const sid of sids) cache.fill(sid);
  return cache;
}

const cached = (cache: ConfigCacheOracle, ...sids: number[]): number[] => sids.filter((sid) => cache.lookup(sid));

describe('ConfigCacheOracle', () => {
  test.each([Opcode.CFGI_STE, Opcode.CFGI_CD, Opcode.CFGI_CD_ALL])('opcode %i drops its stream only', (opcode) => {
    const cache = cacheOf(8, 16, 0x100);
    execute(cache, opcode, { SID: 16 });
    expect(cached(cache, 8, 16, 0x100)).toEqual([8, 0x100]);
  });

  test('CFGI_STE_RANGE drops the aligned block of 2^(RANGE+1) streams', () => {
    const cache = cacheOf(7, 8, 11, 12);
    execute(cache, Opcode.CFGI_STE_RANGE, { SID: 10, RANGE: 1 });
    expect(cached(cache, 7, 8, 11, 12)).toEqual([7, 12]);
  });

  test('CFGI_ALL drops everything, the largest StreamID too', () => {
    const cache = cacheOf(0, 8, 2 ** 32 - 1);
    execute(cache, Opcode.CFGI_STE_RANGE, { SID: 5, RANGE: 31 });
    expect(cached(cache, 0, 8, 2 ** 32 - 1)).toEqual([]);
  });

  test('TLBIs, PREFETCH and SYNC drop nothing; nor does an illegal SSEC', () => {
    const cache = cacheOf(0, 8);
    for (const opcode of [0x01, 0x02, 0x07, 0x10, 0x30, 0x46]) execute(cache, opcode, {});
    execute(cache, Opcode.CFGI_STE, { SID: 8, SSEC: 1 });
    expect(cached(cache, 0, 8)).toEqual([0, 8]);
  });

  test('equals a plain set over thousands of streams', () => {
    const random = seededRandom(4);
    const cache = new ConfigCacheOracle();
    const twin = new Set<number>();
    for (let step = 0; step < 20_000; step++) {
      const sid = random(3000) * (step % 3 === 0 ? 65_536 : 1);
      expect(cache.lookup(sid)).toBe(twin.has(sid));
      cache.fill(sid);
      twin.add(sid);
      if (step % 5 === 0) {
        const range = random(14);
        execute(cache, Opcode.CFGI_STE_RANGE, { SID: sid, RANGE: range });
        const length = 2 ** (range + 1);
        const start = Math.floor(sid / length) * length;
        for (const other of twin) if (other >= start && other < start + length) twin.delete(other);
      }
    }
  });
});
