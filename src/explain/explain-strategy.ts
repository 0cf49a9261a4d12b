/** A strategy explained: where the time of one operation in one PROD write goes, step by step, for a few sizes of it. */

import type { LoadedProfile } from '../profiles/load.js';
import type { Passage } from '../replay/idle-machine.js';
import { costTable, PARAMETER_OF_COST } from '../strategies/path/costs.js';
import { isOwnCost, stageName, stageOf } from '../strategies/path/own-times.js';
import type { StrategyChoice } from '../strategies/spec.js';
import { setupOf } from '../strategies/transport.js';
import { forwardAll, unmapSubmission } from '../strategies/user/trial.js';
import { Topology } from '../topology/topology.js';
import { type PricedPassage, passPriced } from './priced-passage.js';

/** Submission sizes that are explained unless told otherwise: TLBIs ahead of the CMD_SYNC. */
const EXPLAINED_SIZES: readonly number[] = [1, 64];

/** One step of a path: units of one profile parameter, or of a time that the strategy itself says, spent in one stage. */
interface ExplainedStep {
  readonly stage: string;
  /** Key of the parameter; undefined for a wait, which is an outcome and no input, and for the strategy's own time. */
  readonly parameter: string | undefined;
  /** What the value rests on, as profiles tag it; U for the strategy's own time, undefined for a wait. */
  readonly tag: string | undefined;
  readonly source: string | undefined;
  readonly help: string | undefined;
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
  const passages = sizes.map((size) => passageOf(choice, profile, size));
  const steps = stepsOf(passages, profile);
  return { steps, sizes: sizes.map((commands, at) => sizeOf(commands, passages[at].passage, steps, at)) };
}

function passageOf(choice: StrategyChoice, profile: LoadedProfile, size: number): PricedPassage {
  const transport = choice.transport.create(setupOf(choice.options, profile));
  const topology = new Topology();
  const targeting = choice.targeting.create(topology, choice.routing.create(topology));
  const { submission } = forwardAll(transport, targeting, unmapSubmission(size));
  return passPriced(choice, profile, costTable(profile), submission);
}

/** Every cost that some passage met, in path order; two halves of one parameter that always come together are one step. */
function stepsOf(passages: readonly PricedPassage[], profile: LoadedProfile): ExplainedStep[] {
  const steps: ExplainedStep[] = [];
  for (const cost of new Set(passages.flatMap(({ units }) => [...units.keys()]))) {
    const step = stepOf(cost, passages, profile);
    const half = steps.findIndex((other) => isOtherHalf(other, step));
    if (half < 0) steps.push(step);
    else steps[half] = joined(steps[half], step);
  }
  return steps;
}

function stepOf(cost: number, passages: readonly PricedPassage[], profile: LoadedProfile): ExplainedStep {
  const ns = passages.map(({ passage }) => passage.spentNs.get(cost) ?? 0);
  const stage = stageName(stageOf(cost));
  if (isOwnCost(cost)) {
    // How the strategy came to it is not known: its unit is the largest that all sizes have whole multiples of.
    const eachNs = ns.reduce(greatestCommonDivisor);
    const times = ns.map((spent) => spent / eachNs);
    const text = 'said by the strategy itself';
    return { stage, parameter: undefined, tag: 'U', source: text, help: text, eachNs, times, ns };
  }
  const times = passages.map(({ units }) => units.get(cost) ?? 0);
  const used = times.findIndex((count) => count > 0);
  const key = PARAMETER_OF_COST[cost];
  const { tag, source, help } = key === undefined ? NO_INPUT : profile.parameter(key);
  return { stage, parameter: key, tag, source, help, eachNs: ns[used] / times[used], times, ns };
}

const greatestCommonDivisor = (a: number, b: number): number => (b === 0 ? a : greatestCommonDivisor(b, a % b));

/** Of a wait. */
const NO_INPUT = { tag: undefined, source: undefined, help: undefined };

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

function sizeOf(commands: number, passage: Passage, steps: readonly ExplainedStep[], at: number): ExplainedSize {
  const sum = (some: readonly ExplainedStep[]) => some.reduce((total, step) => total + step.ns[at], 0);
  const inputs = steps.filter(({ tag }) => tag !== undefined);
  const estimated = inputs.filter(({ tag }) => tag === 'E');
  const { exits, ioctls, addedSyncs } = passage.tally;
  return {
    commands,
    totalNs: passage.latencyNs,
    estimateShare: sum(inputs) === 0 ? 0 : sum(estimated) / sum(inputs),
    exits,
    ioctls,
    hostCommands: passage.hostCommands,
    addedSyncs,
  };
}
