/**
 * The document `smmuscope.sensitivity/2`: how far the ratio of two strategies' mean times of an operation moves when one
 * estimate of the profile is wrong (facts M §6).
 */
import { z } from 'zod';
import { type Immutable, label, quantity } from './declaration/metric.js';
import { TOOL } from './declaration/recording.js';
import { RESULT_DECLARATION } from './declaration/result.js';
import { SENSITIVITY_SCHEMA } from './declaration/tags.js';

const END = z.object({
  value: z.number().meta({ description: 'value of the parameter, in its unit' }),
  ratio: quantity('ratio', 'ratio at that value; null: the model refuses it').nullable(),
  refused: label('why there is no ratio').exactOptional(),
});

const ROW = z.object({
  key: label('parameter'),
  unit: label('its unit'),
  value: z.number().meta({ description: 'its value in the profile, in its unit' }),
  low: END.meta({ description: 'the estimate lower' }),
  high: END.meta({ description: 'the estimate higher' }),
  swing: quantity('share', 'largest change of the ratio in either direction, as a part of it'),
});

export const SENSITIVITY_DECLARATION = z.object({
  schema: z.literal(SENSITIVITY_SCHEMA).meta({ description: 'version of this document' }),
  provenance: z
    .object({
      tool: TOOL,
      trace: RESULT_DECLARATION.shape.provenance.shape.traces.element.meta({ description: 'the trace' }),
      profile: label('profile of the hardware and software costs'),
      by: quantity('share', 'how far each estimate is moved, as a part of it'),
    })
    .meta({ description: 'everything that decided the ratios' }),
  strategy: label('strategy whose time is the numerator'),
  baseline: label('strategy whose time is the denominator'),
  ratio: quantity('ratio', 'mean time of an operation of strategy ÷ that of baseline, with the profile as it is'),
  parameters: z
    .array(ROW)
    .meta({ description: 'estimates that moved, or could have: the largest swing first, by name' }),
  not_varied: z
    .array(z.string())
    .meta({ description: 'estimates that are no numbers, or zero: no share of them to move' }),
});

/** The whole document. */
export type SensitivityDocument = Immutable<z.input<typeof SENSITIVITY_DECLARATION>>;
/** One estimate. */
export type SensitivityRow = SensitivityDocument['parameters'][number];
/** One parameter at one other value. */
export type SensitivityEnd = SensitivityRow['low'];
