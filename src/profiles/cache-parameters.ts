/**
 * Parameters of the translation side: caches, walks, links and device ATCs (design §7, facts M §1.2 and §4.2).
 *
 * A profile gives every key a value with its source and tag; `--set KEY=VALUE` changes one. The names follow gem5's
 * parameter table (M §1.2): each structure has enable, entries, ways, policy, latency and slots.
 */
import type { ParameterSpec } from './parameters.js';

/** Legal values of every `….policy` parameter; each is a file in `src/smmu/policy/`. */
export const POLICY_NAMES = ['lru', 'round-robin', 'random', 'rrip', 'flush-when-full'] as const;
export type PolicyName = (typeof POLICY_NAMES)[number];

/**
 * The values of a profile, by key. `new Smmu(settings, …)` reads them once, in its constructor.
 *
 * Contract:
 * - every key of `CACHE_PARAMETERS` and `smmu.mem_latency_ns` has a value of the kind that its unit says;
 * - an unknown key throws; values are inside the range that the spec declares.
 */
export interface CacheSettings {
  /** Value of a numeric parameter. */
  number(key: string): number;
  /** Value of a parameter with unit `name`. */
  text(key: string): string;
  /** Value of a parameter with unit `on/off`. */
  flag(key: string): boolean;
}

const ns = (key: string, help: string): ParameterSpec => ({ key, unit: 'ns', help, min: 0, max: 2 ** 40 });
const onOff = (key: string, help: string): ParameterSpec => ({ key, unit: 'on/off', help, choices: ['on', 'off'] });
const slots = (key: string, help: string): ParameterSpec => ({ key, unit: 'slots', help, min: 1, max: 4096 });
const levels = (key: string, help: string, min: number, max: number): ParameterSpec => ({
  key,
  unit: 'levels',
  help,
  min,
  max,
});

/** Whether lookups of the structure wait for a slot; those of what only walks look into do not: `walk.slots` bounds the walks. */
export const hasSlots = (prefix: string): boolean => !/^cache\.(walk|ipa)/.test(prefix);

/** The six parameters that every structure has. */
function structure(prefix: string, noun: string): ParameterSpec[] {
  const bound = hasSlots(prefix)
    ? 'throughput is slots / latency (M §1.1)'
    : 'not modelled: walk.slots bounds the walks';
  return [
    onOff(`${prefix}.enable`, `${noun}: present or not`),
    { key: `${prefix}.entries`, unit: 'entries', help: `${noun}: entries of any page size`, min: 1, max: 2 ** 20 },
    { key: `${prefix}.ways`, unit: 'ways', help: `${noun}: ways per set, 0 = fully associative`, min: 0, max: 2 ** 20 },
    { key: `${prefix}.policy`, unit: 'name', help: `${noun}: replacement policy`, choices: POLICY_NAMES },
    ns(`${prefix}.latency_ns`, `${noun}: one lookup`),
    slots(`${prefix}.slots`, `${noun}: lookups in flight; ${bound}`),
  ];
}

/** A walk cache: the six, plus which levels it holds and how its entries are split between them. */
function walkCache(prefix: string, noun: string): ParameterSpec[] {
  const share = (level: number): ParameterSpec => ({
    key: `${prefix}.entries_l${level}`,
    unit: 'entries',
    help: `${noun}: entries reserved for level ${level}; 0 in all = the levels share ${prefix}.entries`,
    min: 0,
    max: 2 ** 20,
  });
  return [
    ...structure(prefix, noun),
    levels(`${prefix}.levels`, `${noun}: bit mask of the table levels it holds (7 = levels 0, 1, 2)`, 0, 7),
    share(0),
    share(1),
    share(2),
  ];
}

/** Every parameter of the translation side. */
export const CACHE_PARAMETERS: readonly ParameterSpec[] = [
  {
    key: 'smmu.ttl',
    unit: 'name',
    help: 'what a TLBI’s TTL does: nothing (hint), or only leaf entries of the level that it names go (strict)',
    choices: ['hint', 'strict'],
  },
  ...structure('tlb.utlb', 'micro TLB of a TBU'),
  ...structure('tlb.main', 'main TLB of a TBU'),
  ...structure('tlb.tcu', 'TLB of the TCU, shared by all TBUs'),
  ...structure('cache.config', 'configuration cache (STE and CD by stream)'),
  onOff(
    'cache.config.first',
    'configuration is looked up before the TLBs (QEMU), not after a TBU miss (gem5, MMU-700)',
  ),
  ...walkCache('cache.walk_s1', 'stage 1 walk cache'),
  ...walkCache('cache.walk_s2', 'stage 2 walk cache'),
  ...structure('cache.ipa', 'IPA cache (completed stage 2 translations)'),
  ...structure('atc', 'address translation cache of an ATS device'),
  ns('atc.ats_request_ns', 'PCIe translation request and completion on an ATC miss, without the SMMU’s own work'),
  ns('link.device_port_ns', 'device port of the TBU, per request'),
  ns('link.request_port_ns', 'request port of the TBU, per translated request'),
  ns('link.tbu_tcu_ns', 'TBU to TCU, one way'),
  ns('link.tcu_tbu_ns', 'TCU to TBU, one way'),
  slots('tbu.xlate_slots', 'translations in flight in one TBU'),
  slots('tcu.xlate_slots', 'translations in flight in the TCU'),
  { key: 'walk.stage', unit: 'name', help: 'stages that translate by default', choices: ['s1', 's2', 'nested'] },
  levels('walk.s1_levels', 'stage 1 levels; 0 = 48 bits of address in the granule of the translation', 0, 5),
  levels('walk.s2_levels', 'stage 2 levels; 0 = 48 bits of address in the granule of stage 2', 0, 5),
  levels('walk.s2_granule_log2', 'log2 of the stage 2 granule; 0 = that of stage 1', 0, 16),
  levels(
    'walk.s2_page_log2',
    'log2 of the stage 2 page or block size; 0 = that of stage 1 (entries do not shrink)',
    0,
    42,
  ),
  onOff('walk.s2_nonfinal', 'stage 2 walks for table pointers use the stage 2 walk cache (gem5: off)'),
  levels('walk.ste_levels', 'reads to fetch an STE: 1 = linear, 2 = two-level stream table', 1, 2),
  levels('walk.cd_levels', 'reads to fetch a CD: 1 = linear, 2 = two-level context descriptor table', 1, 2),
  ns('walk.setup_ns', 'start of one walk, before its first read'),
  ns('walk.read_overhead_ns', 'per table read, on top of smmu.mem_latency_ns'),
  ns('walk.config_read_overhead_ns', 'per STE or CD read, on top of smmu.mem_latency_ns'),
  slots('walk.slots', 'walks in flight (page table walkers)'),
];
