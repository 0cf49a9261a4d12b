/** Declaration of `smmuscope.mrc/1`. */
import { z } from 'zod';
import { MRC_SCHEMA, type MrcDocument } from '../../analysis/mrc/document.js';
import { TRANSFORMS } from '../../results/declaration/recording.js';
import { TOOL } from './kind.js';

export const MRC_DECLARATION: z.ZodType<MrcDocument> = z.object({
  schema: z.literal(MRC_SCHEMA),
  provenance: z.looseObject({
    tool: TOOL,
    model: z.string(),
    traces: z.array(z.record(z.string(), z.unknown())),
    transforms: TRANSFORMS,
    msi: z.boolean(),
    limit_events: z.int().nullable(),
    lenient: z.boolean(),
    csv_map: z.exactOptional(z.record(z.string(), z.string())),
  }),
  results: z.array(
    z.looseObject({
      trace: z.string(),
      accesses: z.int(),
      cold_misses: z.int(),
      max_distance: z.int(),
      faults: z.int(),
      untranslated: z.int(),
      msi_left_out: z.int(),
      unpublished_commands: z.int(),
      points: z.array(z.looseObject({ entries: z.int(), misses: z.int(), miss_ratio: z.number() })),
    }),
  ),
});
