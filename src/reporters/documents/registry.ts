/** All kinds of documents that are read again, the reading, and their published JSON Schemas. */

import { INSPECT_DECLARATION } from '../../analysis/inspect/document.js';
import { LINT_DECLARATION } from '../../analysis/lint/document.js';
import { MRC_DECLARATION } from '../../analysis/mrc/document.js';
import { CALIBRATION_DECLARATION } from '../../calibration/document.js';
import { DIFF_DECLARATION } from '../../diff/document.js';
import { publishedSchema } from '../../results/declaration/published-schema.js';
import { type DocumentKind, parseDeclared, RESULT_KIND } from '../../results/read-result.js';
import { SENSITIVITY_DECLARATION } from '../../results/sensitivity-document.js';
import { STUDY_DECLARATION } from '../../results/study-document.js';
import {
  PROFILE_DECLARATION,
  PROFILES_DECLARATION,
  STRATEGIES_DECLARATION,
  STRATEGY_DECLARATION,
  WORKLOADS_DECLARATION,
} from '../listings.js';
import type { ReportDocument } from '../reporter.js';

/** Declarations of every kind; a new one is a line here. */
const DECLARATIONS = [
  RESULT_KIND.declaration,
  STUDY_DECLARATION,
  DIFF_DECLARATION,
  SENSITIVITY_DECLARATION,
  CALIBRATION_DECLARATION,
  INSPECT_DECLARATION,
  LINT_DECLARATION,
  MRC_DECLARATION,
  STRATEGIES_DECLARATION,
  STRATEGY_DECLARATION,
  PROFILES_DECLARATION,
  PROFILE_DECLARATION,
  WORKLOADS_DECLARATION,
] as const;

/** Every kind once. */
export const DOCUMENT_KINDS: readonly (DocumentKind & { readonly schema: ReportDocument['schema'] })[] =
  DECLARATIONS.map((declaration) => ({ schema: declaration.shape.schema.value, declaration }));

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
  const what =
    schema === RESULT_KIND.schema ? 'Result of smmuscope replay and compare' : `Document ${schema} of smmuscope`;
  return publishedSchema(declaration, what);
}

/**
 * The file in docs/schemas that holds it: `calibration.schema.json` for `smmuscope.calibration/1`.
 * @internal for the scripts and tests of docs/schemas
 */
export function schemaFileName({ schema }: DocumentKind): string {
  return `${schema.slice(schema.indexOf('.') + 1, schema.indexOf('/'))}.schema.json`;
}
