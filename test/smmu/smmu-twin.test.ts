/**
 * The whole model against its brute-force twin: random translations, host commands, guest commands and SYNCs; latency,
 * contents, miss causes, stale uses and every counter must be equal (O41, O42, and the definitions of design §7).
 */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CAUSE_NAMES } from '../../src/smmu/counters.js';
import { Smmu } from '../../src/smmu/smmu.js';
import { takeSnapshot } from '../../src/smmu/snapshot.js';
import { Stage } from '../../src/smmu/stage.js';
import type { CommandWords } from '../../src/trace/command.js';
import { anyCommand, type World, world } from './support/commands.js';
import { type NaiveRequest, NaiveSmmu, type NaiveStage } from './support/naive-smmu.js';
import { DEFAULTS, type Overrides, settings } from './support/settings.js';

type Step =
  | { readonly kind: 'translate'; readonly request: Omit<NaiveRequest, 'stage'> & { readonly stage: NaiveStage } }
  | { readonly kind: 'execute'; readonly words: CommandWords; readonly targetSid: number }
  | { readonly kind: 'markStale'; readonly words: CommandWords; readonly queue: number }
  | { readonly kind: 'forward'; readonly words: CommandWords; readonly queue: number }
  | { readonly kind: 'sync'; readonly queue: number; readonly back: number };

const STAGES: Readonly<Record<NaiveStage, Stage>> = { s1: Stage.S1, s2: Stage.S2, nested: Stage.Nested };

function requests(of: World): fc.Arbitrary<NaiveRequest> {
  return fc.record({
    sid: fc.constantFrom(...of.sids),
    ssid: fc.constantFrom(...of.ssids),
    asid: fc.constantFrom(...of.asids),
    vmid: fc.constantFrom(...of.vmids),
    page: fc.constantFrom(...of.pages).map(BigInt),
    pageSizeLog2: fc.constantFrom(0, ...of.sizes),
    granuleLog2: fc.constantFrom(0, 12, 12, 12, 14, 16),
    stage: fc.constantFrom<NaiveStage>('s1', 'nested', 'nested', 'nested', 's2'),
    fault: fc.constantFrom(false, false, false, false, true),
  });
}

const queue = fc.constantFrom(0, 0, 1);

function scripts(of: World): fc.Arbitrary<Step[]> {
  const command = anyCommand(of);
  const step: fc.Arbitrary<Step> = fc.oneof(
    { weight: 16, arbitrary: requests(of).map((request): Step => ({ kind: 'translate', request })) },
    {
      weight: 1,
      arbitrary: fc
        .tuple(command, fc.constantFrom(-1, -1, ...of.sids))
        .map(([words, targetSid]): Step => ({ kind: 'execute', words, targetSid })),
    },
    {
      weight: 2,
      arbitrary: fc.tuple(command, queue).map(([words, q]): Step => ({ kind: 'markStale', words, queue: q })),
    },
    {
      weight: 2,
      arbitrary: fc.tuple(command, queue).map(([words, q]): Step => ({ kind: 'forward', words, queue: q })),
    },
    {
      weight: 2,
      arbitrary: fc
        .tuple(queue, fc.constantFrom(0, 0, 1, 2))
        .map(([q, back]): Step => ({ kind: 'sync', queue: q, back })),
    },
  );
  return fc.array(step, { minLength: 1, maxLength: 200, size: 'max' });
}

/** Small structures, so that everything happens in short scripts. */
const SMALL: Overrides = {
  'tlb.utlb.entries': 3,
  'tlb.main.entries': 8,
  'tlb.main.ways': 2,
  'cache.config.entries': 4,
  'cache.config.ways': 2,
  'cache.walk_s1.entries': 8,
  'cache.walk_s1.ways': 4,
  'cache.walk_s2.entries': 8,
  'cache.walk_s2.ways': 0,
  'cache.ipa.entries': 4,
  'cache.ipa.ways': 0,
  'atc.entries': 4,
};

const MACHINES: readonly { name: string; set: Overrides; tbus: number; hasAts: boolean }[] = [
  { name: 'defaults, one TBU', set: {}, tbus: 1, hasAts: false },
  {
    name: 'all structures, one TBU',
    set: { 'tlb.tcu.enable': true, 'tlb.tcu.entries': 12, 'cache.ipa.enable': true },
    tbus: 1,
    hasAts: true,
  },
  {
    name: 'all structures, two TBUs',
    set: { 'tlb.tcu.enable': true, 'tlb.tcu.entries': 12, 'cache.ipa.enable': true },
    tbus: 2,
    hasAts: true,
  },
  {
    name: 'LRU everywhere',
    set: { 'tlb.utlb.policy': 'lru', 'tlb.main.policy': 'lru', 'cache.walk_s1.policy': 'lru', 'atc.policy': 'rrip' },
    tbus: 1,
    hasAts: true,
  },
  {
    name: 'flush when full, no micro TLB, configuration first',
    set: {
      'tlb.utlb.enable': false,
      'tlb.main.policy': 'flush-when-full',
      'tlb.main.ways': 0,
      'cache.config.first': true,
      'cache.walk_s1.enable': false,
      'cache.walk_s2.enable': false,
    },
    tbus: 1,
    hasAts: false,
  },
  {
    name: 'stage 2 of 4 KiB pages, walk caches of some levels',
    set: {
      'walk.s2_page_log2': 12,
      'walk.s2_granule_log2': 12,
      'cache.walk_s1.levels': 5,
      'cache.walk_s2.levels': 2,
      'walk.s2_nonfinal': false,
    },
    tbus: 1,
    hasAts: true,
  },
  {
    name: 'five levels, linear stream table',
    set: {
      'walk.s1_levels': 5,
      'walk.s2_levels': 3,
      'walk.ste_levels': 1,
      'walk.cd_levels': 1,
      'cache.config.enable': false,
    },
    tbus: 1,
    hasAts: false,
  },
  {
    name: 'TTL taken at its word, IPA cache and shared TLB',
    set: { 'smmu.ttl': 'strict', 'tlb.tcu.enable': true, 'tlb.tcu.entries': 12, 'cache.ipa.enable': true },
    tbus: 1,
    hasAts: true,
  },
  {
    name: 'TTL taken at its word, stage 2 of 16 KiB pages, two TBUs',
    set: {
      'smmu.ttl': 'strict',
      'tlb.tcu.enable': true,
      'tlb.tcu.entries': 12,
      'walk.s2_page_log2': 14,
      'cache.ipa.enable': true,
    },
    tbus: 2,
    hasAts: false,
  },
  { name: 'no TLB at all', set: { 'tlb.utlb.enable': false, 'tlb.main.enable': false }, tbus: 2, hasAts: true },
];

describe.each(MACHINES)('$name', ({ set, tbus, hasAts }) => {
  const tcuWays = { 'tlb.tcu.ways': 0 };
  const given = settings({ ...SMALL, ...tcuWays, ...set });
  const atcEntries = (sid: number): number => (hasAts && sid !== 9 ? (DEFAULTS['atc.entries'] as number) / 16 : 0);
  const tbuOf = (sid: number): number => sid % tbus;

  it('O23 O41 O42 O45: equals the brute-force twin in latency, counters, causes and stale uses', () => {
    fc.assert(
      fc.property(world.chain(scripts), (script) => {
        const smmu = new Smmu(given, { atcEntries, ...(tbus === 1 ? {} : { tbuOf }) });
        const naive = new NaiveSmmu(given, tbuOf, atcEntries);
        let command = 0;
        script.forEach((one, event) => {
          smmu.access.eventNumber = event;
          naive.world.event = event;
          if (one.kind === 'translate') {
            const { sid, ssid, asid, vmid, page, pageSizeLog2, granuleLog2, stage, fault } = one.request;
            naive.note(one.request);
            const ns = smmu.translate(
              sid,
              ssid,
              asid,
              vmid,
              Number(page),
              pageSizeLog2,
              granuleLog2,
              STAGES[stage],
              fault,
            );
            expect(ns).toBe(naive.translate(one.request));
          } else if (one.kind === 'sync') {
            smmu.syncSeen(command - one.back, one.queue);
            naive.syncSeen(command - one.back, one.queue);
          } else {
            if (one.kind !== 'execute') {
              command++;
              smmu.markStale(...one.words, command, one.queue);
              naive.markStale(one.words, command, one.queue);
            }
            const targetSid = one.kind === 'execute' ? one.targetSid : -1;
            if (one.kind !== 'markStale') {
              expect(smmu.execute(...one.words, targetSid)).toBe(naive.execute(one.words, targetSid));
            }
          }
        });
        compare(smmu, naive);
      }),
      { numRuns: 150 },
    );
  });
});

function compare(smmu: Smmu, naive: NaiveSmmu): void {
  const snapshot = takeSnapshot(smmu);
  expect(snapshot.walkReads).toBe(naive.walkReads);
  expect(snapshot.steFetches + snapshot.steL1Fetches + snapshot.cdFetches + snapshot.cdL1Fetches).toBe(
    naive.configReads,
  );
  expect(snapshot.infiniteMisses).toBe(naive.infiniteMisses);
  expect(snapshot.invalidationInduced).toBe(naive.induced);
  expect(smmu.staleUse?.first).toEqual(naive.world.violations);
  for (const [name, counted] of Object.entries(snapshot.structures)) {
    const twins = naive.all.filter((one) => one.name === name);
    const total = (pick: (one: (typeof twins)[number]) => number): number =>
      twins.reduce((sum, one) => sum + pick(one), 0);
    const { missesByCause, entries: _entries, ...rest } = counted;
    expect(rest, name).toEqual({
      lookups: total((one) => one.counts.lookups),
      hits: total((one) => one.counts.hits),
      misses: total((one) => one.counts.misses),
      fills: total((one) => one.cache.fills),
      evictions: total((one) => one.cache.evictions),
      invalidated: total((one) => one.cache.invalidated),
      occupancy: total((one) => one.cache.lines.length),
      staleInWindow: total((one) => one.counts.staleInWindow),
      staleAfterSync: total((one) => one.counts.staleAfterSync),
    });
    expect(missesByCause, name).toEqual(
      Object.fromEntries(CAUSE_NAMES.map((cause) => [cause, total((one) => one.counts[cause])])),
    );
    expect(counted.lookups).toBe(counted.hits + counted.misses);
    expect(Object.values(missesByCause ?? {}).reduce((sum, count) => sum + count, 0)).toBe(counted.misses);
    expect(counted.fills - counted.evictions - counted.invalidated).toBe(counted.occupancy);
    expect(counted.occupancy).toBeLessThanOrEqual(counted.entries);
    const devices = snapshot.devices.map((device) => device.structures[name as keyof typeof device.structures]);
    for (const key of ['lookups', 'hits', 'misses', 'staleInWindow', 'staleAfterSync'] as const) {
      expect(
        devices.reduce((sum, device) => sum + (device?.[key] ?? 0), 0),
        `${name} by device`,
      ).toBe(counted[key]);
    }
  }
}
