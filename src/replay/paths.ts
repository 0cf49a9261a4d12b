/**
 * The paths of one replay: one, or with a migration two, side by side in the same machine. They share the physical main queue
 * (queue 0) and nothing else; the second one's other queues and its workers are numbered behind the first one's.
 */
import { PathBuilder, type PathTally } from '../path/path-builder.js';
import { RelocatedPathBuilder } from '../path/relocated-builder.js';
import type { LoadedProfile } from '../profiles/load.js';
import { makeTransport } from '../strategies/migration.js';
import type { StrategyChoice } from '../strategies/spec.js';
import type { Transport } from '../strategies/transport.js';

/** One path, ready to run. */
export interface ReplayPath {
  readonly choice: StrategyChoice;
  readonly transport: Transport;
  /** A builder of programs for this path; every thread kind has its own. */
  makeBuilder(): PathBuilder;
}

/** The paths of `choice`, the one that the trace begins with first. */
export function makePaths(
  choice: StrategyChoice,
  profile: LoadedProfile,
  costNs: Float64Array,
  tally: PathTally,
): readonly ReplayPath[] {
  const parameter = (key: string) => profile.number(key);
  const transport = makeTransport(choice, parameter);
  const first: ReplayPath = {
    choice: choice.migration?.from ?? choice,
    transport,
    makeBuilder: () => new PathBuilder(costNs, tally),
  };
  if (choice.migration === undefined) return [first];
  const { to } = choice.migration;
  const { queueCount, workerCount } = transport;
  return [
    first,
    {
      choice: to,
      transport: makeTransport(to, parameter),
      makeBuilder: () => new RelocatedPathBuilder(costNs, tally, queueCount - 1, workerCount),
    },
  ];
}

/** Command queues of the machine that `paths` run on. */
export function queueCountOf(paths: readonly ReplayPath[]): number {
  return paths.reduce((sum, { transport }) => sum + transport.queueCount - 1, 1);
}
