/** The document `smmuscope.diff/1`: how one result, or study, differs from an earlier one. */
import { z } from 'zod';
import { DIFFERENCES, SIDE } from '../results/declaration/differences.js';
import type { Immutable } from '../results/declaration/metric.js';
import { TOOL } from '../results/declaration/recording.js';
import { DIFF_SCHEMA, RESULT_SCHEMA, STUDY_RESULT_SCHEMA } from '../results/declaration/tags.js';

export const DIFF_DECLARATION = z.object({
  schema: z.literal(DIFF_SCHEMA).meta({ description: 'version of this document' }),
  provenance: z
    .object({
      tool: TOOL,
      of: z.enum([RESULT_SCHEMA, STUDY_RESULT_SCHEMA]).meta({ description: 'what both documents are' }),
      old: SIDE.meta({ description: 'OLD' }),
      new: SIDE.meta({ description: 'NEW' }),
    })
    .meta({ description: 'what was compared' }),
  ...DIFFERENCES,
});

/** The whole document. */
export type DiffDocument = Immutable<z.input<typeof DIFF_DECLARATION>>;
