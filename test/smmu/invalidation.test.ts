/** What each command takes away: single cases in words, and relations that hold for all scripts. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Smmu } from '../../src/smmu/smmu.js';
import { Stage } from '../../src/smmu/stage.js';
import type { CommandWords } from '../../src/trace/command.js';
import { opcodeClass, opcodeKey } from '../../src/trace/opcodes.js';
import { anyCommand, tlbi, world } from './support/commands.js';
import { Machine, randomIntegers, range } from './support/machine.js';
import { onlyMainTlb, settings } from './support/settings.js';

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

/** An access, or the invalidation of a page (which some host paths widen to its ASID). */
interface Access {
  readonly page: number;
  readonly asid: number;
  readonly drops: boolean;
  readonly widens: boolean;
}
const access: fc.Arbitrary<Access> = fc.record({
  page: fc.nat(30),
  asid: fc.constantFrom(1, 2),
  drops: fc.constantFrom(false, false, false, true),
  widens: fc.boolean(),
});
const accesses = fc.array(access, { maxLength: 200, size: 'max' });

/** Replay with per-page invalidations, or with some widened to the ASID. */
function replay(script: readonly Access[], isWidened: boolean, entries: number): Machine {
  const machine = new Machine(onlyMainTlb(entries, 'lru'));
  for (const { page, asid, drops, widens } of script) {
    if (!drops) machine.translate(page, { asid });
    else {
      const number = machine.condemn('TLBI_NH_VA', { ASID: asid, ADDR: page });
      if (isWidened && widens) machine.execute('TLBI_NH_ASID', { ASID: asid });
      else machine.execute('TLBI_NH_VA', { ASID: asid, ADDR: page });
      machine.smmu.syncSeen(number);
    }
  }
  return machine;
}

describe('over-invalidation', () => {
  it('O23: extra misses = resident, not targeted pages that are used again, each counted as collateral', () => {
    fc.assert(
      fc.property(accesses, (script) => {
        const exact = replay(script, false, 4096);
        const wide = replay(script, true, 4096);
        const resident = new Set<string>();
        const robbed = new Set<string>();
        let reused = 0;
        for (const { page, asid, drops, widens } of script) {
          const key = `${asid}:${page}`;
          if (!drops) {
            if (robbed.delete(key)) reused++;
            resident.add(key);
          } else if (!widens) {
            resident.delete(key);
            robbed.delete(key);
          } else {
            for (const other of [...resident]) {
              if (!other.startsWith(`${asid}:`)) continue;
              resident.delete(other);
              if (other !== key) robbed.add(other);
            }
            robbed.delete(key);
          }
        }
        const misses = (machine: Machine): number => machine.snapshot.infiniteMisses ?? 0;
        expect(misses(wide) - misses(exact)).toBe(reused);
        expect(wide.counts('main').missesByCause?.collateral).toBe(reused);
        expect(exact.counts('main').missesByCause?.collateral).toBe(0);
      }),
      { numRuns: 100 },
    );
  });

  it('O46: with an infinite TLB a larger invalidation never reduces misses', () => {
    fc.assert(
      fc.property(accesses, fc.constantFrom(4, 4096), (script, entries) => {
        const exact = replay(script, false, entries).snapshot;
        const wide = replay(script, true, entries).snapshot;
        expect(wide.infiniteMisses).toBeGreaterThanOrEqual(exact.infiniteMisses ?? 0);
        expect(wide.invalidationInduced).toBeGreaterThanOrEqual(exact.invalidationInduced ?? 0);
      }),
      { numRuns: 100 },
    );
  });

  it('O46: with a finite LRU it may: C = 2, contents x, y; then z, x cost 2 misses, but 1 after y is dropped', () => {
    const missesAfter = (drops: boolean): number => {
      const machine = filled([1, 2], 2);
      if (drops) machine.execute('TLBI_NH_VA', { ASID: 1, ADDR: 2 });
      machine.translateAll([3, 1]);
      return machine.counts('main').misses - 2;
    };
    expect([missesAfter(false), missesAfter(true)]).toEqual([2, 1]);
  });

  it('the infinite TLB’s misses are those of a TLB that holds everything', () => {
    fc.assert(
      fc.property(accesses, (script) => {
        const small = replay(script, true, 3);
        const large = replay(script, true, 4096);
        expect(small.snapshot.infiniteMisses).toBe(large.counts('main').misses);
        const { cold, invalidated, collateral } = large.counts('main').missesByCause ?? {
          cold: 0,
          invalidated: 0,
          collateral: 0,
        };
        expect(small.snapshot.invalidationInduced).toBe(invalidated + collateral);
        expect(small.counts('main').missesByCause?.cold).toBe(cold);
      }),
      { numRuns: 60 },
    );
  });
});

/** Everything observable: counters of all structures, then the latency of looking at every page once more. */
function behaviour(smmu: Smmu, pages: readonly number[]): number[] {
  return pages.flatMap((page) =>
    [1, 2].map((asid) => smmu.translate(8, -1, asid, 0, page, 12, 12, Stage.Default, false)),
  );
}

describe('order and repetition', () => {
  const POLICIES = ['lru', 'round-robin', 'random', 'rrip'];

  it('O49: permuting commands of one class between two SYNCs changes nothing that can be observed', () => {
    const scripts = world.chain((of) =>
      fc.record({
        policy: fc.constantFrom(...POLICIES),
        pages: fc.array(fc.constantFrom(...of.pages), { minLength: 5, maxLength: 40, size: 'max' }),
        commands: fc.array(
          anyCommand(of).filter((words) => opcodeClass(words[0]) !== undefined),
          { minLength: 2, maxLength: 8 },
        ),
        seed: fc.nat(1000),
      }),
    );
    fc.assert(
      fc.property(scripts, ({ policy, pages, commands, seed }) => {
        const given = settings({
          'tlb.main.entries': 8,
          'tlb.main.policy': policy,
          'tlb.utlb.entries': 4,
          'tlb.utlb.policy': policy,
        });
        const run = (order: readonly CommandWords[]): number[] => {
          const smmu = new Smmu(given, { atcEntries: () => 4 });
          behaviour(smmu, pages);
          let removed = 0;
          for (const words of order) removed += smmu.execute(...words, -1);
          return [removed, ...behaviour(smmu, pages), ...behaviour(smmu, pages)];
        };
        const order = randomIntegers(commands.length, 1000, seed + 1);
        const permuted = commands
          .map((words, index) => ({ words, rank: order[index] }))
          .sort((a, b) => a.rank - b.rank);
        expect(run(permuted.map((one) => one.words))).toEqual(run(commands));
      }),
      { numRuns: 150 },
    );
  });

  it('O50: repeating a command at once removes nothing', () => {
    fc.assert(
      fc.property(
        world.chain((of) => fc.tuple(fc.constant(of.pages), anyCommand(of))),
        ([pages, words]) => {
          const smmu = new Smmu(settings({ 'cache.ipa.enable': true }), { atcEntries: () => 16 });
          behaviour(smmu, pages);
          smmu.execute(...words, -1);
          expect(smmu.execute(...words, -1)).toBe(0);
        },
      ),
    );
  });

  it('O55: commands of one VM change entries of that VM only', () => {
    const scripts = world.chain((of) => {
      const ofThree = tlbi({ ...of, vmids: [3] }).filter((words) => opcodeKey(words[0]) !== 'TLBI_NSNH_ALL');
      return fc.tuple(fc.constant(of), fc.array(ofThree, { maxLength: 20, size: 'max' }));
    });
    fc.assert(
      fc.property(scripts, ([of, commands]) => {
        const smmu = new Smmu(settings({ 'cache.ipa.enable': true, ...NO_ATC }));
        for (const vmid of [3, 4]) {
          for (const asid of of.asids) {
            for (const page of of.pages) {
              smmu.translate(vmid, -1, asid, vmid, page, 12, 12, Stage.Nested, false);
              smmu.translate(vmid, -1, asid, vmid, page, 12, 12, Stage.S2, false);
            }
          }
        }
        const before = entriesOf(smmu, 4);
        expect(before.length).toBeGreaterThan(0);
        for (const words of commands) smmu.execute(...words, -1);
        expect(entriesOf(smmu, 4)).toEqual(before);
      }),
    );
  });
});

/** Slots of all entries of a VM, by structure. */
function entriesOf(smmu: Smmu, vmid: number): string[] {
  const { utlb, main } = smmu.tbus[0];
  const structures = [utlb, main, smmu.ipa, ...(smmu.walkS1?.parts ?? []), ...(smmu.walkS2?.parts ?? [])];
  return structures.flatMap((structure, index) => {
    if (structure === null) return [];
    const { keys } = structure.cache;
    const slots = Array.from(keys.covered.subarray(0, keys.collectAll()));
    return slots
      .filter((slot) => keys.contexts.group[keys.contexts.groupOf[keys.context(slot)]] === vmid)
      .map((slot) => `${index}:${slot}:${keys.basePage(slot)}`)
      .sort();
  });
}
