/** From parsed flags to the options of a replay. */
import { basename } from 'node:path';
import type { RunOptions } from '../session/run.js';
import { parseDurationNs } from '../trace/duration.js';
import { UsageError } from '../trace/errors.js';
import { type ReadFlags, readOptions } from './read-options.js';
import { checkStrategyFiles } from './strategy-files.js';
import { type TransformFlags, transformOptions } from './transform-flags.js';

/** The flags of `traceFlags`, `modelFlags` and `transformFlags`, parsed. */
export interface ReplayFlags extends ReadFlags, TransformFlags {
  readonly limit: number | undefined;
  readonly profile: string;
  readonly set: readonly string[] | undefined;
  readonly atc: string | undefined;
  readonly pacing: RunOptions['pacing'];
  readonly dma: RunOptions['dma'];
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

/**
 * Options for `runReplays`.
 * @throws UsageError for a strategy file that breaks the contract
 */
export function runOptions(strategies: readonly string[], flags: ReplayFlags): RunOptions {
  checkStrategyFiles(strategies, flags.profile, flags.set ?? []);
  return {
    strategies,
    profile: flags.profile,
    set: flags.set ?? [],
    atc: splitList(flags.atc),
    pacing: flags.pacing,
    dma: flags.dma,
    warmup: flags.warmup,
    limit: flags.limit,
    seed: flags.seed,
    msi: flags.msi,
    safety: flags.safety,
    topology: flags.topology,
    vms: flags.vms,
    vmShiftNs: parseDurationNs(flags['vm-shift'], '--vm-shift'),
    backgroundPerS: flags.background,
    faults: flags.fault ?? [],
    ...readOptions(flags),
    transforms: transformOptions(flags),
    curves: flags.mrc === true || (flags.reporter === 'html' && flags.vms === 1),
  };
}

/**
 * Where a replay changes paths; undefined if it does not.
 * @throws UsageError for one flag without the other, a malformed time, more than one strategy, a file that is none
 */
export function migrateOptions(
  at: string | undefined,
  to: string | undefined,
  flags: Pick<ReplayFlags, 'profile' | 'set'>,
): RunOptions['migrate'] {
  if (at === undefined && to === undefined) return undefined;
  if (at === undefined) throw new UsageError('--to: expected --migrate-at TIME with it, found none');
  if (to === undefined) throw new UsageError('--migrate-at: expected --to STRATEGY with it, found none');
  requireOneStrategy('--to', to);
  const atNs = parseDurationNs(at, '--migrate-at');
  checkStrategyFiles([to], flags.profile, flags.set ?? []);
  return { atNs, to };
}

/**
 * A replay takes one strategy per flag.
 * @throws UsageError for a list of them
 */
export function requireOneStrategy(flag: string, spec: string): void {
  if (spec !== 'all' && !spec.includes(',')) return;
  throw new UsageError(`${flag}: expected one strategy (several: smmuscope compare), found ${spec}`);
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

/**
 * Results name their trace by its file name, so two traces must not share one.
 * @throws UsageError for two that do
 */
export function requireDistinctNames(traces: readonly string[]): void {
  const names = traces.map((trace) => basename(trace));
  const repeated = names.find((name, at) => names.indexOf(name) !== at);
  if (repeated !== undefined)
    throw new UsageError(`expected traces with different file names, found ${repeated} twice`);
}
