/**
 * The paths of one VM: one, or with a migration two, side by side in the same machine. They share the physical main queue
 * (queue 0) and nothing else; the second one's other queues and its workers are numbered behind the first one's.
 */
import type { LoadedProfile } from '../profiles/load.js';
import { makeTransport } from '../strategies/migration.js';
import type { StrategyChoice } from '../strategies/spec.js';
import type { Transport } from '../strategies/transport.js';

/** One path, ready to run. */
export interface ReplayPath {
  readonly choice: StrategyChoice;
  readonly transport: Transport;
}

/** The paths of `choice`, the one that the trace begins with first. */
export function makePaths(choice: StrategyChoice, profile: LoadedProfile): readonly ReplayPath[] {
  const choices = choice.migration === undefined ? [choice] : [choice.migration.from, choice.migration.to];
  const parameter = (key: string) => profile.number(key);
  return choices.map((one) => ({ choice: one, transport: makeTransport(one, parameter) }));
}

/** Command queues that `paths` have beside the physical main queue. */
export function ownQueuesOf(paths: readonly ReplayPath[]): number {
  return paths.reduce((sum, { transport }) => sum + transport.queueCount - 1, 0);
}
