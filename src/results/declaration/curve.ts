/** Declaration of `miss_ratio_curves`: what `mrc` says, beside the results of a replay of the same events. */
import { z } from 'zod';
import { label } from './metric.js';

const POINT = z.object({
  entries: z.int().meta({ description: 'size of the TLB' }),
  misses: z.int().meta({ description: 'accesses that miss' }),
  miss_ratio: z.number().meta({ description: 'misses divided by accesses' }),
});

export const CURVE = z.object({
  trace: label('file name of the trace'),
  accesses: z.int().meta({ description: 'translations that count, warm-up left out' }),
  cold_misses: z.int().meta({ description: 'those that miss at every size' }),
  max_distance: z.int().meta({ description: 'size from which only these are left' }),
  faults: z.int().meta({ description: 'faulting translations, not among the accesses' }),
  untranslated: z.int().meta({ description: 'bypass, abort, SMMU off; not among the accesses' }),
  msi_left_out: z.int().meta({ description: 'interrupts left out, not among the accesses' }),
  unpublished_commands: z.int().meta({ description: 'commands that no doorbell published' }),
  points: z.array(POINT).meta({ description: 'ascending sizes' }),
});

export type CurveResult = Readonly<Omit<z.infer<typeof CURVE>, 'points'>> & {
  readonly points: readonly Readonly<z.infer<typeof POINT>>[];
};
