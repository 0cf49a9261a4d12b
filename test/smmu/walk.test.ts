/** Walks as reads by level, and gem5's closed forms for unloaded latency. */
import { describe, expect, it } from 'vitest';
import { Smmu } from '../../src/smmu/smmu.js';
import { Stage } from '../../src/smmu/stage.js';
import { Machine, range } from './support/machine.js';
import { type Overrides, settings } from './support/settings.js';

const NO_CACHES: Overrides = {
  'tlb.utlb.enable': false,
  'tlb.main.enable': false,
  'cache.config.enable': false,
  'cache.walk_s1.enable': false,
  'cache.walk_s2.enable': false,
  'atc.enable': false,
  'walk.cd_levels': 1,
};

/** Descriptor reads of one cold translation, those for the configuration left out. */
function coldReads(overrides: Overrides, stage: Stage, sizeLog2: number, granuleLog2 = 12): number {
  const machine = new Machine({ ...NO_CACHES, ...overrides, 'cache.config.enable': true });
  machine.smmu.bypass(8, -1);
  machine.translate(0x12345, { stage, sizeLog2, granuleLog2 });
  return machine.snapshot.walkReads;
}

describe('O24: descriptor reads of a walk from cold', () => {
  it.each([
    ['stage 1 only', {}, Stage.S1, 12, 4],
    ['stage 2 only', {}, Stage.S2, 12, 4],
    ['nested 4 + 4', {}, Stage.Nested, 12, 24],
    ['nested 3 + 3', { 'walk.s1_levels': 3, 'walk.s2_levels': 3 }, Stage.Nested, 12, 15],
    ['nested 4 + 3', { 'walk.s2_levels': 3 }, Stage.Nested, 12, 19],
    ['nested 5 + 5', { 'walk.s1_levels': 5, 'walk.s2_levels': 5 }, Stage.Nested, 12, 35],
    ['stage 1 only, 2 MiB', {}, Stage.S1, 21, 3],
    ['stage 1 only, 1 GiB', {}, Stage.S1, 30, 2],
    ['stage 2 only, 2 MiB', {}, Stage.S2, 21, 3],
    ['nested, 2 MiB at both stages', {}, Stage.Nested, 21, 15],
    ['nested, stage 1 2 MiB over stage 2 4 KiB', { 'walk.s2_page_log2': 12 }, Stage.Nested, 21, 19],
    ['nested, stage 1 4 KiB over stage 2 2 MiB', { 'walk.s2_page_log2': 21 }, Stage.Nested, 12, 19],
    ['a contiguous run of 16 pages is at the level of its pages', {}, Stage.S1, 16, 4],
  ] as const)('%s', (_name, overrides, stage, sizeLog2, reads) => {
    expect(coldReads(overrides, stage, sizeLog2)).toBe(reads);
  });

  it.each([
    [14, 14, 4],
    [14, 25, 3],
    [14, 36, 2],
    [16, 16, 3],
    [16, 29, 2],
    [16, 42, 1],
  ])('granule 2^%i, mapping of 2^%i: %i reads for stage 1', (granule, sizeLog2, reads) => {
    expect(coldReads({}, Stage.S1, sizeLog2, granule)).toBe(reads);
  });

  it('general: (s1 + 1)(s2 + 1) − 1', () => {
    for (const s1 of range(5, 1)) {
      for (const s2 of range(5, 1)) {
        const levels = { 'walk.s1_levels': s1, 'walk.s2_levels': s2 };
        expect(coldReads(levels, Stage.Nested, 12)).toBe((s1 + 1) * (s2 + 1) - 1);
      }
    }
  });
});

describe('O25: partial hits in the walk cache', () => {
  const WALK_CACHE: Overrides = {
    ...NO_CACHES,
    'cache.config.enable': true,
    'cache.walk_s1.enable': true,
    'cache.walk_s1.entries': 4096,
    'cache.walk_s1.ways': 0,
    'cache.walk_s1.policy': 'lru',
    'walk.stage': 's1',
  };

  it.each([
    [0b100, 1],
    [0b010, 2],
    [0b001, 3],
    [0b111, 1],
    [0b000, 4],
  ])('levels %i cached: the next page of the region costs %i reads', (mask, reads) => {
    const machine = new Machine({ ...WALK_CACHE, 'cache.walk_s1.levels': mask });
    machine.translate(0x1000);
    const before = machine.snapshot.walkReads;
    expect(before).toBe(4);
    machine.translate(0x1001);
    expect(machine.snapshot.walkReads - before).toBe(reads);
  });

  it.each([1, 2, 511, 512, 513, 5000, 2 ** 18 + 1])(
    'a scan of %i pages reads P + ⌈P/512⌉ + ⌈P/512²⌉ + ⌈P/512³⌉ descriptors',
    (pages) => {
      const machine = new Machine(WALK_CACHE);
      machine.translateAll(range(pages));
      const expected = [0, 1, 2, 3].reduce((sum, level) => sum + Math.ceil(pages / 512 ** level), 0);
      expect(machine.snapshot.walkReads).toBe(expected);
    },
  );

  it('reserved entries by level (gem5) keep a scan of one level from evicting another', () => {
    const machine = new Machine({
      ...WALK_CACHE,
      'cache.walk_s1.ways': 4,
      'cache.walk_s1.entries_l0': 4,
      'cache.walk_s1.entries_l1': 28,
      'cache.walk_s1.entries_l2': 348,
    });
    machine.translateAll(range(1000).map((index) => index * 512));
    const { walkLevels } = machine.snapshot;
    expect(machine.counts('walk_s1').entries).toBe(380);
    expect(walkLevels.s1[0].misses).toBe(1);
    expect(walkLevels.s1[1].misses).toBe(2);
    expect(walkLevels.s1[2].misses).toBe(1000);
  });

  it('a block ends the walk at its level whatever is cached', () => {
    const machine = new Machine(WALK_CACHE);
    machine.translate(0x200, { sizeLog2: 21 });
    expect(machine.snapshot.walkReads).toBe(3);
    machine.translate(0x400, { sizeLog2: 21 });
    expect(machine.snapshot.walkReads).toBe(4);
  });
});

describe('faults', () => {
  it('a translation that faults fills nothing but its configuration, and counts its lookups and reads', () => {
    const machine = new Machine({ 'cache.ipa.enable': true, 'tlb.tcu.enable': true });
    machine.translate(0x77, { fault: true });
    machine.translate(0x77, { fault: true });
    const { structures, faults, walks, walkReadsS1 } = machine.snapshot;
    expect({ faults, walks, walkReadsS1 }).toEqual({ faults: 2, walks: 2, walkReadsS1: 8 });
    for (const name of ['utlb', 'main', 'tcu'] as const) {
      expect(structures[name]).toMatchObject({ lookups: 2, misses: 2, fills: 0, missesByCause: { cold: 2 } });
    }
    expect(structures.walk_s1).toMatchObject({ lookups: 6, fills: 0 });
    expect(structures.config).toMatchObject({ lookups: 2, hits: 1, fills: 1 });
  });

  it('an ATS request that faults leaves the ATC empty', () => {
    const machine = new Machine();
    machine.translate(0x77, { fault: true });
    expect(machine.counts('atc')).toMatchObject({ lookups: 1, misses: 1, fills: 0 });
    expect(machine.snapshot.atsRequests).toBe(1);
  });

  it('a stream that bypasses or aborts looks up its configuration only', () => {
    const machine = new Machine();
    machine.smmu.bypass(16, -1);
    machine.smmu.bypass(16, -1);
    const { structures, steFetches, cdFetches } = machine.snapshot;
    expect(structures.config).toMatchObject({ lookups: 2, hits: 1 });
    expect({ steFetches, cdFetches, utlb: structures.utlb?.lookups }).toEqual({ steFetches: 1, cdFetches: 0, utlb: 0 });
  });
});

describe('O26: gem5’s unloaded latency (cycles as ns), Tm = 83', () => {
  const TM = 83;
  const GEM5: Overrides = {
    'atc.enable': false,
    'walk.s2_nonfinal': false,
    'walk.ste_levels': 1,
    'walk.cd_levels': 1,
  };
  const latencies = (stage: Stage, pages: readonly number[]): number[] => {
    const smmu = new Smmu(settings(GEM5), { atcEntries: () => 0 });
    smmu.bypass(8, -1);
    return pages.map((page) => smmu.translate(8, -1, 1, 0, page, 12, 12, stage, false));
  };

  it('micro TLB hit 3, main TLB hit 6', () => {
    const pages = [...range(40), 0, 0];
    const ns = latencies(Stage.S1, pages);
    expect(ns.slice(-2)).toEqual([6, 3]);
  });

  it.each([
    ['stage 1 only', Stage.S1, 46 + 4 * TM, 32 + TM],
    ['stage 2 only', Stage.S2, 46 + 4 * TM, 32 + TM],
    ['nested', Stage.Nested, 103 + 24 * TM, 39 + 2 * TM],
  ] as const)('%s: cold, then with the last table cached', (_name, stage, cold, warm) => {
    expect(latencies(stage, [0x5000, 0x5001])).toEqual([cold, warm]);
  });

  it('configuration miss adds 2(1 + Tm) linear, 4(1 + Tm) + 2(9 + 4Tm) two-level and nested', () => {
    const first = (overrides: Overrides, stage: Stage): number =>
      new Smmu(settings({ ...GEM5, ...overrides }), { atcEntries: () => 0 }).translate(
        8,
        -1,
        1,
        0,
        1,
        12,
        12,
        stage,
        false,
      );
    expect(first({}, Stage.S1)).toBe(46 + 4 * TM + 2 * (1 + TM));
    const twoLevels = { 'walk.ste_levels': 2, 'walk.cd_levels': 2 };
    expect(first(twoLevels, Stage.Nested)).toBe(103 + 24 * TM + 4 * (1 + TM) + 2 * (9 + 4 * TM));
  });
});

describe('O37: device TLB (HyperTRIO’s parameters)', () => {
  const HYPERTRIO: Overrides = {
    ...NO_CACHES,
    'cache.config.enable': true,
    'cache.config.latency_ns': 0,
    'atc.enable': true,
    'atc.latency_ns': 0,
    'atc.ats_request_ns': 900,
    'smmu.mem_latency_ns': 50,
    'walk.setup_ns': 0,
    'walk.read_overhead_ns': 0,
    'link.device_port_ns': 0,
    'link.request_port_ns': 0,
    'link.tbu_tcu_ns': 0,
    'link.tcu_tbu_ns': 0,
  };

  it('a miss costs 2 · 450 + 24 · 50 = 2100 ns; the mean is 2 + (1 − h) · 2100 when every lookup costs 2', () => {
    const machine = new Machine({ ...HYPERTRIO, 'atc.latency_ns': 2 });
    machine.smmu.bypass(8, -1);
    const pages = range(4000).map((index) => (index % 4 === 0 ? index + 100 : 7));
    const total = pages.reduce((sum, page) => sum + machine.translate(page), 0);
    const { hits, lookups } = machine.counts('atc');
    expect(total).toBe(2 * lookups + (lookups - hits) * 2100);
  });
});
