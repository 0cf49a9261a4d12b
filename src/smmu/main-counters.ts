/** The few counters of the main TLBs that are read while a replay runs: cheaper than a snapshot. */
import { COUNTERS, Counter, STRUCTURE_NAMES, Structures } from './counters.js';
import type { Smmu } from './smmu.js';

/** Columns of `mainCounters`: lookups, then misses by cause in the order of CAUSE_NAMES. */
const COLUMNS = [
  Counter.Lookups,
  Counter.Cold,
  Counter.Capacity,
  Counter.Conflict,
  Counter.Invalidated,
  Counter.Collateral,
] as const;

/** Lookups and misses by cause of all main TLBs of `smmus`, so far. */
export function mainCounters(smmus: readonly Smmu[]): number[] {
  const counters = COLUMNS.map(() => 0);
  for (const { access, devices } of smmus) {
    for (let device = 0; device < devices.sids.length; device++) {
      const row = (device * STRUCTURE_NAMES.length + Structures.Main) * COUNTERS;
      for (let i = 0; i < COLUMNS.length; i++) counters[i] += access.deviceCounts[row + COLUMNS[i]];
    }
  }
  return counters;
}
