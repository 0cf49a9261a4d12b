/**
 * The passage of a submission as units of costs, which is what `strategies show` lists and what a fit turns its parameters on.
 */

import type { LoadedProfile } from '../profiles/load.js';
import { type Passage, passIdle } from '../replay/idle-machine.js';
import { Cost, costTable, PARAMETER_OF_COST } from '../strategies/path/costs.js';
import { isOwnCost } from '../strategies/path/own-times.js';
import type { Submission } from '../strategies/path/submission.js';
import type { StrategyChoice } from '../strategies/spec.js';

/** A passage, and how many units of each cost were met in it, in path order, costs of 0 ns among them. */
export interface PricedPassage {
  readonly passage: Passage;
  /** By cost id; 1 of a wait or of a time of the strategy's own, which have no price. */
  readonly units: ReadonlyMap<number, number>;
}

/** Let `submission` pass on the path of `choice`, with costs as in `costNs`. */
export function passPriced(
  choice: StrategyChoice,
  profile: LoadedProfile,
  costNs: Float64Array,
  submission: Submission,
): PricedPassage {
  const passage = passIdle(choice, profile, costNs, submission);
  // What costs nothing leaves no time behind, so that it is counted where it costs 1 ns.
  const countedNs = costNs.map((ns, cost) => (ns === 0 && isPriced(cost) ? 1 : ns));
  const isAnyFree = countedNs.some((ns, cost) => ns !== costNs[cost]);
  const counted = isAnyFree ? passIdle(choice, profile, countedNs, submission) : passage;
  const met = [...counted.spentNs].filter(([cost]) => isPriced(cost) || passage.spentNs.has(cost));
  return { passage, units: new Map(met.map(([cost, ns]) => [cost, isPriced(cost) ? ns / countedNs[cost] : 1])) };
}

/** Latency of `submission` on the path of `choice`, alone on the machine, ns. */
export function latencyNs(choice: StrategyChoice, profile: LoadedProfile, submission: Submission): number {
  return passIdle(choice, profile, costTable(profile), submission).latencyNs;
}

/** The cost has a price of its own in a cost table; waits have none, nor have times of a strategy's own. */
const isPriced = (cost: number): boolean => PARAMETER_OF_COST[cost] !== undefined && cost !== Cost.atcWait;

/** A latency that is a plain sum of priced units and of times that the strategy says itself: nothing in it waits for anything. */
export class PricedSum {
  private constructor(
    private readonly cost: readonly number[],
    private readonly units: readonly number[],
    private readonly ownNs: number,
  ) {}

  /** The sum that `priced` is; undefined if it has waits, or if prices of 0 ns hide some. */
  static of({ passage, units }: PricedPassage, costNs: Float64Array): PricedSum | undefined {
    const met = [...units.keys()];
    const own = met.filter(isOwnCost);
    const priced = met.filter((cost) => !isOwnCost(cost));
    if (!priced.every(isPriced)) return undefined;
    const ownNs = own.reduce((sum, cost) => sum + (passage.spentNs.get(cost) ?? 0), 0);
    const sum = new PricedSum(
      priced,
      priced.map((cost) => units.get(cost) ?? 0),
      ownNs,
    );
    return sum.at(costNs) === passage.latencyNs ? sum : undefined;
  }

  /** The latency with costs as in `costNs`, ns. */
  at(costNs: Float64Array): number {
    const { cost, units } = this;
    let ns = this.ownNs;
    for (let at = 0; at < cost.length; at++) ns += units[at] * costNs[cost[at]];
    return ns;
  }
}
