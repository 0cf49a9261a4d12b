/** From parsed flags to the options of a replay. */
import type { ReplayOptions } from '../library/options.js';
import { UsageError } from '../trace/errors.js';
import { type ReadFlags, readOptions } from './read-options.js';
import { type TransformFlags, transformOptions } from './transform-flags.js';

/** The flags of `traceFlags`, `modelFlags` and `transformFlags`, parsed. */
export interface ReplayFlags extends ReadFlags, TransformFlags {
  readonly limit: number | undefined;
  readonly profile: string;
  readonly set: readonly string[] | undefined;
  readonly atc: string | undefined;
  readonly pacing: NonNullable<ReplayOptions['pacing']>;
  readonly dma: NonNullable<ReplayOptions['dma']>;
  readonly warmup: number;
  readonly seed: number;
  readonly msi: boolean;
  readonly safety: boolean;
  readonly topology: string | undefined;
  readonly vms: number;
  readonly 'vm-shift': string;
  readonly background: number;
  readonly fault?: readonly string[] | undefined;
  readonly mrc?: boolean | undefined;
  readonly reporter?: string | undefined;
}

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
