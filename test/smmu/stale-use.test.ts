/** The stale-use oracle (design §7, O45) and the causes of misses, case by case. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Smmu } from '../../src/smmu/smmu.js';
import { takeSnapshot } from '../../src/smmu/snapshot.js';
import { Stage } from '../../src/smmu/stage.js';
import type { CommandWords } from '../../src/trace/command.js';
import { anyCommand, world } from './support/commands.js';
import { Machine, range } from './support/machine.js';
import { onlyMainTlb, settings } from './support/settings.js';

const MAIN = onlyMainTlb(16, 'lru');
const PAGE = { ASID: 1, ADDR: 7 };
const stale = (machine: Machine): number[] => [machine.snapshot.staleInWindow, machine.snapshot.staleAfterSync];

describe('O45: stale use', () => {
  it('a hit between the command and its SYNC is legal and counted apart', () => {
    const machine = new Machine(MAIN);
    machine.translate(7);
    const number = machine.markStale('TLBI_NH_VA', PAGE);
    machine.translate(7);
    expect(stale(machine)).toEqual([1, 0]);
    machine.execute('TLBI_NH_VA', PAGE);
    machine.smmu.syncSeen(number);
    machine.translate(7);
    expect(stale(machine)).toEqual([1, 0]);
  });

  it('a hit after the SYNC, because the host dropped the command, is a violation and is named', () => {
    const machine = new Machine(MAIN);
    machine.translateAll([5, 6, 7]);
    machine.markStale('TLBI_NH_VA', { ASID: 1, ADDR: 5 });
    const number = machine.markStale('TLBI_NH_VA', PAGE);
    machine.smmu.syncSeen(number);
    machine.smmu.access.eventNumber = 41;
    machine.translate(7);
    expect(stale(machine)).toEqual([0, 1]);
    expect(machine.smmu.staleUse?.first).toEqual([
      { event: 41, structure: 'main', command: 1, queue: 0, sid: 8, iova: '0x7000' },
    ]);
  });

  it('only the first ten are kept, all are counted', () => {
    const machine = new Machine(MAIN);
    machine.translate(7);
    machine.smmu.syncSeen(machine.markStale('TLBI_NH_VA', PAGE));
    machine.translateAll(range(25).map(() => 7));
    expect(machine.smmu.staleUse?.first).toHaveLength(10);
    expect(stale(machine)).toEqual([0, 25]);
  });

  it('a SYNC completes the commands before it on its own queue only', () => {
    const machine = new Machine(MAIN);
    machine.translateAll([5, 6, 7]);
    const first = machine.markStale('TLBI_NH_VA', { ASID: 1, ADDR: 5 }, 0);
    machine.markStale('TLBI_NH_VA', { ASID: 1, ADDR: 6 }, 1);
    machine.markStale('TLBI_NH_VA', { ASID: 1, ADDR: 7 }, 0);
    machine.smmu.syncSeen(first, 0);
    machine.translateAll([5, 6, 7]);
    expect(stale(machine)).toEqual([2, 1]);
  });

  it('an entry filled after the command is fresh', () => {
    const machine = new Machine(MAIN);
    const number = machine.markStale('TLBI_NH_VA', PAGE);
    machine.translate(7);
    machine.smmu.syncSeen(number);
    machine.translate(7);
    expect(stale(machine)).toEqual([0, 0]);
  });

  it('a copy of a stale entry is stale: from the main TLB into the micro TLB, from the shared TLB into both', () => {
    const machine = new Machine({
      'atc.enable': false,
      'tlb.utlb.entries': 1,
      'tlb.main.entries': 1,
      'tlb.main.ways': 0,
      'tlb.tcu.enable': true,
    });
    machine.translateAll([7, 8]);
    machine.smmu.syncSeen(machine.markStale('TLBI_NH_VA', PAGE));
    machine.translateAll([7, 7]);
    expect(machine.smmu.staleUse?.first.map((one) => one.structure)).toEqual(['tcu', 'utlb']);
  });

  it('TLBIs mark translations stale and tables, ATC_INV the ATC, CFGI configurations', () => {
    const touched = (markStale: (machine: Machine) => number, pages: readonly number[], asid = 1): string[] => {
      const machine = new Machine({ 'cache.ipa.enable': true, 'atc.entries': 1, 'tlb.utlb.enable': false });
      machine.translateAll([7, 8]);
      machine.smmu.syncSeen(markStale(machine));
      machine.translateAll(pages, { asid });
      return [...new Set(machine.smmu.staleUse?.first.map((one) => one.structure))].sort();
    };
    expect(touched((machine) => machine.markStale('TLBI_NH_VA', { ...PAGE, LEAF: 1 }), [7])).toEqual(['main']);
    expect(touched((machine) => machine.markStale('TLBI_NH_ASID', { ASID: 1 }), [8, 7])).toEqual(['main']);
    expect(touched((machine) => machine.markStale('TLBI_NH_VA', PAGE), [9])).toEqual(['walk_s1']);
    expect(touched((machine) => machine.markStale('ATC_INV', { SID: 8, ADDR: 8 }), [8])).toEqual(['atc']);
    expect(touched((machine) => machine.markStale('CFGI_STE', { SID: 8 }), [9])).toEqual(['config']);
    expect(touched((machine) => machine.markStale('TLBI_S12_VMALL'), [9])).toEqual(['walk_s1', 'walk_s2']);
    expect(touched((machine) => machine.markStale('TLBI_S2_IPA', { ADDR: 7, LEAF: 1 }), [7], 2)).toEqual(['ipa']);
  });

  it('commands that are executed before their SYNC is seen leave no violation, whatever they are', () => {
    const scripts = world.chain((of) =>
      fc.array(
        fc.oneof({ weight: 3, arbitrary: fc.constantFrom(...of.pages) }, { weight: 1, arbitrary: anyCommand(of) }),
        {
          maxLength: 150,
          size: 'max',
        },
      ),
    );
    fc.assert(
      fc.property(scripts, (script) => {
        const smmu = new Smmu(settings({ 'cache.ipa.enable': true }), { atcEntries: () => 8 });
        let number = 0;
        for (const step of script) {
          if (typeof step === 'number') smmu.translate(8, -1, 1, 0, step, 0, 0, Stage.Default, false);
          else {
            smmu.markStale(...(step as CommandWords), ++number);
            smmu.translate(8, -1, 1, 0, 7, 0, 0, Stage.Default, false);
            smmu.execute(...(step as CommandWords), -1);
            smmu.syncSeen(number);
          }
        }
        expect(takeSnapshot(smmu).staleAfterSync).toBe(0);
      }),
      { numRuns: 60 },
    );
  });

  it('safety off: nothing is marked and nothing counted', () => {
    const machine = new Machine(MAIN, { safety: false });
    machine.translate(7);
    machine.smmu.syncSeen(machine.markStale('TLBI_NH_VA', PAGE));
    machine.translate(7);
    expect(stale(machine)).toEqual([0, 0]);
    expect(machine.smmu.staleUse).toBeNull();
  });
});

describe('causes of misses', () => {
  const causes = (machine: Machine): unknown => machine.counts('main').missesByCause;
  const only = (cause: string, count: number, cold: number): object => ({
    cold,
    capacity: 0,
    conflict: 0,
    invalidated: 0,
    collateral: 0,
    [cause]: count,
  });

  it('capacity: more pages than entries', () => {
    const machine = new Machine(MAIN);
    machine.translateAll([...range(17), 0]);
    expect(causes(machine)).toEqual(only('capacity', 1, 17));
  });

  it('conflict: the set is full, a fully associative structure would not be', () => {
    const machine = new Machine(onlyMainTlb(16, 'lru', 2));
    machine.translateAll([0, 8, 16, 0]);
    expect(causes(machine)).toEqual(only('conflict', 1, 3));
  });

  it('conflict: round robin gives away what LRU would have kept', () => {
    const machine = new Machine(onlyMainTlb(2, 'round-robin'));
    machine.translateAll([0, 1, 0, 2, 0]);
    expect(causes(machine)).toEqual(only('conflict', 1, 3));
  });

  it('invalidated: the guest asked for it', () => {
    const machine = new Machine(MAIN);
    machine.translate(7);
    machine.markStale('TLBI_NH_VA', PAGE);
    machine.execute('TLBI_NH_VA', PAGE);
    machine.translate(7);
    expect(causes(machine)).toEqual(only('invalidated', 1, 1));
    expect(machine.snapshot.invalidationInduced).toBe(1);
  });

  it('collateral: only the wider host command took it', () => {
    const machine = new Machine(MAIN);
    machine.translateAll([7, 8]);
    machine.markStale('TLBI_NH_VA', PAGE);
    machine.execute('TLBI_NH_ASID', { ASID: 1 });
    machine.translate(8);
    expect(causes(machine)).toEqual(only('collateral', 1, 2));
  });

  it('an entry filled after the guest command and removed by it counts as invalidated', () => {
    const machine = new Machine(MAIN);
    machine.markStale('TLBI_NH_ASID', { ASID: 1 });
    machine.translate(7);
    machine.execute('TLBI_NH_ASID', { ASID: 1 });
    machine.translate(7);
    expect(causes(machine)).toEqual(only('invalidated', 1, 1));
  });

  it('a key invalidated while it was evicted counts as invalidated', () => {
    const machine = new Machine(MAIN);
    machine.translateAll([7, ...range(16, 100)]);
    machine.markStale('TLBI_NH_VA', PAGE);
    expect(machine.execute('TLBI_NH_VA', PAGE)).toBe(0);
    machine.translate(7);
    expect(causes(machine)).toEqual(only('invalidated', 1, 17));
  });

  it('a loss too old to remember counts as cold, and says so', () => {
    const machine = new Machine(onlyMainTlb(4096, 'lru'));
    const pages = 2 ** 17 + 100;
    for (let page = 0; page < pages; page++) {
      machine.translate(page);
      machine.execute('TLBI_NH_VA', { ASID: 1, ADDR: page });
    }
    machine.translateAll([5, pages - 1]);
    expect(causes(machine)).toEqual(only('collateral', 1, pages + 1));
    expect(machine.snapshot.forgottenLosses).toBe(100);
  });

  it('causes off: no causes, no infinite TLB, equal hits', () => {
    const machine = new Machine(MAIN, { causes: false });
    machine.translateAll([...range(17), 0]);
    expect(machine.counts('main')).toMatchObject({ misses: 18, missesByCause: null });
    expect(machine.snapshot).toMatchObject({ infiniteMisses: null, invalidationInduced: null });
  });
});
