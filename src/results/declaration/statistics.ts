/** Declaration of `statistics`: medians over several seeds or traces, with their intervals. */
import { z } from 'zod';
import { type Immutable, label, quantity } from './metric.js';

/** What the samples of a median are. */
export const OVER = z.enum(['seeds', 'traces']).meta({
  description:
    'seeds: one sample per seed, every trace by itself; traces: one sample per trace, the median over its seeds',
});

/** Low and high end. */
export const INTERVAL = z.tuple([z.number(), z.number()]);

/** What a gate is relative to. */
export const BASELINE = z
  .union([
    z.null(),
    z.object({ strategy: label('strategy of the same run'), atc: label('its ATC targeting') }),
    z.object({
      file: label('file name of the earlier result'),
      sha256: label('SHA-256 of the file'),
      tool_version: label('version of the tool that wrote it'),
    }),
  ])
  .meta({ description: 'what gates and ratios are relative to: a row of this run, an earlier result, or nothing' });

/** Samples against those of a baseline. */
export const COMPARED = z.object({
  median: z.number().meta({ description: 'median of the baseline’s samples' }),
  ratio: z.number().nullable().meta({ description: 'median divided by it; null: it is zero' }),
  ratio_interval: INTERVAL.nullable().meta({ description: 'null: too few samples, or a baseline around zero' }),
  mann_whitney: z
    .object({
      u: z.number().meta({ description: 'Mann-Whitney’s U' }),
      p: z.number().meta({ description: 'two-sided; treats the samples as independent' }),
      method: z.enum(['exact', 'normal']).meta({ description: 'how p was found' }),
    })
    .optional()
    .meta({ description: 'absent where all samples of both sides are equal: nothing to test' }),
  sign_p: z
    .number()
    .optional()
    .meta({ description: 'two-sided sign test of the differences trace by trace; several traces only' }),
});

const MEDIAN = z.object({
  trace: label('trace; “N traces” if they are taken together'),
  strategy: label('strategy'),
  atc: label('its ATC targeting'),
  metric: label('dotted path of the metric'),
  unit: label('its unit'),
  is_exact: z.boolean().meta({ description: 'true: all seeds give this value' }),
  median: z.number().meta({ description: 'median of the samples, in the unit' }),
  interval: INTERVAL.nullable().meta({ description: 'confidence interval of the median; null: too few samples' }),
  baseline: COMPARED.nullable().meta({ description: 'null: this is the baseline, or it has no such value' }),
});

export const STATISTICS = z.object({
  over: OVER,
  samples: quantity('count', 'samples of every median'),
  least_samples: quantity('count', 'with fewer there are no intervals and no verdicts'),
  confidence: quantity('share', 'confidence of the intervals'),
  alpha: z.number().meta({ description: 'a p below it is significant' }),
  resamples: quantity('count', 'samples of the percentile bootstrap behind the intervals'),
  baseline: BASELINE,
  medians: z.array(MEDIAN).meta({ description: 'the headline metrics and those of the gates' }),
});

export type Interval = Immutable<z.infer<typeof INTERVAL>>;
export type Over = Immutable<z.infer<typeof OVER>>;
export type MedianResult = Immutable<z.infer<typeof MEDIAN>>;
export type ComparedMedian = Immutable<z.infer<typeof COMPARED>>;
export type StatisticsResult = Immutable<z.infer<typeof STATISTICS>>;
