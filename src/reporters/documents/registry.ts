/** All kinds of documents that are read again, the reading, and their published JSON Schemas. */
import { z } from 'zod';
import { INSPECT_SCHEMA } from '../../analysis/inspect/document.js';
import { LINT_SCHEMA } from '../../analysis/lint/document.js';
import { MRC_SCHEMA } from '../../analysis/mrc/document.js';
import { CALIBRATION_SCHEMA } from '../../calibration/document.js';
import { resultJsonSchema } from '../../results/declaration/dictionary.js';
import { type DocumentKind, parseDeclared, RESULT_KIND } from '../../results/read-result.js';
import { SENSITIVITY_SCHEMA } from '../../results/sensitivity-document.js';
import { STUDY_RESULT_SCHEMA } from '../../results/study-document.js';
import { PROFILE_SCHEMA, PROFILES_SCHEMA, STRATEGIES_SCHEMA, STRATEGY_SCHEMA, WORKLOADS_SCHEMA } from '../listings.js';
import type { ReportDocument } from '../reporter.js';
import { CALIBRATION_DECLARATION } from './calibration.js';
import { INSPECT_DECLARATION } from './inspect.js';
import { LINT_DECLARATION } from './lint.js';
import {
  PROFILE_DECLARATION,
  PROFILES_DECLARATION,
  STRATEGIES_DECLARATION,
  STRATEGY_DECLARATION,
  WORKLOADS_DECLARATION,
} from './listings.js';
import { MRC_DECLARATION } from './mrc.js';
import { SENSITIVITY_DECLARATION, STUDY_DECLARATION } from './study.js';

/** Every kind once. */
export const DOCUMENT_KINDS: readonly (DocumentKind & { readonly schema: ReportDocument['schema'] })[] = [
  RESULT_KIND,
  { schema: STUDY_RESULT_SCHEMA, declaration: STUDY_DECLARATION },
  { schema: SENSITIVITY_SCHEMA, declaration: SENSITIVITY_DECLARATION },
  { schema: CALIBRATION_SCHEMA, declaration: CALIBRATION_DECLARATION },
  { schema: INSPECT_SCHEMA, declaration: INSPECT_DECLARATION },
  { schema: LINT_SCHEMA, declaration: LINT_DECLARATION },
  { schema: MRC_SCHEMA, declaration: MRC_DECLARATION },
  { schema: STRATEGIES_SCHEMA, declaration: STRATEGIES_DECLARATION },
  { schema: STRATEGY_SCHEMA, declaration: STRATEGY_DECLARATION },
  { schema: PROFILES_SCHEMA, declaration: PROFILES_DECLARATION },
  { schema: PROFILE_SCHEMA, declaration: PROFILE_DECLARATION },
  { schema: WORKLOADS_SCHEMA, declaration: WORKLOADS_DECLARATION },
];

/**
 * The document in `text`, of any kind, as it is: keys that this version does not know are kept.
 * @param name what errors call it
 * @throws UsageError for anything that is not a whole document of this version
 */
export function parseDocument(text: string, name: string): ReportDocument {
  return parseDeclared(text, name, DOCUMENT_KINDS, 'a document that smmuscope wrote with --json') as ReportDocument;
}

/**
 * The published JSON Schema of documents with `schema`, as text.
 * @internal for the scripts and tests of docs/schemas
 */
export function documentJsonSchema({ schema, declaration }: DocumentKind): string {
  if (schema === RESULT_KIND.schema) return resultJsonSchema();
  const document = z.toJSONSchema(declaration, { io: 'input', reused: 'ref' });
  return `${JSON.stringify({ title: `Document ${schema} of smmuscope`, ...document }, null, 2)}\n`;
}

/**
 * The file in docs/schemas that holds it: `calibration.schema.json` for `smmuscope.calibration/1`.
 * @internal for the scripts and tests of docs/schemas
 */
export function schemaFileName({ schema }: DocumentKind): string {
  return `${schema.slice(schema.indexOf('.') + 1, schema.indexOf('/'))}.schema.json`;
}
