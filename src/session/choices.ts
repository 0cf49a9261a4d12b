/**
 * The strategies of a run, from their specifications. The same options give the same list in every thread.
 */
import { migrating } from '../strategies/migration.js';
import { resolveStrategies, type StrategyChoice } from '../strategies/spec.js';
import type { RunOptions } from './run-options.js';

/** The options of a run that say which strategies it has. */
export type ChoiceOptions = Pick<RunOptions, 'strategies' | 'atc' | 'migrate'>;

/**
 * The strategies of a run, each with its targetings and, if asked for, the path that takes over from it.
 * @throws UsageError for a strategy that does not exist or cannot be loaded
 */
export function resolveChoices({ strategies, atc, migrate }: ChoiceOptions): StrategyChoice[] {
  const choices = resolveStrategies(strategies, atc);
  if (migrate === undefined) return choices;
  // One per targeting, in the order in which each strategy has them.
  const next = resolveStrategies([migrate.to], atc);
  return choices.map((choice, index) => migrating(choice, next[index % next.length], migrate.atNs));
}
