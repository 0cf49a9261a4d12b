/** From parsed flags to the options of a replay. */
import type { Interfaces } from '@oclif/core';
import type { ReplayOptions } from '../library/options.js';
import { UsageError } from '../trace/errors.js';
import type { modelFlags, traceFlags } from './flags.js';
import { readOptions } from './read-options.js';
import { type transformFlags, transformOptions } from './transform-flags.js';

/** The flags of `traceFlags`, `modelFlags` and `transformFlags`, parsed, and those that ask for curves. */
export type ReplayFlags = Interfaces.InferredFlags<typeof traceFlags & typeof modelFlags & typeof transformFlags> & {
  readonly mrc?: boolean | undefined;
  readonly reporter?: string | undefined;
};

/** What a replay and a comparison run on and how, as options of the library. */
export function runOptions(flags: ReplayFlags): Omit<ReplayOptions, 'strategy'> {
  const { profile, set = [], atc, pacing, dma, warmup, limit, seed, msi, safety, topology, vms, background } = flags;
  return {
    ...{ profile, set, atc, pacing, dma, warmup, limit, seed, msi, safety, topology, vms, background },
    vmShift: flags['vm-shift'],
    faults: flags.fault,
    ...readOptions(flags),
    transforms: transformOptions(flags),
    mrc: flags.mrc === true || (flags.reporter === 'html' && flags.vms === 1),
  };
}

/**
 * TLB sizes from their list; none for undefined.
 * @throws UsageError for anything but positive integers
 */
export function parseSizes(list: string | undefined): number[] {
  return splitList(list).map((entry) => {
    const size = Number(entry);
    if (!Number.isSafeInteger(size) || size < 1) {
      throw new UsageError(`--entries: expected positive integers separated by commas, found ${JSON.stringify(entry)}`);
    }
    return size;
  });
}

/** The entries of a comma-separated list; none for undefined. */
export function splitList(list: string | undefined): string[] {
  return list === undefined ? [] : list.split(',').map((entry) => entry.trim());
}
