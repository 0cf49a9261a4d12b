/** What each command takes away, case by case. */
import { describe, expect, it } from 'vitest';
import { Stage } from '../../src/smmu/stage.js';
import { Machine, range } from './support/machine.js';
import { type Overrides, onlyMainTlb } from './support/settings.js';

const MAIN = onlyMainTlb(4096, 'lru');
const NO_ATC = { 'atc.enable': false };

/** A machine that has translated the pages with one TLB. */
function filled(pages: Iterable<number>, entries = 4096): Machine {
  const machine = new Machine(onlyMainTlb(entries, 'lru'));
  machine.translateAll(pages);
  return machine;
}

describe('ranges', () => {
  it('TG = 0 is one 4 KiB page whatever NUM and SCALE say', () => {
    expect(filled(range(64)).execute('TLBI_NH_VA', { ASID: 1, ADDR: 8, NUM: 31, SCALE: 3 })).toBe(1);
  });

  it('otherwise (NUM + 1) · 2^SCALE granules', () => {
    expect(filled(range(64)).execute('TLBI_NH_VA', { ASID: 1, ADDR: 8, TG: 1, NUM: 2, SCALE: 1 })).toBe(6);
    expect(filled(range(64)).execute('TLBI_NH_VA', { ASID: 1, ADDR: 8, TG: 2, NUM: 0, SCALE: 1 })).toBe(8);
    expect(filled(range(64)).execute('TLBI_NH_VA', { ASID: 1, ADDR: 0, TG: 3, NUM: 0, SCALE: 1 })).toBe(32);
  });

  it.each([1, 2, 3])('TTL %i is a hint and never narrows', (TTL) => {
    const machine = new Machine(MAIN);
    machine.translate(0x200, { sizeLog2: 21 });
    machine.translate(0x600);
    expect(machine.execute('TLBI_NH_VA', { ASID: 1, ADDR: 0x205, TG: 1, TTL })).toBe(1);
    expect(machine.execute('TLBI_NH_VA', { ASID: 1, ADDR: 0x600, TG: 1, TTL })).toBe(1);
  });

  /** What remains of a 4 KiB page, a run of 16, a 2 MiB and a 1 GiB block and a page of unknown size, each in its own GiB. */
  function levelsLeft(ttl: string, TTL: number, TG: number, set: Overrides = {}): number[] {
    const machine = new Machine({ ...MAIN, ...set, 'smmu.ttl': ttl });
    const sizes = [12, 16, 21, 30, 0];
    for (const [index, sizeLog2] of sizes.entries()) machine.translate(index * 2 ** 18, { sizeLog2 });
    machine.execute('TLBI_NH_VA', { ASID: 1, ADDR: 0, TG, TTL, NUM: 31, SCALE: 16 });
    const before = machine.counts('main').hits;
    return sizes.filter((sizeLog2, index) => {
      const { hits } = machine.counts('main');
      machine.translate(index * 2 ** 18, { sizeLog2 });
      return machine.counts('main').hits > Math.max(before, hits);
    });
  }

  it.each([
    ['level 3 of 4 KiB', 3, 1, [21, 30]],
    ['level 2 of 4 KiB', 2, 1, [12, 16, 30]],
    ['level 1 of 4 KiB', 1, 1, [12, 16, 21]],
    ['level 3 of 16 KiB, below 32 MiB', 3, 2, [30]],
    ['level 2 of 16 KiB', 2, 2, [12, 16, 21]],
    ['level 1 of 16 KiB, which is none', 1, 2, []],
    ['level 3 of 64 KiB, below 512 MiB', 3, 3, [30]],
    ['no level', 0, 1, []],
  ])('smmu.ttl=strict: %s keeps known leaves of other levels', (_what, TTL, TG, kept) => {
    expect(levelsLeft('strict', TTL, TG)).toEqual(kept);
    expect(levelsLeft('hint', TTL, TG)).toEqual([]);
  });

  it('smmu.ttl=strict: the level is that of stage 1, whatever stage 2 leaves of the entry', () => {
    expect(levelsLeft('strict', 2, 1, { 'walk.stage': 'nested', 'walk.s2_page_log2': 12 })).toEqual([12, 16, 30]);
  });

  it('smmu.ttl=strict: without LEAF the tables above the level go, that of the level stays', () => {
    const left = (TTL: number, LEAF: number): number => {
      const machine = new Machine({ ...NO_ATC, 'smmu.ttl': 'strict' });
      machine.translate(0x10, { stage: Stage.S1, sizeLog2: 12 });
      machine.execute('TLBI_NH_VA', { ASID: 1, ADDR: 0x10, TG: 1, TTL, LEAF });
      return machine.counts('walk_s1').occupancy;
    };
    expect([left(3, 0), left(2, 0), left(1, 0), left(0, 0), left(2, 1)]).toEqual([0, 1, 2, 0, 3]);
  });

  it('a block goes if any page of it is named, from below, inside and above', () => {
    for (const [ADDR, NUM, removed] of [
      [0x1ff, 0, 0],
      [0x1ff, 1, 1],
      [0x200, 0, 1],
      [0x300, 0, 1],
      [0x3ff, 0, 1],
      [0x3ff, 9, 1],
      [0x400, 0, 0],
    ]) {
      const machine = new Machine(MAIN);
      machine.translate(0x234, { sizeLog2: 21 });
      expect(machine.execute('TLBI_NH_VA', { ASID: 1, ADDR, TG: 1, NUM }), `${ADDR}+${NUM}`).toBe(removed);
    }
  });

  it('a range past the top of the address space ends there and does not wrap', () => {
    const top = 2 ** 52 - 1;
    const machine = filled([top, top - 1, 0, 1]);
    expect(machine.execute('TLBI_NH_VA', { ASID: 1, ADDR: top, TG: 1, NUM: 31, SCALE: 31 })).toBe(1);
    expect(machine.execute('TLBI_NH_VA', { ASID: 1, ADDR: 0, TG: 3, NUM: 31, SCALE: 31 })).toBe(2);
    expect(machine.execute('TLBI_NH_VA', { ASID: 1, ADDR: top - 1, TG: 1, NUM: 0 })).toBe(1);
  });

  it('a short range over the top does not wrap either, when it is searched page by page', () => {
    const machine = filled([...range(64), 2 ** 52 - 1]);
    expect(machine.execute('TLBI_NH_VA', { ASID: 1, ADDR: 2 ** 52 - 1, TG: 1, NUM: 3 })).toBe(1);
  });

  it('the largest range costs no more than the entries it removes', () => {
    const machine = filled(range(4096));
    const begin = process.hrtime.bigint();
    for (let i = 0; i < 1000; i++) machine.execute('TLBI_NH_VA', { ASID: 1, ADDR: 0, TG: 3, NUM: 31, SCALE: 31 });
    expect(Number(process.hrtime.bigint() - begin) / 1e6).toBeLessThan(1000);
    expect(machine.counts('main')).toMatchObject({ invalidated: 4096, occupancy: 0 });
  });
});

describe('tags', () => {
  const tagged = (): Machine => {
    const machine = new Machine({ ...MAIN, 'cache.ipa.enable': true });
    for (const vmid of [0, 5]) {
      for (const asid of [0, 1, 65535]) machine.translate(0x10, { asid, vmid });
      machine.translate(0x10, { vmid, stage: Stage.S2 });
    }
    return machine;
  };

  it.each([
    ['TLBI_NH_VA', { ADDR: 0x10, ASID: 65535, VMID: 5 }, 1],
    ['TLBI_NH_VA', { ADDR: 0x10, ASID: 0, VMID: 0 }, 1],
    ['TLBI_NH_VAA', { ADDR: 0x10, VMID: 5 }, 3],
    ['TLBI_NH_ASID', { ASID: 1, VMID: 0 }, 1],
    ['TLBI_NH_ALL', { VMID: 5 }, 3],
    ['TLBI_S2_IPA', { ADDR: 0x10, VMID: 5 }, 2],
    ['TLBI_S12_VMALL', { VMID: 5 }, 5],
    ['TLBI_NSNH_ALL', {}, 10],
    ['TLBI_EL2_ALL', {}, 0],
    ['TLBI_EL2_ASID', { ASID: 1 }, 0],
    ['TLBI_EL2_VA', { ADDR: 0x10, ASID: 1 }, 0],
    ['TLBI_EL2_VAA', { ADDR: 0x10 }, 0],
    ['TLBI_EL3_ALL', {}, 0],
    ['TLBI_EL3_VA', { ADDR: 0x10 }, 0],
    ['CFGI_STE_RANGE', { RANGE: 31 }, 0],
    ['ATC_INV', { SID: 8, SIZE: 52 }, 0],
    ['SYNC', {}, 0],
  ] as const)('%s %o removes %i of eight translations and two IPA entries', (opcode, fields, removed) => {
    expect(tagged().execute(opcode, fields)).toBe(removed);
  });

  it('leaf-only commands leave walk caches alone, others drop every descriptor on the way', () => {
    const machine = new Machine(NO_ATC);
    machine.translate(0x10, { stage: Stage.S1 });
    machine.translate(2 ** 27, { stage: Stage.S1 });
    expect(machine.counts('walk_s1').occupancy).toBe(6);
    machine.execute('TLBI_NH_VA', { ASID: 1, ADDR: 0x999, LEAF: 1 });
    expect(machine.counts('walk_s1').occupancy).toBe(6);
    machine.execute('TLBI_NH_VA', { ASID: 1, ADDR: 0x999, LEAF: 0 });
    expect(machine.counts('walk_s1').occupancy).toBe(4);
    machine.execute('TLBI_NH_ASID', { ASID: 1 });
    expect(machine.counts('walk_s1').occupancy).toBe(0);
  });
});

describe('configurations', () => {
  const configured = (): Machine => {
    const machine = new Machine({ ...NO_ATC, 'cache.config.ways': 0 });
    for (const sid of range(16)) machine.translate(sid, { sid });
    for (const ssid of [0, 1, 2]) machine.translate(16 + ssid, { sid: 8, ssid });
    return machine;
  };

  it.each([
    ['CFGI_STE', { SID: 8 }, 3],
    ['CFGI_STE', { SID: 99 }, 0],
    ['CFGI_CD_ALL', { SID: 8 }, 3],
    ['CFGI_CD', { SID: 8, SSID: 2 }, 1],
    ['CFGI_CD', { SID: 8, SSID: 0 }, 1],
    ['CFGI_STE_RANGE', { SID: 6, RANGE: 0 }, 2],
    ['CFGI_STE_RANGE', { SID: 6, RANGE: 1 }, 4],
    ['CFGI_STE_RANGE', { SID: 13, RANGE: 2 }, 10],
    ['CFGI_STE_RANGE', { SID: 77, RANGE: 31 }, 18],
    ['TLBI_NSNH_ALL', {}, 0],
  ] as const)('%s %o removes %i of 18', (opcode, fields, removed) => {
    const machine = configured();
    machine.execute(opcode, fields);
    expect(18 - machine.counts('config').occupancy).toBe(removed);
  });

  it('a stream that the recorder could not name goes with all', () => {
    const machine = new Machine(NO_ATC);
    machine.translate(1, { sid: -1 });
    expect(machine.execute('CFGI_STE_RANGE', { RANGE: 31 })).toBe(1);
  });

  it('the stream named may be replaced by the host', () => {
    const machine = configured();
    expect(machine.execute('CFGI_STE', { SID: 8 }, 3)).toBe(1);
  });
});

describe('ATCs', () => {
  const filledAtcs = (): Machine => {
    const machine = new Machine({}, { atcEntries: (sid) => (sid === 9 ? 0 : 64) });
    for (const sid of [8, 9, 10]) {
      for (const ssid of [-1, 0, 3]) machine.translateAll(range(16), { sid, ssid });
    }
    return machine;
  };

  it.each([
    ['one page, no PASID named: in every PASID and in none', { SID: 8, ADDR: 5 }, 3],
    ['one page of PASID 3', { SID: 8, ADDR: 5, SSV: 1, SSID: 3 }, 1],
    ['one page of PASID 0, which is not "no PASID"', { SID: 8, ADDR: 5, SSV: 1, SSID: 0 }, 1],
    ['GLOBAL: any PASID', { SID: 8, ADDR: 5, SSV: 1, SSID: 3, GLOBAL: 1 }, 3],
    ['2^3 pages, aligned down from their address', { SID: 8, ADDR: 13, SIZE: 3 }, 24],
    ['everything', { SID: 10, SIZE: 52 }, 48],
    ['a device without ATS', { SID: 9, SIZE: 52 }, 0],
    ['a device never seen', { SID: 77, SIZE: 52 }, 0],
  ])('ATC_INV of %s', (_name, fields, removed) => {
    const machine = filledAtcs();
    expect(machine.execute('ATC_INV', fields)).toBe(removed);
    const { atcInvalidations, atcUseless } = machine.snapshot;
    expect({ atcInvalidations, atcUseless }).toEqual({ atcInvalidations: 1, atcUseless: removed === 0 ? 1 : 0 });
  });

  it('a TLBI does not reach an ATC, an ATC_INV does not reach a TLB', () => {
    const machine = filledAtcs();
    const before = machine.counts('main').occupancy;
    machine.execute('ATC_INV', { SID: 8, SIZE: 52 });
    expect(machine.counts('main').occupancy).toBe(before);
    machine.execute('TLBI_NSNH_ALL');
    expect(machine.counts('atc').occupancy).toBe(48);
    expect(machine.counts('main').occupancy).toBe(0);
  });

  it('an ATC hit needs nothing from the SMMU', () => {
    const machine = filledAtcs();
    const { lookups } = machine.counts('utlb');
    expect(machine.translate(3)).toBe(2);
    expect(machine.counts('utlb').lookups).toBe(lookups);
  });
});

describe('O21: what an invalidation costs a working set that fits', () => {
  it('after a flush the next pass misses exactly the resident set', () => {
    const machine = filled(range(500));
    machine.execute('TLBI_NH_ASID', { ASID: 1 });
    machine.translateAll(range(500));
    expect(machine.counts('main')).toMatchObject({ misses: 1000, missesByCause: { cold: 500, collateral: 500 } });
  });

  it.each([
    [7, 1],
    [700, 0],
  ])('TLBI_VA of page %i costs %i extra misses', (ADDR, extra) => {
    const machine = filled(range(500));
    machine.execute('TLBI_NH_VA', { ASID: 1, ADDR });
    machine.translateAll(range(500));
    expect(machine.counts('main').misses).toBe(500 + extra);
  });
});

describe('O22: block entries', () => {
  it.each([0, 4])('512 pages of one 2 MiB mapping miss once, with %i ways', (ways) => {
    const machine = new Machine({ ...MAIN, 'tlb.main.ways': ways });
    machine.translateAll(range(512, 0x400), { sizeLog2: 21 });
    expect(machine.counts('main')).toMatchObject({ lookups: 512, misses: 1, occupancy: 1 });
  });

  it('blocks spread over the sets like pages (gem5 files them all in a few, M §1.8)', () => {
    const machine = new Machine({ ...onlyMainTlb(64, 'lru', 4) });
    const blocks = range(64).map((index) => index * 512);
    machine.translateAll(blocks, { sizeLog2: 21 });
    machine.translateAll(blocks, { sizeLog2: 21 });
    expect(machine.counts('main')).toMatchObject({ misses: 64, hits: 64 });
  });

  it('an unknown page size is the granule, or 4 KiB', () => {
    const machine = new Machine(MAIN);
    machine.translateAll(range(16), { sizeLog2: 0, granuleLog2: 16 });
    expect(machine.counts('main').misses).toBe(1);
    machine.translateAll(range(16, 64), { sizeLog2: 0, granuleLog2: 0 });
    expect(machine.counts('main').misses).toBe(17);
  });

  it('a nested entry has the smaller size of both stages', () => {
    const machine = new Machine({ ...MAIN, 'walk.stage': 'nested', 'walk.s2_page_log2': 16 });
    machine.translateAll(range(512), { sizeLog2: 21 });
    expect(machine.counts('main').misses).toBe(32);
    const other = new Machine({ ...MAIN, 'walk.stage': 'nested', 'walk.s2_page_log2': 30 });
    other.translateAll(range(512), { sizeLog2: 12 });
    expect(other.counts('main').misses).toBe(512);
  });
});
