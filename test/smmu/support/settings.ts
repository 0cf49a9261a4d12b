/**
 * Parameters for tests: Neoverse-like defaults (facts M §4.2, P1), any key overridden. Values are read as a profile's are.
 */
import { CACHE_PARAMETERS, type CacheSettings } from '../../../src/profiles/cache-parameters.js';

export type Overrides = Readonly<Record<string, number | string | boolean>>;

const STRUCTURES: Readonly<Record<string, readonly [boolean, number, number, string, number, number]>> = {
  'tlb.utlb': [true, 32, 0, 'round-robin', 1, 1],
  'tlb.main': [true, 2048, 4, 'round-robin', 3, 3],
  'tlb.tcu': [false, 2048, 4, 'round-robin', 3, 3],
  'cache.config': [true, 64, 4, 'round-robin', 3, 3],
  'cache.walk_s1': [true, 512, 4, 'rrip', 4, 4],
  'cache.walk_s2': [true, 512, 4, 'rrip', 4, 4],
  'cache.ipa': [false, 128, 4, 'round-robin', 3, 3],
  atc: [true, 64, 0, 'lru', 2, 1],
};

const OTHERS: Overrides = {
  'smmu.mem_latency_ns': 83,
  'smmu.ttl': 'hint',
  'cache.config.first': false,
  'cache.walk_s1.levels': 7,
  'cache.walk_s1.entries_l0': 0,
  'cache.walk_s1.entries_l1': 0,
  'cache.walk_s1.entries_l2': 0,
  'cache.walk_s2.levels': 7,
  'cache.walk_s2.entries_l0': 0,
  'cache.walk_s2.entries_l1': 0,
  'cache.walk_s2.entries_l2': 0,
  'atc.ats_request_ns': 900,
  'link.device_port_ns': 1,
  'link.request_port_ns': 1,
  'link.tbu_tcu_ns': 8,
  'link.tcu_tbu_ns': 8,
  'tbu.xlate_slots': 16,
  'tcu.xlate_slots': 64,
  'walk.stage': 'nested',
  'walk.s1_levels': 0,
  'walk.s2_levels': 0,
  'walk.s2_granule_log2': 0,
  'walk.s2_page_log2': 0,
  'walk.s2_nonfinal': true,
  'walk.ste_levels': 2,
  'walk.cd_levels': 2,
  'walk.setup_ns': 1,
  'walk.read_overhead_ns': 2,
  'walk.config_read_overhead_ns': 1,
  'walk.slots': 16,
};

/** All test defaults, by key. */
export const DEFAULTS: Overrides = {
  ...Object.fromEntries(
    Object.entries(STRUCTURES).flatMap(([prefix, [enable, entries, ways, policy, latency, slots]]) => [
      [`${prefix}.enable`, enable],
      [`${prefix}.entries`, entries],
      [`${prefix}.ways`, ways],
      [`${prefix}.policy`, policy],
      [`${prefix}.latency_ns`, latency],
      [`${prefix}.slots`, slots],
    ]),
  ),
  ...OTHERS,
};

const KNOWN = new Set([...CACHE_PARAMETERS.map((spec) => spec.key), 'smmu.mem_latency_ns']);

/** Settings with `overrides`; an undeclared key throws, as a profile's would. */
export function settings(overrides: Overrides = {}): CacheSettings {
  for (const key of Object.keys(overrides)) if (!KNOWN.has(key)) throw new Error(`undeclared parameter ${key}`);
  const values: Overrides = { ...DEFAULTS, ...overrides };
  const read = (key: string): number | string | boolean => {
    if (!KNOWN.has(key) || values[key] === undefined) throw new Error(`undeclared parameter ${key}`);
    return values[key];
  };
  return {
    number: (key) => read(key) as number,
    text: (key) => read(key) as string,
    flag: (key) => read(key) as boolean,
  };
}

/** Overrides that leave only one TLB: `entries` in `ways` (0 = fully associative) under `policy`. */
export function onlyMainTlb(entries: number, policy: string, ways = 0): Overrides {
  return {
    'tlb.utlb.enable': false,
    'tlb.main.entries': entries,
    'tlb.main.ways': ways,
    'tlb.main.policy': policy,
    'cache.config.enable': false,
    'cache.walk_s1.enable': false,
    'cache.walk_s2.enable': false,
    'atc.enable': false,
    'walk.stage': 's1',
  };
}
