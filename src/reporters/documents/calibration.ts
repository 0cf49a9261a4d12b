/** Declaration of `smmuscope.calibration/1`. */
import { z } from 'zod';
import { CALIBRATION_SCHEMA, type CalibrationDocument } from '../../calibration/document.js';
import { TOOL } from './kind.js';

const FITTED = z.looseObject({
  key: z.string(),
  start_ns: z.number(),
  value_ns: z.number(),
  status: z.enum(['fitted', 'at-bound', 'undetermined']),
  interval_95_ns: z.tuple([z.number(), z.number()]).nullable(),
  reason: z.string().nullable(),
});

const MEASURED = z.looseObject({
  file: z.string(),
  sha256: z.string(),
  format: z.string(),
  measurements: z.int(),
  latencies_from: z.string().nullable().optional(),
  includes_tracing: z.boolean().optional(),
  left_out: z
    .object({ overlapping: z.int(), without_sync: z.int(), without_completion: z.int(), attaching: z.int() })
    .nullable(),
});

const ERROR = z.looseObject({
  strategy: z.string(),
  measurements: z.int(),
  median_absolute_error: z.number(),
  p90_absolute_error: z.number(),
  median_error: z.number(),
  median_spread: z.number(),
  p90_spread: z.number(),
});

const SHAPE = z.looseObject({
  strategy: z.string(),
  commands: z.int(),
  shape: z.string(),
  measurements: z.int(),
  predicted_ns: z.number(),
  median_ns: z.number(),
  p10_residual_ns: z.number(),
  median_residual_ns: z.number(),
  p90_residual_ns: z.number(),
});

const SLICE = z.looseObject({
  first: z.int(),
  last: z.int(),
  p10_residual: z.number(),
  median_residual: z.number(),
  p90_residual: z.number(),
});

export const CALIBRATION_DECLARATION: z.ZodType<CalibrationDocument> = z.object({
  schema: z.literal(CALIBRATION_SCHEMA),
  provenance: z.looseObject({
    tool: TOOL,
    profile: z.looseObject({ name: z.string(), title: z.string(), overrides: z.array(z.string()) }),
    measured: z.array(MEASURED),
    fit_share: z.number(),
    split: z.string(),
    centre: z.string(),
  }),
  parameters: z.array(FITTED),
  parts: z.array(
    z.looseObject({
      part: z.enum(['fit', 'holdout', 'predict']),
      file: z.string(),
      errors: z.array(ERROR),
      residuals: z.array(SHAPE),
      residuals_in_order: z.array(SLICE),
    }),
  ),
});
