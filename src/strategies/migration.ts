/**
 * A guest that changes paths in the middle of a trace: the fallback from a hardware queue to a shared software queue that
 * lets such a guest move to another host (the software vCMDQ of facts L §0.1 is meant to look like the hardware one). Any path can
 * follow any other as long as a device's translation passes the same stages on both.
 */
import { UsageError } from '../trace/errors.js';
import type { StrategyChoice } from './spec.js';
import { type ParameterValues, setupOf, type Transport } from './transport.js';

/**
 * `from` until trace time `atNs`, `to` afterwards. Its canonical name is `FROM+TO@ATns`; its targeting is named `A+B` if the
 * two differ.
 * @throws UsageError if devices would translate through other stages on the new path
 */
export function migrating(from: StrategyChoice, to: StrategyChoice, atNs: number): StrategyChoice {
  if (from.transport.walkStage !== to.transport.walkStage) {
    throw new UsageError(
      `--to ${to.canonicalName}: expected a path whose devices translate through ${stages(from)}, as with ` +
        `${from.canonicalName}; found one with ${stages(to)}`,
    );
  }
  const atc =
    from.targeting.name === to.targeting.name ? from.targeting.name : `${from.targeting.name}+${to.targeting.name}`;
  return {
    ...from,
    canonicalName: `${from.canonicalName}+${to.canonicalName}@${atNs}ns`,
    targeting: {
      ...from.targeting,
      name: atc,
      create: (topology, routing) => from.targeting.create(topology, routing),
    },
    migration: { atNs, from, to },
  };
}

/** The paths that `choice` consists of, the one that the trace begins with first. */
export function pathsOf(choice: StrategyChoice): readonly StrategyChoice[] {
  return choice.migration === undefined ? [choice] : [choice.migration.from, choice.migration.to];
}

/** The transport of `choice`, ready to run under the profile `values`. */
export function makeTransport(choice: StrategyChoice, values: ParameterValues): Transport {
  return choice.transport.create(setupOf(choice.options, values));
}

const stages = ({ transport }: StrategyChoice): string =>
  transport.walkStage === 'nested' ? 'both stages' : 'one stage (the host owns it)';
