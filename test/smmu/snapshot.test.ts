/** Reading the counters: snapshots, differences, PMU names, devices, TBUs. */
import { describe, expect, it } from 'vitest';
import { CACHE_PARAMETERS } from '../../src/profiles/cache-parameters.js';
import { pmuCounters } from '../../src/smmu/pmu-names.js';
import { difference } from '../../src/smmu/snapshot.js';
import { Machine, randomIntegers, range } from './support/machine.js';
import { DEFAULTS } from './support/settings.js';

describe('snapshots', () => {
  it('a difference leaves the warm-up out, and keeps what is a state', () => {
    const machine = new Machine();
    machine.translateAll(range(100));
    const before = machine.snapshot;
    machine.translateAll(range(100));
    machine.translate(5000, { sid: 16 });
    const measured = difference(machine.snapshot, before);
    expect(measured.translations).toBe(101);
    expect(measured.structures.atc).toMatchObject({ entries: 128, lookups: 101, occupancy: 65 });
    expect(measured.devices.map((device) => [device.sid, device.structures.atc?.lookups])).toEqual([
      [8, 100],
      [16, 1],
    ]);
    expect(difference(before, before).structures.main).toMatchObject({
      lookups: 0,
      misses: 0,
      fills: 0,
      occupancy: 100,
    });
  });

  it('a snapshot does not change afterwards', () => {
    const machine = new Machine();
    machine.translate(1);
    const before = machine.snapshot;
    const copy = structuredClone(before);
    machine.translateAll(range(1000));
    expect(before).toEqual(copy);
  });

  it('counters have the names of the MMU-700’s events', () => {
    const machine = new Machine();
    machine.translateAll(randomIntegers(500, 3000, 1));
    const { structures, walkLevels } = machine.snapshot;
    const names = pmuCounters(machine.snapshot);
    expect(names).toMatchObject({
      tbu_utlb_lookup: structures.utlb?.lookups,
      tbu_utlb_miss: structures.utlb?.misses,
      tbu_mtlb_lookup: structures.main?.lookups,
      tbu_mtlb_miss: structures.main?.misses,
      tcu_cc_lookup: structures.config?.lookups,
      tcu_cc_miss: structures.config?.misses,
      tcu_wc_s1l2_lookup: walkLevels.s1[2].lookups,
      tcu_wc_s2l0_miss: walkLevels.s2[0].misses,
    });
    expect(Object.keys(names)).toHaveLength(18);
    const lookups = walkLevels.s1.reduce((sum, level) => sum + level.lookups, 0);
    expect(structures.walk_s1?.lookups).toBe(lookups);
  });

  it('a structure that is switched off is absent, not zero', () => {
    const { structures, walkLevels } = new Machine({ 'tlb.utlb.enable': false, 'cache.walk_s2.enable': false })
      .snapshot;
    expect(Object.keys(structures)).toEqual(['main', 'config', 'walk_s1']);
    expect(walkLevels.s2).toEqual([]);
  });

  it('streams of different TBUs share nothing but the TCU', () => {
    const machine = new Machine({ 'atc.enable': false, 'tlb.tcu.enable': true }, { tbuOf: (sid) => sid % 2 });
    machine.translateAll([1, 2, 3], { sid: 0 });
    machine.translateAll([1, 2, 3], { sid: 1 });
    const { structures } = machine.snapshot;
    expect(structures.main).toMatchObject({ entries: 4096, misses: 6, missesByCause: { cold: 6 } });
    expect(structures.tcu).toMatchObject({ entries: 2048, misses: 3, hits: 3 });
  });

  it('ATC entries come from the device, and without ATS there is no ATC', () => {
    const machine = new Machine({}, { atcEntries: (sid) => (sid === 16 ? 256 : 0) });
    machine.translate(1, { sid: 8 });
    expect(machine.snapshot.structures.atc).toBeUndefined();
    machine.translate(1, { sid: 16 });
    expect(machine.counts('atc').entries).toBe(256);
  });
});

describe('parameters', () => {
  it('every declared key has a test default and is declared once', () => {
    const keys = CACHE_PARAMETERS.map((spec) => spec.key);
    expect(new Set(keys).size).toBe(keys.length);
    expect(keys.filter((key) => DEFAULTS[key] === undefined)).toEqual([]);
  });
});
