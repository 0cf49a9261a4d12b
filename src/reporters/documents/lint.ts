/** Declaration of `smmuscope.lint/1`. */
import { z } from 'zod';
import { LINT_SCHEMA, type LintDocument } from '../../analysis/lint/document.js';
import { READER } from '../../results/declaration/recording.js';
import { TRACE } from './kind.js';

export const LINT_DECLARATION: z.ZodType<LintDocument> = z.object({
  schema: z.literal(LINT_SCHEMA),
  trace: TRACE,
  reader: READER,
  events: z.int(),
  errors: z.int(),
  warnings: z.int(),
  notes: z.int(),
  passed: z.array(z.string()),
  findings: z.array(
    z.looseObject({
      rule: z.string(),
      severity: z.enum(['error', 'warning', 'note']),
      summary: z.string(),
      count: z.int(),
      first: z.array(z.looseObject({ line: z.int(), what: z.string() })),
    }),
  ),
});
