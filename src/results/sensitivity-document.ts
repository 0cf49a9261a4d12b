/**
 * The document `smmuscope.sensitivity/2`: how far the ratio of two strategies' mean times of an operation moves when one
 * estimate of the profile is wrong (facts M §6), and how far ratios and the ranking of paths may move when all are.
 */
import { z } from 'zod';
import { type Immutable, label, number, quantity } from './declaration/metric.js';
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

const PATH_NAME = z.object({ strategy: label('strategy'), atc: label('its ATC targeting') });

const PROBABILITY = z.object({
  probability: quantity('share', 'part of the draws'),
  standard_error: quantity('share', 'standard error of it, as of independent draws'),
});

const RATIOS = z.tuple([z.number(), z.number()]).nullable();

const JOINT = z.object({
  draws: quantity('count', 'draws of all varied parameters at once that were replayed'),
  refused: quantity('count', 'draws besides that the model refused'),
  seed: number('seed of the draws, a Latin hypercube'),
  paths: z
    .array(
      PATH_NAME.extend({
        mean_ns: quantity('ns', 'mean time of an operation with the profile as it is'),
        ratio: quantity('ratio', 'that ÷ that of the baseline'),
        interval_95: RATIOS.meta({ description: 'ratios that the middle 95 % of the draws have; null: no draws' }),
        range: RATIOS.meta({ description: 'smallest and largest ratio of any draw; null: no draws' }),
      }),
    )
    .meta({ description: 'the compared paths, the fastest first' }),
  ranking_changes: PROBABILITY.meta({ description: 'draws in which any two paths are ranked the other way round' }),
  fastest_changes: PROBABILITY.meta({ description: 'draws in which another path is the fastest' }),
  swaps: z
    .array(
      PROBABILITY.extend({
        faster: PATH_NAME.meta({ description: 'faster with the profile as it is' }),
        slower: PATH_NAME.meta({ description: 'slower then, and faster in these draws' }),
      }),
    )
    .meta({ description: 'pairs that change places in some draw, the most frequent first' }),
  with_range: z
    .array(z.string())
    .meta({ description: 'parameters that are drawn from the range that the profile declares' }),
  held: z
    .array(z.string())
    .meta({ description: 'durations with a source, but without a declared range: they keep their value' }),
});

export const SENSITIVITY_DECLARATION = z.object({
  schema: z.literal(SENSITIVITY_SCHEMA).meta({ description: 'version of this document' }),
  provenance: z
    .object({
      tool: TOOL,
      trace: RESULT_DECLARATION.shape.provenance.shape.traces.element.meta({ description: 'the trace' }),
      profile: label('profile of the hardware and software costs'),
      by: quantity('share', 'how far each estimate is moved, as a part of it'),
      run: RESULT_DECLARATION.shape.provenance
        .omit({ tool: true, traces: true })
        .meta({ description: 'the options of the replays, as in a result' })
        .exactOptional(),
    })
    .meta({ description: 'everything that decided the ratios' }),
  strategy: label('strategy whose time is the numerator'),
  baseline: label('strategy whose time is the denominator'),
  ratio: quantity('ratio', 'mean time of an operation of strategy ÷ that of baseline, with the profile as it is'),
  parameters: z.array(ROW).meta({
    description: 'estimates and values with a range that moved, or could have: the largest swing first, by name',
  }),
  not_varied: z
    .array(z.string())
    .meta({ description: 'estimates that are no numbers, or zero: no share of them to move' }),
  joint: JOINT.meta({ description: 'all varied parameters at once; absent: not asked for' }).exactOptional(),
});

/** The whole document. */
export type SensitivityDocument = Immutable<z.input<typeof SENSITIVITY_DECLARATION>>;
/** What draws of all parameters at once say. */
export type JointRange = NonNullable<SensitivityDocument['joint']>;
/** One estimate. */
export type SensitivityRow = SensitivityDocument['parameters'][number];
/** One parameter at one other value. */
export type SensitivityEnd = SensitivityRow['low'];
