/** Declaration of `gates`: what each gate says of each result. Its types are those of the document. */
import { z } from 'zod';
import { label } from './metric.js';

export const JUDGEMENT = z.object({
  gate: label('the gate as it was written'),
  metric: label('dotted path of the metric'),
  unit: label('unit of value, baseline and limit'),
  trace: label('trace that was judged'),
  strategy: label('strategy that was judged'),
  atc: label('its ATC targeting'),
  value: z.number().nullable().meta({ description: 'null: there is none' }),
  baseline: z.number().nullable().meta({ description: 'what it is relative to; null: an absolute limit' }),
  operator: z.enum(['<=', '<', '>=', '>', '==', '!=']),
  limit: z.number().nullable().meta({ description: 'value operator limit is what the gate asks for' }),
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
