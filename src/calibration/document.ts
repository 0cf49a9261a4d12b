/** The document `smmuscope.calibration/1`: what was fitted to what, and how well it predicts what it was not fitted to. */
import { z } from 'zod';
import { type Immutable, label, number, quantity } from '../results/declaration/metric.js';
import { TOOL } from '../results/declaration/recording.js';
import { CALIBRATION_SCHEMA } from '../results/declaration/tags.js';

const FITTED = z.object({
  key: label('parameter of the profile'),
  start_ns: quantity('ns', 'its value before the fit'),
  value_ns: quantity('ns', 'its value after it'),
  status: z.enum(['fitted', 'at-bound', 'undetermined']).meta({
    description: 'at-bound: fixed at the bound that the fit wanted to pass; undetermined: kept, the data do not tell',
  }),
  interval_95_ns: z.tuple([z.number(), z.number()]).nullable().meta({
    description:
      'holds with every other parameter as this document says, ns; null: not fitted, or too few measurements',
  }),
  reason: label('why it is undetermined; null: it is not').nullable(),
  start_tag: label('where its value before the fit comes from, as in profiles: E is an estimate').optional(),
  start_source: label('the source of that value').optional(),
});

const LACK_OF_FIT = z.object({
  verdict: z.enum(['lacking', 'adequate', 'untested', 'no-replicates']).meta({
    description:
      'lacking: shapes are further from the model than their measurements scatter, and intervals are widened; adequate: what is left may be chance; untested: no more shapes than parameters; no-replicates: equal submissions were not measured again, or came out the same, and intervals are from the scatter of the shapes',
  }),
  scatter: quantity(
    'ratio',
    'scatter of the shapes about the model ÷ what the scatter of equal submissions and their counts promise; null: not tested',
  ).nullable(),
  p: quantity('share', 'chance of as much scatter if the model lacks nothing (F test); null: not tested').nullable(),
  misfits: z
    .array(
      z.object({
        strategy: label('strategy'),
        shape: label('what the submission holds ahead of its CMD_SYNC'),
        standard_errors: quantity('ratio', 'ln(measured ÷ predicted) ÷ the standard error of the measured'),
      }),
    )
    .meta({ description: 'shapes that the model lacks something for, the worst first' }),
});

const INSEPARABLE = z.object({
  parameter: label('parameter that the measured operations do not tell apart from others'),
  from: z.array(z.string()).meta({
    description: 'parameters of the fit that its effect is the same as or made up of; none: it has no effect on them',
  }),
  measure: z
    .object({
      strategy: label('path to measure it on'),
      operation: label('commands of one PROD write, ahead of its CMD_SYNC'),
    })
    .nullable()
    .meta({ description: 'an operation that would tell it apart; null: none of those that were tried' }),
});

const LEFT_OUT = z.object({
  overlapping: quantity('count', 'another vCPU’s submission was under way'),
  without_sync: quantity('count', 'nobody waited for it'),
  without_completion: quantity('count', 'the recording has no completion for it'),
  attaching: quantity('count', 'its cost depends on the stream, which the shape does not hold'),
});

const MEASURED = z.object({
  file: label('file name'),
  sha256: label('SHA-256 of its bytes'),
  format: label('format of the trace, or points'),
  measurements: quantity('count', 'measurements'),
  latencies_from: label('the recording joined with it that gave the latencies; null: itself').nullable().optional(),
  includes_tracing: z.boolean().optional().meta({
    description: 'the recorder wrote while the guest waited: the latencies hold the recording itself',
  }),
  left_out: LEFT_OUT.nullable().meta({ description: 'submissions that are no measurements; null: points' }),
});

const ERROR = z.object({
  strategy: label('strategy'),
  measurements: quantity('count', 'measurements'),
  median_absolute_error: quantity('share', 'median of |predicted − measured| ÷ measured'),
  p90_absolute_error: quantity('share', '90th percentile of it'),
  median_error: quantity('share', 'median of (predicted − measured) ÷ measured'),
  median_spread: quantity('share', 'median_absolute_error if each shape were predicted by its own median'),
  p90_spread: quantity('share', 'p90_absolute_error likewise: no model of the shape alone can do better'),
});

const SHAPE = z.object({
  strategy: label('strategy'),
  commands: quantity('count', 'commands of the submission'),
  shape: label('what it holds ahead of its CMD_SYNC'),
  measurements: quantity('count', 'measurements of that shape'),
  predicted_ns: quantity('ns', 'prediction'),
  median_ns: quantity('ns', 'median of the measurements'),
  p10_residual_ns: quantity('ns', '10th percentile of measured − predicted'),
  median_residual_ns: quantity('ns', 'median of it'),
  p90_residual_ns: quantity('ns', '90th percentile of it'),
});

const SLICE = z.object({
  first: number('position of its first measurement in the file, from 1'),
  last: number('position of its last'),
  p10_residual: quantity('share', '10th percentile of (measured − predicted) ÷ predicted'),
  median_residual: quantity('share', 'median of it'),
  p90_residual: quantity('share', '90th percentile of it'),
});

const PART = z.object({
  part: z.enum(['fit', 'holdout', 'predict']).meta({
    description: 'fit: what was fitted; holdout: the rest of the same file; predict: another file',
  }),
  file: label('file name'),
  errors: z.array(ERROR).meta({ description: 'errors by strategy' }),
  residuals: z.array(SHAPE).meta({ description: 'residuals by shape of submission' }),
  residuals_in_order: z.array(SLICE).meta({ description: 'residuals in the order of measurement' }),
});

export const CALIBRATION_DECLARATION = z.object({
  schema: z.literal(CALIBRATION_SCHEMA).meta({ description: 'version of this document' }),
  provenance: z
    .object({
      tool: TOOL,
      profile: z
        .object({
          name: label('profile that the fit began with'),
          title: label('what it is of'),
          overrides: z.array(z.string()).meta({ description: 'KEY=VALUE changes of it' }),
        })
        .meta({ description: 'profile before the fit' }),
      measured: z.array(MEASURED).meta({ description: 'files of measurements' }),
      fit_share: quantity('share', 'part of the first file that is fitted'),
      split: label('how that part is chosen'),
      centre: label('which centre of a shape’s measurements is fitted'),
    })
    .meta({ description: 'everything that decided the fit' }),
  parameters: z.array(FITTED).meta({ description: 'parameters of the fit' }),
  lack_of_fit: LACK_OF_FIT.meta({ description: 'does the model lack something?' }).optional(),
  inseparable: z
    .array(INSEPARABLE)
    .meta({ description: 'undetermined parameters, then those that a fitted one stands for as well' })
    .optional(),
  parts: z.array(PART).meta({ description: 'measurements, and how well they are predicted' }),
});

/** The whole document. */
export type CalibrationDocument = Immutable<z.input<typeof CALIBRATION_DECLARATION>>;
/** One fitted parameter. */
export type FittedParameter = CalibrationDocument['parameters'][number];
/** What the scatter of shapes about the model says. */
export type LackOfFitResult = NonNullable<CalibrationDocument['lack_of_fit']>;
/** A parameter that the measured operations do not tell apart. */
export type InseparableParameter = NonNullable<CalibrationDocument['inseparable']>[number];
/** One file of measurements. */
export type MeasuredFile = CalibrationDocument['provenance']['measured'][number];
/** Measurements that are predicted, and how well. */
export type EvaluatedPart = CalibrationDocument['parts'][number];
/** How far predictions of one strategy are from measurements, and how far any prediction by shape would be. */
export type PredictionError = EvaluatedPart['errors'][number];
/** Measurements of one shape beside its prediction. */
export type ShapeResidual = EvaluatedPart['residuals'][number];
/** Consecutive measurements: where a run of them errs alike, the machine changed, not the path. */
export type ResidualSlice = EvaluatedPart['residuals_in_order'][number];
