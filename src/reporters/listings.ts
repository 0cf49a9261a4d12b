/** Documents of the listing commands: what `strategies`, `profiles`, their `show` and `workloads` hand to a reporter. */
import { z } from 'zod';
import { type Immutable, label, quantity } from '../results/declaration/metric.js';
import {
  PROFILE_SCHEMA,
  PROFILES_SCHEMA,
  STRATEGIES_SCHEMA,
  STRATEGY_SCHEMA,
  WORKLOADS_SCHEMA,
} from '../results/declaration/tags.js';

const VERSION = { description: 'version of this document' };

/** One option of a strategy, written `NAME:key=value`, or one parameter of a workload. */
const OPTION = z.object({
  key: label('its name'),
  values: label('what its value may be: choices separated by |, or a range such as 1..128'),
  default: label('its value where nothing is said'),
  help: label('what it does'),
});

export const STRATEGIES_DECLARATION = z.object({
  schema: z.literal(STRATEGIES_SCHEMA).meta(VERSION),
  strategies: z
    .array(
      z.object({
        name: label('name'),
        summary: label('the path in one line'),
        default_atc: label('ATC targeting unless :atc= says another'),
        options: z.array(OPTION).meta({ description: 'options' }),
      }),
    )
    .meta({ description: 'all strategies, in the registry’s order' }),
});

export const WORKLOADS_DECLARATION = z.object({
  schema: z.literal(WORKLOADS_SCHEMA).meta(VERSION),
  workloads: z
    .array(
      z.object({
        name: label('name'),
        summary: label('the workload in one line'),
        parameters: z.array(OPTION).meta({ description: 'parameters for --set' }),
      }),
    )
    .meta({ description: 'all workloads of generate, in the registry’s order' }),
});

const SUBMISSION = z.object({
  commands: quantity('count', 'TLBI_NH_VA of the submission, the CMD_SYNC not counted'),
  total_ns: quantity('ns', 'PROD write until the guest sees its CMD_SYNC done'),
  estimate_share: quantity('share', 'part of the time, waits left out, that rests on parameters tagged as estimates'),
  exits: quantity('count', 'traps by the guest'),
  ioctls: quantity('count', 'invalidation ioctls'),
  host_commands: quantity('count', 'commands that the SMMU executes, CMD_SYNCs included'),
  added_syncs: quantity('count', 'CMD_SYNCs that the host inserts'),
});

const STEP = z.object({
  stage: label('a stage of latency.breakdown_ns'),
  parameter: label('parameter of the profile; null: a wait').nullable(),
  tag: label('tag of its value; null: a wait').nullable(),
  source: label('source of its value; null: a wait').nullable(),
  help: label('what it is; null: a wait').nullable(),
  each_ns: quantity('ns', 'time of one'),
  times: z.array(z.number()).meta({ description: 'how often, in the submissions in their order', 'x-unit': 'count' }),
  ns: z
    .array(z.number())
    .meta({ description: 'for how long in all, in the submissions in their order', 'x-unit': 'ns' }),
});

export const STRATEGY_DECLARATION = z
  .object({
    schema: z.literal(STRATEGY_SCHEMA).meta(VERSION),
    strategy: label('canonical name'),
    summary: label('the path in one line'),
    atc: label('ATC targeting'),
    profile: label('profile of the costs'),
    submissions: z.array(SUBMISSION).meta({ description: 'sizes that are explained: n TLBI_NH_VA and one CMD_SYNC' }),
    steps: z.array(STEP).meta({ description: 'steps in path order; the ns of each size sum to its total' }),
  })
  .refine(
    ({ submissions, steps }) =>
      steps.every(({ times, ns }) => times.length === submissions.length && ns.length === submissions.length),
    'steps without times and ns for every submission',
  );

export const PROFILES_DECLARATION = z.object({
  schema: z.literal(PROFILES_SCHEMA).meta(VERSION),
  profiles: z
    .array(
      z.object({
        name: label('name'),
        title: label('what it is of'),
        parameters: quantity('count', 'parameters'),
        estimates: quantity('count', 'of these, those that are estimates (tag E)'),
        default: z.boolean().meta({ description: 'true: taken where no profile is named' }),
      }),
    )
    .meta({ description: 'all built-in profiles, the default one first' }),
});

export const PROFILE_DECLARATION = z.object({
  schema: z.literal(PROFILE_SCHEMA).meta(VERSION),
  name: label('name'),
  title: label('what it is of'),
  parameters: z
    .array(
      z.object({
        key: label('name of the parameter'),
        value: z.union([z.number(), z.string(), z.boolean()]).meta({ description: 'its value, in its unit' }),
        unit: label('its unit'),
        tag: label('V read at the source, D derived, R recalled, E estimate, U set by the user, C calibrated'),
        source: label('where the value comes from'),
        range: z
          .object({
            low: z.number().meta({ description: 'smallest value, in its unit' }),
            high: z.number().meta({ description: 'largest value, in its unit' }),
            source: label('where they come from'),
          })
          .optional()
          .meta({ description: 'values that sources give for it; sensitivity draws from them' }),
        help: label('what it is'),
        overridden: z.boolean().meta({ description: 'true: changed with --set' }),
        uses: z
          .exactOptional(z.array(z.string()))
          .meta({ description: 'where the model uses it, a phrase each; only where one parameter was asked for' }),
      }),
    )
    .meta({ description: 'all parameters' }),
});

/** All strategies. */
export type StrategiesDocument = Immutable<z.infer<typeof STRATEGIES_DECLARATION>>;
/** All workloads of `generate`. */
export type WorkloadsDocument = Immutable<z.infer<typeof WORKLOADS_DECLARATION>>;
/** One strategy explained: where the time of n TLBI_NH_VA and one CMD_SYNC of one vCPU goes on an idle machine. */
export type StrategyDocument = Immutable<z.infer<typeof STRATEGY_DECLARATION>>;
/** All built-in profiles. */
export type ProfilesDocument = Immutable<z.infer<typeof PROFILES_DECLARATION>>;
/** One profile in full. */
export type ProfileDocument = Immutable<z.infer<typeof PROFILE_DECLARATION>>;
