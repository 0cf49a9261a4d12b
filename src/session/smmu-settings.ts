/**
 * The SMMU of one replay: the profile's structures, the stages that the strategy's streams translate through, and the
 * devices that have an ATC.
 */
import type { CacheSettings } from '../profiles/cache-parameters.js';
import type { LoadedProfile } from '../profiles/load.js';
import { Smmu } from '../smmu/smmu.js';
import type { StrategyChoice } from '../strategies/spec.js';
import type { Topology } from '../topology/topology.js';

/** What a run decides about the model beyond the profile. */
export interface SmmuChoices {
  /** Seed of random replacement. */
  readonly seed: number;
  /** Stale-use oracle on. */
  readonly safety: boolean;
}

/** Make the caches for `choice`. Bare metal has no stage 2 unless the profile or `--set walk.stage` says otherwise. */
export function createSmmu(
  profile: LoadedProfile,
  choice: StrategyChoice,
  topology: Topology,
  { seed, safety }: SmmuChoices,
): Smmu {
  const isFixed = profile.parameter('walk.stage').overridden || profile.text('walk.stage') !== 'nested';
  const settings: CacheSettings = {
    number: (key) => profile.number(key),
    flag: (key) => profile.flag(key),
    text: (key) => (key === 'walk.stage' && !isFixed ? choice.transport.walkStage : profile.text(key)),
  };
  const atcEntries = profile.flag('atc.enable') ? profile.number('atc.entries') : 0;
  // A profile without ATCs has none, whatever the topology file says of their sizes.
  const ofDevice = (sid: number) => (atcEntries === 0 ? 0 : (topology.atcEntries(sid) ?? atcEntries));
  return new Smmu(settings, { seed, safety, atcEntries: (sid) => (topology.hasAts(sid) ? ofDevice(sid) : 0) });
}
