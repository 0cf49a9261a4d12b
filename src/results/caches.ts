import { STRUCTURE_NAMES } from '../smmu/counters.js';
import type { CacheResult, StrategyResult } from './document.js';

/** The structures that a result has, by name, in the order in which a translation meets them. */
export function cachesOf(tlb: StrategyResult['tlb']): [name: string, cache: CacheResult][] {
  return STRUCTURE_NAMES.flatMap((name) => {
    const cache = tlb?.[name];
    return cache === undefined ? [] : [[name, cache] as [string, CacheResult]];
  });
}
