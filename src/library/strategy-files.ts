/** A user's own strategies at the command line: checked before anything is read. */
import { loadProfile } from '../profiles/load.js';
import { resolveStrategies } from '../strategies/spec.js';
import { setupOf } from '../strategies/transport.js';

/**
 * Make every strategy of `specs` that comes from a file once, with the profile that it will run on.
 * @throws UsageError for a file that cannot be loaded or breaks the contract
 */
export function checkStrategyFiles(specs: readonly string[], profile: string, set: readonly string[]): void {
  const files = resolveStrategies(specs).filter((choice) => choice.module !== undefined);
  if (files.length === 0) return;
  const loaded = loadProfile(profile, set);
  for (const { transport, options } of files) transport.create(setupOf(options, loaded));
}
