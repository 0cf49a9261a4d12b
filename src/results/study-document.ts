/**
 * The document `smmuscope.study-result/2`: what `sweep` and `merge` hand to every reporter. It has no time, host name or
 * path of the machine: the same study gives the same bytes, however many jobs or shards it was run in.
 */
import { z } from 'zod';
import { addedLater, type Immutable, label, number, quantity } from './declaration/metric.js';
import { TOOL } from './declaration/recording.js';
import { RESULT_DECLARATION } from './declaration/result.js';
import { STUDY_RESULT_SCHEMA } from './declaration/tags.js';

/** A parameter's value: a number where it is one. */
const PARAMETER = z.union([z.number(), z.string(), z.boolean()]);

/** A point's place on every axis that its study has, as the study writes it. Open: studies of later builds have more axes. */
const COORDINATES = z
  .object({
    trace: label('trace'),
    profile: label('profile'),
    set: z.record(z.string(), PARAMETER).meta({ description: 'varied parameters, numbers as numbers' }),
    strategy: label('strategy'),
  })
  .catchall(z.union([z.string(), z.number(), z.record(z.string(), PARAMETER)]));

const POINT_ERROR = z.object({
  exit_code: number('what replay with the same options would have ended with'),
  message: label('why there is no result'),
});

const POINT = z
  .object({
    index: z.int().min(0).meta({ description: 'place in the study, from 0' }),
    id: label('SHA-256 of everything that decides the result'),
    at: COORDINATES.meta({ description: 'where the point lies: one value per axis' }),
    // It may be made anew each time that it is read: a study has thousands.
    result: RESULT_DECLARATION.nullable().meta({
      description:
        'what replay --json with the same options prints, without answer, main_tlb_over_time, operations_over_events, slowest_operations and latency.operation.steps; null: it failed',
    }),
    error: POINT_ERROR.exactOptional().meta({ description: 'why the point has no result' }),
  })
  .refine(({ result, error }) => (result === null) === (error !== undefined), 'neither or both of result and error');

const FRONT = z.object({
  at: z
    .record(z.string(), z.union([z.string(), z.number(), z.record(z.string(), PARAMETER)]))
    .meta({ description: 'the axes that all points of the group share' }),
  points: z
    .array(
      z.object({
        index: z.int().min(0).meta({ description: 'place in the study' }),
        latency_ns: quantity('ns', 'the statistic of the time of an operation'),
        host_cpu_ns_per_operation: quantity('ns', 'host CPU time per operation'),
        values: z
          .array(z.number())
          .exactOptional()
          .meta({ description: 'values of `objectives`, in their order and units' }),
      }),
    )
    .meta({
      description: 'points that no other of the group beats in everything, the best in the first objective first',
    }),
});

export const STUDY_DECLARATION = z.object({
  schema: z.literal(STUDY_RESULT_SCHEMA).meta({ description: 'version of this document' }),
  provenance: z
    .object({
      tool: TOOL,
      study: z
        .object({
          file: label('name of the study file'),
          id: label('SHA-256 of the list of point IDs and of pareto: shards merge if they agree in it'),
          points: z.int().min(0).meta({ description: 'points of the whole study', 'x-unit': 'count' }),
        })
        .meta({ description: 'the study' }),
      traces: z
        .array(z.object({ trace: label('trace, as the study writes it'), sha256: label('SHA-256 of its bytes') }))
        .meta({ description: 'one entry per trace, in the order of the study' }),
    })
    .meta({ description: 'everything that decided the results, but for what each point says' }),
  shard: z
    .object({ index: number('number of the shard, from 1'), count: quantity('count', 'shards of the study') })
    .exactOptional()
    .meta({ description: 'which part this is; left out: all of it' }),
  failed: z.int().min(0).meta({ description: 'points without a result', 'x-unit': 'count' }),
  points: z.array(POINT).meta({ description: 'points, in the order of the study' }),
  pareto: z
    .object({
      latency: label('statistic of latency.operation'),
      objectives: z.array(z.string()).exactOptional().meta({
        description: 'metrics that the fronts are of; left out: `latency` of an operation, and host CPU time',
      }),
      over: z.array(z.string()).meta({ description: 'axes between whose values a front decides' }),
      fronts: z.array(FRONT).nullable().meta({ description: 'fronts; null: a shard, which has not every point' }),
    })
    .meta({ description: 'fronts of the time of an operation against host CPU time, or of other metrics' }),
  axes_without_effect: addedLater(
    z
      .array(
        z.object({
          axis: label('axis with several values'),
          metrics: z
            .array(z.string())
            .meta({ description: 'metrics that are the same wherever two points differ in this axis alone' }),
        }),
      )
      .nullable(),
  ).meta({
    description:
      'axes that do not move some of the metrics of the study’s table; null: a shard, which has not every point',
  }),
});

/** A document as this build writes it. */
export type WrittenStudy = Immutable<z.output<typeof STUDY_DECLARATION>>;
/** A document that may come from an earlier build. */
export type StudyDocument = Immutable<z.input<typeof STUDY_DECLARATION>>;
/** One point, finished or failed. */
export type StudyPoint = StudyDocument['points'][number];
/** Where a point lies. */
export type Coordinates = StudyPoint['at'];
/** Points that no other point of their group beats in both. */
export type ParetoFront = NonNullable<StudyDocument['pareto']['fronts']>[number];
/** Value of a parameter at a point. */
export type ParameterValue = Coordinates['set'][string];
/** How fronts are drawn. */
export type ParetoSpec = Omit<StudyDocument['pareto'], 'fronts'>;
