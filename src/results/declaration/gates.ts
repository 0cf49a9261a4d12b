/** Declaration of `gates`: what each gate says of each result. Its types are those of the document. */
import { z } from 'zod';
import { type Immutable, label, quantity } from './metric.js';
import { BASELINE, INTERVAL, OVER } from './statistics.js';

/** What a judgement of several samples rests on. */
const SAMPLES = z.object({
  over: OVER,
  count: quantity('count', 'samples; value, baseline and limit are their medians'),
  method: z.enum(['exact', 'each', 'mann-whitney', 'sign']).meta({
    description:
      'exact: all samples are equal; each: every sample is judged, value is of the first breach; else the test behind p',
  }),
  interval: INTERVAL.optional().meta({ description: 'confidence interval of value' }),
  excess_interval: INTERVAL.optional().meta({ description: 'confidence interval of value − limit' }),
  p: z.number().optional().meta({ description: 'two-sided, of value against limit' }),
  needed: quantity('count', 'fewest samples that can decide, where there are fewer').optional(),
});

const JUDGEMENT = z.object({
  gate: label('the gate as it was written'),
  metric: label('dotted path of the metric'),
  unit: label('unit of value, baseline and limit'),
  trace: label('trace that was judged; “N traces” if they were judged together'),
  strategy: label('strategy that was judged'),
  atc: label('its ATC targeting'),
  value: z.number().nullable().meta({ description: 'null: there is none' }),
  baseline: z.number().nullable().meta({ description: 'what it is relative to; null: an absolute limit' }),
  operator: z.enum(['<=', '<', '>=', '>', '==', '!=']).meta({ description: 'relation of value and limit' }),
  limit: z.number().nullable().meta({ description: 'value operator limit is what the gate asks for' }),
  verdict: z.enum(['pass', 'fail', 'inconclusive']).meta({ description: 'what the gate says' }),
  reason: label('why it is inconclusive').optional(),
  samples: SAMPLES.optional().meta({ description: 'several seeds or traces only' }),
  blocks: z.literal(true).optional().meta({ description: 'inconclusive, and counted against the run' }),
});

export const GATES = z.object({
  baseline: BASELINE,
  passed: z.boolean().meta({ description: 'true: no judgement is fail or blocks; else exit code 3' }),
  counts: z
    .object({
      pass: quantity('count', 'judgements that hold'),
      fail: quantity('count', 'judgements that do not'),
      inconclusive: quantity('count', 'judgements that cannot tell'),
    })
    .meta({ description: 'judgements by verdict' }),
  judgements: z.array(JUDGEMENT).meta({ description: 'one per gate and result, or subject of several samples' }),
});

export type Judgement = Immutable<z.infer<typeof JUDGEMENT>>;
export type GatesResult = Immutable<z.infer<typeof GATES>>;
