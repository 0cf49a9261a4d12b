/**
 * Times that strategies say for themselves (`path.spend`): a name is a cost without parameter and a stage of that name.
 *
 * Names are entered once per process, as symbols are, so that a cost id means the same to all who see it. No result depends on
 * the order in which that happens: own stages are listed by name, behind those of STAGES.
 */
import { COST_COUNT, STAGE_OF_COST, STAGES } from './costs.js';
import { VerbError } from './verb-error.js';

/** Cost ids there may be: a course keeps them in bytes. Those from COST_COUNT on are named by strategies. */
export const MOST_COSTS = 256;

const NAME = /^[a-z][a-z0-9_]*$/;

/** By index, as `stageOf` tells it. */
const stages: string[] = [...STAGES];
const stageOfCost: number[] = [...STAGE_OF_COST];
const costOfName = new Map<string, number>();

/**
 * Cost id of the time called `name`; the name of a stage of STAGES charges that stage.
 * @throws VerbError for a name that is no key of a result, and for one name too many
 */
export function ownCost(name: string): number {
  const known = costOfName.get(name);
  if (known !== undefined) return known;
  if (typeof name !== 'string' || !NAME.test(name)) {
    throw new VerbError(
      `expected a name of lower-case letters, digits and _ for a time, found ${JSON.stringify(name)}`,
    );
  }
  const cost = stageOfCost.length;
  if (cost === MOST_COSTS) {
    throw new VerbError(`expected at most ${MOST_COSTS - COST_COUNT} names of times, found ${name} as one more`);
  }
  const stage = stages.includes(name) ? stages.indexOf(name) : stages.push(name) - 1;
  stageOfCost.push(stage);
  costOfName.set(name, cost);
  return cost;
}

/** True for the cost of a time that a strategy names itself. */
export const isOwnCost = (cost: number): boolean => cost >= COST_COUNT;

/** Index of the stage of `cost`. */
export const stageOf = (cost: number): number => stageOfCost[cost];

/** Name of the stage with index `stage`. */
export const stageName = (stage: number): string => stages[stage];

/** ns by stage of what was spent by cost id: all of STAGES in their order, then the own stages with time in them by name. */
export function nsByStage(spentNs: Float64Array): Record<string, number> {
  const byStage = new Array<number>(stages.length).fill(0);
  for (let cost = 0; cost < stageOfCost.length; cost++) byStage[stageOfCost[cost]] += spentNs[cost];
  const own = stages.slice(STAGES.length).filter((_, at) => byStage[STAGES.length + at] > 0);
  return Object.fromEntries([...STAGES, ...own.sort()].map((name) => [name, byStage[stages.indexOf(name)]]));
}
