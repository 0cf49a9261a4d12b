/** The document `smmuscope.lint/1`: which invariants a trace breaks, with line numbers. Keys: add, never rename. */
import { z } from 'zod';
import { type Immutable, label, number, quantity } from '../../results/declaration/metric.js';
import { READER, TRACE } from '../../results/declaration/recording.js';
import { LINT_SCHEMA } from '../../results/declaration/tags.js';

const BREACH = z.object({
  line: number('line or record of the trace; 0: the trace as a whole'),
  what: label('what is wrong there'),
});

const FINDING = z.object({
  rule: label('name of the rule'),
  severity: z.enum(['error', 'warning', 'note']).meta({ description: 'error: results from the trace mean nothing' }),
  summary: label('what the rule asks for'),
  count: quantity('count', 'breaches'),
  first: z.array(BREACH).meta({ description: 'the first of them' }),
});

export const LINT_DECLARATION = z.object({
  schema: z.literal(LINT_SCHEMA).meta({ description: 'version of this document' }),
  trace: TRACE,
  reader: READER,
  events: quantity('count', 'events of every kind'),
  errors: quantity('count', 'breaches of rules of severity error'),
  warnings: quantity('count', 'breaches of rules of severity warning'),
  notes: quantity('count', 'breaches of rules of severity note'),
  passed: z.array(z.string()).meta({ description: 'names of the rules that were checked and hold' }),
  findings: z.array(FINDING).meta({ description: 'broken rules, errors first' }),
});

/** The whole document. */
export type LintDocument = Immutable<z.infer<typeof LINT_DECLARATION>>;
/** The breaches of one rule. */
export type LintFinding = LintDocument['findings'][number];
/** One breach. */
export type Breach = LintFinding['first'][number];
