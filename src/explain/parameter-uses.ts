/** Where the model uses a parameter: read off the table of costs, off the paths themselves, and off the parts of the model. */

import type { LoadedProfile } from '../profiles/load.js';
import { MODEL_PARTS } from '../profiles/model-parts.js';
import { PARAMETER_OF_COST, STAGE_OF_COST, STAGES } from '../strategies/path/costs.js';
import { listStrategies } from '../strategies/registry.js';
import { resolveStrategies, type StrategyChoice } from '../strategies/spec.js';
import { setupOf } from '../strategies/transport.js';
import { UserError } from '../trace/errors.js';
import { explainStrategy } from './explain-strategy.js';

/**
 * One phrase per use of `key`: `stage vmm: ioctl, ecmdq` (the paths that charge it for TLBIs and a CMD_SYNC), `set-up of
 * hw-vcmdq` (the paths that read it to know how they work), the part of the model that reads it.
 */
export function usesOf(key: string, profile: LoadedProfile): string[] {
  const stages = new Set(
    STAGES.filter((_, at) => PARAMETER_OF_COST.some((of, cost) => of === key && STAGE_OF_COST[cost] === at)),
  );
  const variants = everyVariant(profile);
  const charging =
    stages.size === 0 ? [] : variants.map((choice) => ({ choice, steps: explainStrategy(choice, profile).steps }));
  const charged = [...stages].map((stage) => {
    const paths = charging.filter(({ steps }) => steps.some((step) => step.stage === stage && step.parameter === key));
    const names = shortest(paths.map(({ choice }) => choice));
    return `stage ${stage}: ${names.length === 0 ? 'no path for TLBIs and a CMD_SYNC alone' : names.join(', ')}`;
  });
  const configured = shortest(variants.filter((choice) => isReadBy(choice, key, profile)));
  const uses = [
    ...charged,
    ...(configured.length === 0 ? [] : [`set-up of ${configured.join(', ')}`]),
    ...MODEL_PARTS.filter(({ keys }) => keys.includes(key)).map(({ name }) => name),
  ];
  return uses.length > 0 ? uses : ['nothing: no result depends on it'];
}

/** Every strategy with every combination of the values that its options name, but for those that it refuses. */
function everyVariant(profile: LoadedProfile): StrategyChoice[] {
  return listStrategies().flatMap(({ name, options }) => {
    let specs = [name];
    for (const { key, choices = [] } of options) {
      specs = specs.flatMap((spec) => [spec, ...choices.map((value) => `${spec}:${key}=${value}`)]);
    }
    return specs.flatMap((spec) => resolvedIfLegal(spec, profile));
  });
}

function resolvedIfLegal(spec: string, profile: LoadedProfile): StrategyChoice[] {
  try {
    const choices = resolveStrategies([spec]);
    for (const { transport, options } of choices) transport.create(setupOf(options, profile));
    return choices;
  } catch (error) {
    if (error instanceof UserError) return [];
    throw error;
  }
}

/** Names of `choices`, without those that only add options to another one. */
function shortest(choices: readonly StrategyChoice[]): string[] {
  const names = [...new Set(choices.map(({ canonicalName }) => canonicalName))];
  const words = (name: string) => name.split(':');
  const adds = (name: string, to: string) => name !== to && words(to).every((word) => words(name).includes(word));
  return names.filter((name) => !names.some((other) => adds(name, other)));
}

/** Whether the transport of `choice` asks for `key` when it is made. */
function isReadBy({ transport, options }: StrategyChoice, key: string, profile: LoadedProfile): boolean {
  let isRead = false;
  const noted = (asked: string) => {
    isRead ||= asked === key;
    return asked;
  };
  transport.create(
    setupOf(options, { number: (asked) => profile.number(noted(asked)), text: (asked) => profile.text(noted(asked)) }),
  );
  return isRead;
}
