/** Declaration of `miss_ratio_curves`: what `mrc` says, beside the results of a replay of the same events. */
import { z } from 'zod';
import { label, quantity } from './metric.js';

const POINT = z.object({
  entries: quantity('count', 'size of the TLB'),
  misses: quantity('count', 'accesses that miss'),
  miss_ratio: quantity('share', 'misses divided by accesses'),
});

export const CURVE = z.object({
  trace: label('file name of the trace'),
  accesses: quantity('count', 'translations that count, warm-up left out'),
  cold_misses: quantity('count', 'first uses, and first uses after an invalidation: they miss at every size'),
  max_distance: quantity('count', 'entries of the TLB from which on only these are left'),
  faults: quantity('count', 'faulting translations: they fill nothing and are not among the accesses'),
  untranslated: quantity('count', 'bypass, abort, SMMU off; not among the accesses'),
  msi_left_out: quantity('count', 'interrupts left out, not among the accesses'),
  unpublished_commands: quantity('count', 'commands that no doorbell published'),
  points: z.array(POINT).meta({ description: 'ascending sizes' }),
});
