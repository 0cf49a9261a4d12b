/** A strategy explained: where the time of one operation in one PROD write goes, step by step, for a few sizes of it. */

import type { LoadedProfile, Parameter } from '../profiles/load.js';
import { PARAMETER_OF_COST, STAGE_OF_COST, STAGES, type Stage } from '../strategies/path/costs.js';
import type { StrategyChoice } from '../strategies/spec.js';
import { setupOf } from '../strategies/transport.js';
import { forwardAll, unmapSubmission } from '../strategies/user/trial.js';
import { Topology } from '../topology/topology.js';
import { type Charge, PathWalk } from './path-walk.js';

/** Submission sizes that are explained unless told otherwise: TLBIs ahead of the CMD_SYNC. */
const EXPLAINED_SIZES: readonly number[] = [1, 64];

/** One step of a path: units of one profile parameter spent in one stage. */
interface ExplainedStep {
  readonly stage: Stage;
  /** Undefined for a wait, which is an outcome and no input. */
  readonly parameter: Parameter | undefined;
  /** ns of one unit. */
  readonly eachNs: number;
  /** Units and ns, per size. */
  readonly times: readonly number[];
  readonly ns: readonly number[];
}

/** One size of submission as a whole. */
interface ExplainedSize {
  /** TLBIs ahead of the CMD_SYNC. */
  readonly commands: number;
  readonly totalNs: number;
  /** Part of the time, waits left out, that rests on estimates. */
  readonly estimateShare: number;
  readonly exits: number;
  readonly ioctls: number;
  readonly hostCommands: number;
  readonly addedSyncs: number;
}

/** A path explained. */
export interface Explanation {
  readonly steps: readonly ExplainedStep[];
  readonly sizes: readonly ExplainedSize[];
}

/** Explain `choice` under `profile`: n TLBI_NH_VA and a CMD_SYNC of one vCPU on an idle machine, for each n of `sizes`. */
export function explainStrategy(
  choice: StrategyChoice,
  profile: LoadedProfile,
  sizes: readonly number[] = EXPLAINED_SIZES,
): Explanation {
  const walks = sizes.map((size) => walkOf(choice, profile, size));
  const steps = stepsOf(walks, profile);
  return { steps, sizes: sizes.map((commands, at) => sizeOf(commands, walks[at], steps, at)) };
}

function walkOf(choice: StrategyChoice, profile: LoadedProfile, size: number): PathWalk {
  const transport = choice.transport.create(setupOf(choice.options, profile));
  const topology = new Topology();
  const targeting = choice.targeting.create(topology, choice.routing.create(topology));
  const { submission } = forwardAll(transport, targeting, unmapSubmission(size));
  return new PathWalk(transport, submission, profile);
}

/** Every cost that some walk met, in path order; two halves of one parameter that always come together are one step. */
function stepsOf(walks: readonly PathWalk[], profile: LoadedProfile): ExplainedStep[] {
  const steps: ExplainedStep[] = [];
  for (const cost of new Set(walks.flatMap((walk) => [...walk.charges.keys()]))) {
    const step = stepOf(
      cost,
      walks.map((walk) => walk.charges.get(cost)),
      profile,
    );
    const half = steps.findIndex((other) => isOtherHalf(other, step));
    if (half < 0) steps.push(step);
    else steps[half] = joined(steps[half], step);
  }
  return steps;
}

function stepOf(cost: number, charges: readonly (Charge | undefined)[], profile: LoadedProfile): ExplainedStep {
  const key = PARAMETER_OF_COST[cost];
  const times = charges.map((charge) => charge?.times ?? 0);
  const ns = charges.map((charge) => charge?.ns ?? 0);
  const used = times.findIndex((count) => count > 0);
  return {
    stage: STAGES[STAGE_OF_COST[cost]],
    parameter: key === undefined ? undefined : profile.parameter(key),
    eachNs: used < 0 ? 0 : ns[used] / times[used],
    times,
    ns,
  };
}

const isOtherHalf = (one: ExplainedStep, other: ExplainedStep): boolean =>
  one.parameter !== undefined &&
  one.stage === other.stage &&
  one.parameter === other.parameter &&
  one.times.every((count, at) => count === other.times[at]);

const joined = (one: ExplainedStep, other: ExplainedStep): ExplainedStep => ({
  ...one,
  eachNs: one.eachNs + other.eachNs,
  ns: one.ns.map((ns, at) => ns + other.ns[at]),
});

function sizeOf(commands: number, walk: PathWalk, steps: readonly ExplainedStep[], at: number): ExplainedSize {
  const sum = (some: readonly ExplainedStep[]) => some.reduce((total, step) => total + step.ns[at], 0);
  const inputs = steps.filter((step) => step.parameter !== undefined);
  const estimated = inputs.filter((step) => step.parameter?.tag === 'E');
  const { exits, ioctls, addedSyncs } = walk.tally;
  return {
    commands,
    totalNs: walk.clockNs,
    estimateShare: sum(inputs) === 0 ? 0 : sum(estimated) / sum(inputs),
    exits,
    ioctls,
    hostCommands: walk.hostCommands,
    addedSyncs,
  };
}
