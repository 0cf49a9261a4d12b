/**
 * The `tlb` and `safety` parts of a result (design §8), and the same counters under the names of the MMU-700's PMU events.
 */
import type { Replay } from '../replay/replay.js';
import type { StructureName } from '../smmu/counters.js';
import { pmuCounters } from '../smmu/pmu-names.js';
import type { SmmuSnapshot, StructureSnapshot } from '../smmu/snapshot.js';
import type { WrittenStrategyResult } from './document.js';

type Tlb = NonNullable<WrittenStrategyResult['tlb']>;
type Cache = Tlb['main'];

/** Cache counters of a finished replay. */
export function tlbResult(replay: Replay): Tlb {
  const counters = replay.smmuCounters();
  const structures = Object.entries(counters.structures).map(([name, one]) => [name, cacheResult(one)]);
  return {
    ...(Object.fromEntries(structures) as Partial<Record<StructureName, Cache>> & { readonly main: Cache }),
    translations: counters.translations,
    faults: counters.faults,
    walks: counters.walks,
    ...translationShares(counters),
    walk_reads: counters.walkReads,
    walk_reads_by_stage: { s1: counters.walkReadsS1, s2: counters.walkReadsS2 },
    config_reads: {
      ste_l1: counters.steL1Fetches,
      ste: counters.steFetches,
      cd_l1: counters.cdL1Fetches,
      cd: counters.cdFetches,
    },
    infinite_misses: counters.infiniteMisses,
    invalidation_induced: counters.invalidationInduced,
    atc_invalidation_induced: counters.atcInvalidationInduced,
    ats_requests: counters.atsRequests,
    atc_invalidations_useless: counters.atcUseless,
    dma: { ...replay.dmaFeed.counts },
    by_sid: Object.fromEntries(
      counters.devices.map(({ sid, structures: used }) => [
        `0x${sid.toString(16)}`,
        Object.fromEntries(
          Object.entries(used).map(([name, one]) => [
            name,
            { lookups: one.lookups, hits: one.hits, misses: one.misses, misses_by_cause: one.missesByCause },
          ]),
        ),
      ]),
    ),
    pmu: pmuCounters(counters),
  };
}

/** What the caches do for a translation: the main TLB's own ratio is over what the micro TLB leaves to it. */
function translationShares({ translations, structures: { main, utlb } }: SmmuSnapshot) {
  if (translations === 0) return {};
  return {
    ...(main === undefined ? {} : { misses_per_translation: main.misses / translations }),
    ...(utlb === undefined ? {} : { micro_hit_share: utlb.hits / translations }),
  };
}

/** Stale uses of a finished replay; null when the oracle was off. */
export function safetyResult(replay: Replay): WrittenStrategyResult['safety'] {
  const oracles = replay.smmus.list.flatMap(({ staleUse }) => (staleUse === null ? [] : [staleUse]));
  if (oracles.length === 0) return null;
  const counters = replay.smmuCounters();
  const { refillRaces } = replay.guests[0].context.effects;
  return {
    stale_in_window: counters.staleInWindow,
    stale_after_sync: counters.staleAfterSync,
    first: firstOf(oracles.map(({ first }) => first)).map((violation) => ({
      strategy: replay.choice.canonicalName,
      ...violation,
    })),
    atc_refill_races: refillRaces.count,
    first_atc_refill_races: refillRaces.first,
  };
}

function cacheResult(one: StructureSnapshot): Cache {
  return {
    entries: one.entries,
    lookups: one.lookups,
    hits: one.hits,
    misses: one.misses,
    miss_ratio: one.lookups === 0 ? 0 : one.misses / one.lookups,
    ...(one.missesByCause === null ? {} : { misses_by_cause: one.missesByCause }),
    fills: one.fills,
    evictions: one.evictions,
    invalidated: one.invalidated,
    occupancy: one.occupancy,
    stale_in_window: one.staleInWindow,
    stale_after_sync: one.staleAfterSync,
  };
}

/** The first violations of several SMMUs, as many as one SMMU lists. */
function firstOf<T extends { readonly event: number }>(lists: readonly (readonly T[])[]): readonly T[] {
  if (lists.length === 1) return lists[0];
  const longest = Math.max(...lists.map((list) => list.length));
  return lists
    .flat()
    .sort((a, b) => a.event - b.event)
    .slice(0, longest);
}
