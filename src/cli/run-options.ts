/** From parsed flags to the options of a replay. */
import { basename } from 'node:path';
import type { RunOptions } from '../session/run.js';
import { UsageError } from '../trace/errors.js';
import { checkStrategyFiles } from './strategy-files.js';

/** The flags of `traceFlags` and `modelFlags`, parsed. */
export interface ReplayFlags {
  readonly format: string | undefined;
  readonly 'ftrace-events': string | undefined;
  readonly with: string | undefined;
  readonly lenient: boolean;
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
    lenient: flags.lenient,
    format: flags.format,
    ftraceEvents: flags['ftrace-events'],
    with: flags.with,
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
