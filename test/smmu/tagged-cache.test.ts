/** TaggedCache against a list that is searched from end to end: every policy, every shape, every invalidation. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { POLICY_NAMES } from '../../src/profiles/cache-parameters.js';
import { ContextTable } from '../../src/smmu/cache/context-table.js';
import { Mappings } from '../../src/smmu/cache/mappings.js';
import { type CacheGeometry, TaggedCache } from '../../src/smmu/cache/tagged-cache.js';
import { PendingCommands } from '../../src/smmu/causes/pending-commands.js';
import { pageHigh, pageLow } from '../../src/smmu/page.js';
import { createPolicy } from '../../src/smmu/policy/registry.js';
import { Domain, Scope } from '../../src/smmu/scope.js';
import type { CommandWords } from '../../src/trace/command.js';
import { atcInv, cfgi, tlbi, type World, world } from './support/commands.js';
import { NaiveCache } from './support/naive-cache.js';
import { covers, type Filing } from './support/naive-coverage.js';

interface Use {
  readonly page: number;
  readonly sizeLog2: number;
  readonly group: number;
  readonly member: number;
}
type Step = Use | CommandWords;

const SHAPES = [
  { entries: 4, ways: 0 },
  { entries: 8, ways: 2 },
  { entries: 12, ways: 4 },
  { entries: 40, ways: 0 },
];

interface FilingCase {
  readonly filing: Filing;
  readonly groups: (of: World) => readonly number[];
  readonly members: (of: World) => readonly number[];
  readonly command: (of: World) => fc.Arbitrary<CommandWords>;
}

const FILINGS: readonly FilingCase[] = [
  { filing: 'translation', groups: (of) => of.vmids, members: (of) => [-1, ...of.asids], command: tlbi },
  { filing: 'atc', groups: (of) => of.sids, members: (of) => of.ssids, command: atcInv },
  {
    filing: 'config',
    groups: (of) => of.sids,
    members: (of) => of.ssids.map((ssid) => Math.max(0, ssid)),
    command: cfgi,
  },
];

function scripts({ groups, members, command }: FilingCase): fc.Arbitrary<Step[]> {
  return world.chain((of) => {
    const use: fc.Arbitrary<Step> = fc.record({
      page: fc.constantFrom(...of.pages),
      sizeLog2: fc.constantFrom(...of.sizes),
      group: fc.constantFrom(...groups(of)),
      member: fc.constantFrom(...members(of)),
    });
    const step = fc.oneof({ weight: 8, arbitrary: use }, { weight: 1, arbitrary: command(of) });
    return fc.array(step, { minLength: 1, maxLength: 150, size: 'max' });
  });
}

/** A structure that shares its mappings with nobody; with or without miss causes it must hold the same. */
function cacheOf(
  geometry: CacheGeometry,
  hasCauses: boolean,
  filing: Filing = 'translation',
): { cache: TaggedCache; contexts: ContextTable } {
  const contexts = new ContextTable();
  const domain = { translation: Domain.Translation, atc: Domain.Atc, config: Domain.Config, table: Domain.Translation };
  const pending = hasCauses ? new PendingCommands() : null;
  return { cache: new TaggedCache(geometry, new Mappings(contexts, domain[filing], false, pending)), contexts };
}

function lookup(cache: TaggedCache, page: number, context: number): number {
  cache.mappings.locate(pageLow(page), pageHigh(page), context);
  return cache.lookup();
}

function fill(cache: TaggedCache, page: number, sizeLog2: number, context: number): number {
  cache.mappings.locate(pageLow(page), pageHigh(page), context);
  return cache.fill(cache.mappings.hold(pageLow(page), pageHigh(page), sizeLog2, context, sizeLog2));
}

/** Contents as text, slot by slot: who is there and in which way. */
function contentsOf(cache: TaggedCache): string[] {
  const { keys } = cache.mappings;
  return [...cache.recordOf]
    .flatMap((record, slot) => {
      if (record < 0) return [];
      const context = keys.context(record);
      const group = keys.contexts.group[keys.contexts.groupOf[context]];
      return [`${slot}: ${keys.basePage(record)}/${keys.sizeLog2(record)} ${group}.${keys.contexts.member[context]}`];
    })
    .sort();
}

function naiveContents(cache: NaiveCache, ways: number): string[] {
  return cache.lines
    .map((line) => `${line.set * ways + line.way}: ${line.base}/${line.sizeLog2} ${line.group}.${line.member}`)
    .sort();
}

describe.each(POLICY_NAMES)('policy %s', (policy) => {
  describe.each(SHAPES)('$entries entries in $ways ways', ({ entries, ways }) => {
    it.each(FILINGS.flatMap((one) => [true, false].map((hasCauses) => ({ ...one, hasCauses }))))(
      'O41 O42: equals the brute-force list, entries filed as $filing, causes $hasCauses',
      (filingCase) => {
        const { filing, hasCauses } = filingCase;
        fc.assert(
          fc.property(scripts(filingCase), (script) => {
            const { cache, contexts } = cacheOf({ entries, ways, policy, seed: 5 }, hasCauses, filing);
            const dice = policy === 'random' ? createPolicy(policy, cache.sets, cache.ways, 5) : null;
            const naive = new NaiveCache(entries, ways, policy, dice);
            const scope = new Scope();
            for (const step of script) {
              if ('page' in step) {
                const { page, sizeLog2, group, member } = step;
                const context = contexts.intern(group, member);
                const slot = lookup(cache, page, context);
                const line = naive.lookup(BigInt(page), group, member);
                expect(slot >= 0).toBe(line !== null);
                if (line === null) {
                  fill(cache, page, sizeLog2, context);
                  naive.fill(BigInt(page), sizeLog2, group, member);
                } else {
                  expect(slot).toBe(line.set * cache.ways + line.way);
                }
              } else {
                scope.decode(...step, -1);
                const expected = naive.invalidate((line) => covers(step, -1, filing, line));
                expect(cache.mappings.invalidate(scope)).toBe(expected);
                expect(cache.mappings.invalidate(scope), 'O50: repeating removes nothing').toBe(0);
              }
              expect(cache.fills - cache.evictions - cache.invalidated).toBe(cache.occupancy);
              expect(cache.occupancy).toBeLessThanOrEqual(entries);
            }
            expect(contentsOf(cache)).toEqual(naiveContents(naive, cache.ways));
            expect([cache.fills, cache.evictions, cache.invalidated]).toEqual([
              naive.fills,
              naive.evictions,
              naive.invalidated,
            ]);
          }),
          { numRuns: 30 },
        );
      },
    );
  });
});

describe('geometry', () => {
  it('refuses ways that do not divide the entries, with a sentence', () => {
    expect(() => cacheOf({ entries: 10, ways: 4, policy: 'lru', seed: 1 }, true)).toThrow(
      'a structure of 10 entries cannot have 4 ways: expected a divisor',
    );
  });

  it('refuses an unknown policy and names the nearest', () => {
    expect(() => createPolicy('round_robin', 1, 4, 1)).toThrow('did you mean round-robin?');
  });

  it('uses the lowest empty way first, for any number of ways', () => {
    for (const ways of [1, 2, 31, 32, 33, 1000, 1024, 1025, 40000]) {
      const { cache, contexts } = cacheOf({ entries: ways, ways: 0, policy: 'lru', seed: 1 }, true);
      const context = contexts.intern(0, 0);
      for (let page = 0; page < ways; page++) expect(fill(cache, page, 12, context)).toBe(page);
      const scope = new Scope();
      scope.firstPage = ways >> 1;
      scope.lastPage = ways >> 1;
      scope.domain = 1;
      scope.member = 0;
      expect(cache.mappings.invalidate(scope)).toBe(1);
      expect(fill(cache, 2 ** 20, 12, context)).toBe(ways >> 1);
      expect(fill(cache, 2 ** 21, 12, context)).toBe(0);
    }
  });
});
