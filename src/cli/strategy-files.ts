/** A user's own strategies at the command line: checked before anything is read, and named in the result's provenance. */
import { basename } from 'node:path';
import { loadProfile } from '../profiles/load.js';
import type { ReportDocument } from '../reporters/reporter.js';
import { RESULT_SCHEMA } from '../results/document.js';
import { resolveStrategies } from '../strategies/spec.js';
import { setupOf } from '../strategies/transport.js';
import { strategyFiles } from '../strategies/user/strategy-files.js';

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

/** A result document with the files of its strategies in the provenance; any other document as it is. */
export function withStrategyFiles(document: ReportDocument): ReportDocument {
  if (document.schema !== RESULT_SCHEMA) return document;
  // A migrated result names two strategies: FROM+TO@ATns.
  const specs = document.results.flatMap((result) => result.strategy.split('+'));
  const names = new Set(specs.map((spec) => spec.split(/[:@]/)[0]));
  const used = strategyFiles().filter((module) => names.has(module.strategy));
  if (used.length === 0) return document;
  const strategy_files = used.map(({ strategy, path, sha256 }) => ({ strategy, file: basename(path), sha256 }));
  return { ...document, provenance: { ...document.provenance, strategy_files } };
}
