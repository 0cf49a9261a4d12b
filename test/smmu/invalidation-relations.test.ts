/** Relations between invalidations that hold for all scripts: wider, permuted, repeated, another VM's. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Smmu } from '../../src/smmu/smmu.js';
import { Stage } from '../../src/smmu/stage.js';
import type { CommandWords } from '../../src/trace/command.js';
import { opcodeClass, opcodeKey } from '../../src/trace/opcodes.js';
import { anyCommand, tlbi, world } from './support/commands.js';
import { Machine, randomIntegers } from './support/machine.js';
import { onlyMainTlb, settings } from './support/settings.js';

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
      const number = machine.markStale('TLBI_NH_VA', { ASID: asid, ADDR: page });
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
      const machine = new Machine(onlyMainTlb(2, 'lru'));
      machine.translateAll([1, 2]);
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
        const smmu = new Smmu(settings({ 'cache.ipa.enable': true, 'atc.enable': false }));
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
    const { keys } = structure.mappings;
    return [...structure.cache.recordOf]
      .flatMap((record, slot) => {
        if (record < 0) return [];
        const isOfVm = keys.contexts.group[keys.contexts.groupOf[keys.context(record)]] === vmid;
        return isOfVm ? [`${index}:${slot}:${keys.basePage(record)}`] : [];
      })
      .sort();
  });
}
