/** From checked options to those of a session: texts are parsed, strategies of the user's own are made once. */
import type { RunOptions } from '../session/run-options.js';
import { parseDurationNs } from '../trace/duration.js';
import { UsageError } from '../trace/errors.js';
import type { CheckedModel } from './options.js';
import { recordingOptions, transformOptions } from './reading.js';
import { checkStrategyFiles } from './strategy-files.js';

/**
 * Options for `runReplays`.
 * @throws UsageError for a strategy file that breaks the contract, and for a text that says nothing
 */
export function runOptions(strategies: readonly string[], model: CheckedModel): RunOptions {
  checkStrategyFiles(strategies, model.profile, model.set);
  const { set, atc, pacing, dma, warmup, limit, seed, msi, safety, topology, vms, faults, profile } = model;
  return {
    ...{ strategies, profile, set, atc, pacing, dma, warmup, limit, seed, msi, safety, topology, vms, faults },
    vmShiftNs: parseDurationNs(model.vmShift, '--vm-shift'),
    backgroundPerS: model.background,
    ...recordingOptions(model),
    transforms: transformOptions(model.transforms),
    curves: model.mrc,
  };
}

/**
 * Where a replay changes paths; undefined if it does not.
 * @throws UsageError for one option without the other, a malformed time, more than one strategy, a file that is none
 */
export function migrateOptions(
  at: string | undefined,
  to: string | undefined,
  { profile, set }: Pick<CheckedModel, 'profile' | 'set'>,
): RunOptions['migrate'] {
  if (at === undefined && to === undefined) return undefined;
  if (at === undefined) throw new UsageError('--to: expected --migrate-at TIME with it, found none');
  if (to === undefined) throw new UsageError('--migrate-at: expected --to STRATEGY with it, found none');
  requireOneStrategy('--to', to);
  const atNs = parseDurationNs(at, '--migrate-at');
  checkStrategyFiles([to], profile, set);
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
