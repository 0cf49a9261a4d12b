/** Declarations of `smmuscope.study-result/2` and `smmuscope.sensitivity/2`: what sweeps make. */
import { z } from 'zod';
import { RESULT_DECLARATION } from '../../results/declaration/result.js';
import type { ResultDocument } from '../../results/document.js';
import { SENSITIVITY_SCHEMA, type SensitivityDocument } from '../../results/sensitivity-document.js';
import { STUDY_RESULT_SCHEMA, type StudyDocument } from '../../results/study-document.js';
import { TOOL } from './kind.js';

/** The published declaration; its type is written by hand beside it (results/document.ts). */
const RESULT = RESULT_DECLARATION as unknown as z.ZodType<ResultDocument>;

const COORDINATES = z
  .object({
    trace: z.string(),
    profile: z.string(),
    set: z.record(z.string(), z.string()),
    strategy: z.string(),
  })
  .catchall(z.union([z.string(), z.number(), z.record(z.string(), z.string())]));

const POINT = z
  .looseObject({
    index: z.int().min(0),
    id: z.string(),
    at: COORDINATES,
    result: RESULT.nullable(),
    error: z.exactOptional(z.looseObject({ exit_code: z.int(), message: z.string() })),
  })
  .refine(({ result, error }) => (result === null) === (error !== undefined), 'neither or both of result and error');

const FRONT = z.looseObject({
  at: z.record(z.string(), z.unknown()),
  points: z.array(
    z.looseObject({ index: z.int().min(0), latency_ns: z.number(), host_cpu_ns_per_operation: z.number() }),
  ),
});

export const STUDY_DECLARATION: z.ZodType<StudyDocument> = z.object({
  schema: z.literal(STUDY_RESULT_SCHEMA),
  provenance: z.looseObject({
    tool: TOOL,
    study: z.looseObject({ file: z.string(), id: z.string(), points: z.int().min(0) }),
    traces: z.array(z.looseObject({ trace: z.string(), sha256: z.string() })),
  }),
  shard: z.exactOptional(z.looseObject({ index: z.int(), count: z.int() })),
  failed: z.int().min(0),
  points: z.array(POINT),
  pareto: z.looseObject({
    latency: z.string(),
    over: z.array(z.string()),
    fronts: z.array(FRONT).nullable(),
  }),
});

const END = z.looseObject({
  value: z.number(),
  ratio: z.number().nullable(),
  refused: z.exactOptional(z.string()),
});

const TRACE_PROVENANCE = RESULT_DECLARATION.shape.provenance.shape.traces.element as unknown as z.ZodType<
  ResultDocument['provenance']['traces'][number]
>;

export const SENSITIVITY_DECLARATION: z.ZodType<SensitivityDocument> = z.object({
  schema: z.literal(SENSITIVITY_SCHEMA),
  provenance: z.looseObject({ tool: TOOL, trace: TRACE_PROVENANCE, profile: z.string(), by: z.number() }),
  strategy: z.string(),
  baseline: z.string(),
  ratio: z.number(),
  parameters: z.array(
    z.looseObject({
      key: z.string(),
      unit: z.string(),
      value: z.number(),
      low: END,
      high: END,
      swing: z.number(),
    }),
  ),
  not_varied: z.array(z.string()),
});
