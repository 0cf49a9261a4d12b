/** Declarations of what the listing commands write: `strategies`, `profiles`, their `show`, and `workloads`. */
import { z } from 'zod';
import {
  PROFILE_SCHEMA,
  PROFILES_SCHEMA,
  type ProfileDocument,
  type ProfilesDocument,
  STRATEGIES_SCHEMA,
  STRATEGY_SCHEMA,
  type StrategiesDocument,
  type StrategyDocument,
  WORKLOADS_SCHEMA,
  type WorkloadsDocument,
} from '../listings.js';

const OPTION = z.looseObject({ key: z.string(), values: z.string(), default: z.string(), help: z.string() });

export const STRATEGIES_DECLARATION: z.ZodType<StrategiesDocument> = z.object({
  schema: z.literal(STRATEGIES_SCHEMA),
  strategies: z.array(
    z.looseObject({ name: z.string(), summary: z.string(), default_atc: z.string(), options: z.array(OPTION) }),
  ),
});

export const WORKLOADS_DECLARATION: z.ZodType<WorkloadsDocument> = z.object({
  schema: z.literal(WORKLOADS_SCHEMA),
  workloads: z.array(z.looseObject({ name: z.string(), summary: z.string(), parameters: z.array(OPTION) })),
});

const SUBMISSION = z.looseObject({
  commands: z.int(),
  total_ns: z.number(),
  estimate_share: z.number(),
  exits: z.int(),
  ioctls: z.int(),
  host_commands: z.int(),
  added_syncs: z.int(),
});

const STEP = z.looseObject({
  stage: z.string(),
  parameter: z.string().nullable(),
  tag: z.string().nullable(),
  source: z.string().nullable(),
  help: z.string().nullable(),
  each_ns: z.number(),
  times: z.array(z.number()),
  ns: z.array(z.number()),
});

export const STRATEGY_DECLARATION: z.ZodType<StrategyDocument> = z
  .object({
    schema: z.literal(STRATEGY_SCHEMA),
    strategy: z.string(),
    summary: z.string(),
    atc: z.string(),
    profile: z.string(),
    submissions: z.array(SUBMISSION),
    steps: z.array(STEP),
  })
  .refine(
    ({ submissions, steps }) =>
      steps.every(({ times, ns }) => times.length === submissions.length && ns.length === submissions.length),
    'steps without times and ns for every submission',
  );

export const PROFILES_DECLARATION: z.ZodType<ProfilesDocument> = z.object({
  schema: z.literal(PROFILES_SCHEMA),
  profiles: z.array(
    z.looseObject({
      name: z.string(),
      title: z.string(),
      parameters: z.int(),
      estimates: z.int(),
      default: z.boolean(),
    }),
  ),
});

export const PROFILE_DECLARATION: z.ZodType<ProfileDocument> = z.object({
  schema: z.literal(PROFILE_SCHEMA),
  name: z.string(),
  title: z.string(),
  parameters: z.array(
    z.looseObject({
      key: z.string(),
      value: z.union([z.number(), z.string(), z.boolean()]),
      unit: z.string(),
      tag: z.string(),
      source: z.string(),
      help: z.string(),
      overridden: z.boolean(),
      uses: z.exactOptional(z.array(z.string())),
    }),
  ),
});
