/** Declaration of `gates`: what each gate says of each result. Its types are those of the document. */
import { z } from 'zod';
import { label } from './metric.js';

export const JUDGEMENT = z.object({
  gate: label('the gate as it was written'),
  metric: label('dotted path of the metric'),
  unit: label('unit of value, baseline, limit and interval; of the medians across traces: multiples of the baseline'),
  trace: label('trace that was judged; null: all of them together').nullable(),
  strategy: label('strategy that was judged'),
  atc: label('its ATC targeting'),
  method: z
    .enum(['exact', 'median'])
    .meta({ description: 'exact: one value, compared as it is; median: over seeds or traces, with an interval' }),
  value: z.number().nullable().meta({ description: 'value, or median of the samples; null: there is none' }),
  baseline: z.number().nullable().meta({ description: 'what it is relative to; null: an absolute limit' }),
  operator: z.enum(['<=', '<', '>=', '>', '==', '!=']),
  limit: z.number().nullable().meta({ description: 'value operator limit is what the gate asks for' }),
  samples: z.int().optional().meta({ description: 'values that the median is of' }),
  interval: z.tuple([z.number(), z.number()]).optional().meta({ description: '95 % bootstrap interval of the median' }),
  p_value: z
    .number()
    .nullable()
    .optional()
    .meta({ description: 'Mann-Whitney test of the samples against those of the baseline; null: an absolute limit' }),
  verdict: z.enum(['pass', 'fail', 'inconclusive']),
  reason: label('why it is inconclusive').optional(),
});

export const GATES = z.object({
  baseline: z.union([
    z.null(),
    z.object({ strategy: label('strategy of the same run'), atc: label('its ATC targeting').optional() }),
    z.object({
      file: label('file name of the earlier result'),
      sha256: label('SHA-256 of the file'),
      tool_version: label('version of the tool that wrote it'),
    }),
  ]),
  passed: z.boolean().meta({ description: 'true: no judgement is fail' }),
  counts: z.object({ pass: z.int(), fail: z.int(), inconclusive: z.int() }),
  judgements: z.array(JUDGEMENT),
});

export type Judgement = z.infer<typeof JUDGEMENT>;
export type GatesResult = z.infer<typeof GATES>;
