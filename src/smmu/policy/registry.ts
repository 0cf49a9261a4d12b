/** Every replacement policy by name: a new one is a new file, its name in POLICY_NAMES and one line here. */
import { POLICY_NAMES, type PolicyName } from '../../profiles/cache-parameters.js';
import { suggestion, UsageError } from '../../trace/errors.js';
import { FlushWhenFullPolicy } from './flush-when-full.js';
import { LruPolicy } from './lru.js';
import type { ReplacementPolicy } from './policy.js';
import { RandomPolicy } from './random.js';
import { RoundRobinPolicy } from './round-robin.js';
import { RripPolicy } from './rrip.js';

type PolicyFactory = (sets: number, ways: number, seed: number) => ReplacementPolicy;

const POLICIES: Readonly<Record<PolicyName, PolicyFactory>> = {
  lru: (sets, ways) => new LruPolicy(sets, ways),
  'round-robin': (sets, ways) => new RoundRobinPolicy(sets, ways),
  random: (sets, ways, seed) => new RandomPolicy(sets, ways, seed),
  rrip: (sets, ways) => new RripPolicy(sets, ways),
  'flush-when-full': () => new FlushWhenFullPolicy(),
};

/**
 * A policy for a structure of `sets` sets with `ways` ways; `seed` matters to `random` only.
 * @throws UsageError for an unknown name, with the nearest known one.
 */
export function createPolicy(name: string, sets: number, ways: number, seed: number): ReplacementPolicy {
  if (!Object.hasOwn(POLICIES, name)) {
    throw new UsageError(`unknown replacement policy '${name}'${suggestion(name, POLICY_NAMES)}`);
  }
  return POLICIES[name as PolicyName](sets, ways, seed);
}
