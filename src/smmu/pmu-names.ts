/**
 * Counters under the names of the MMU-700's performance events (facts M §3.1, §7), so that a result can be held against
 * `perf stat -e smmuv3_pmcg_*`. Only events that this model counts in the same sense are named; "read" events (accesses
 * to the cache memory, several per lookup) are not modelled.
 */
import type { LevelSnapshot, SmmuSnapshot } from './snapshot.js';

/** MMU-700 event name → count. Structures that do not exist are left out. */
export function pmuCounters(snapshot: SmmuSnapshot): Record<string, number> {
  const { utlb, main, config } = snapshot.structures;
  const counters: Record<string, number> = {};
  const add = (prefix: string, counts: LevelSnapshot | undefined): void => {
    if (counts === undefined) return;
    counters[`${prefix}_lookup`] = counts.lookups;
    counters[`${prefix}_miss`] = counts.misses;
  };
  add('tbu_utlb', utlb);
  add('tbu_mtlb', main);
  add('tcu_cc', config);
  snapshot.walkLevels.s1.forEach((level, index) => {
    add(`tcu_wc_s1l${index}`, level);
  });
  snapshot.walkLevels.s2.forEach((level, index) => {
    add(`tcu_wc_s2l${index}`, level);
  });
  return counters;
}
