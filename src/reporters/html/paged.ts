/** Kinds of documents that have a page (page.ts), known before anything that draws one is loaded. */
import {
  CALIBRATION_SCHEMA,
  DIFF_SCHEMA,
  INSPECT_SCHEMA,
  MRC_SCHEMA,
  RESULT_SCHEMA,
  SENSITIVITY_SCHEMA,
  STUDY_RESULT_SCHEMA,
} from '../../results/declaration/tags.js';
import type { ReportDocument } from '../reporter.js';

const PAGED = [
  RESULT_SCHEMA,
  DIFF_SCHEMA,
  MRC_SCHEMA,
  STUDY_RESULT_SCHEMA,
  SENSITIVITY_SCHEMA,
  CALIBRATION_SCHEMA,
  INSPECT_SCHEMA,
] as const;

/** Their tags. */
export const PAGED_SCHEMAS: readonly ReportDocument['schema'][] = PAGED;

/** A document with a page. */
export type PagedDocument = Extract<ReportDocument, { schema: (typeof PAGED)[number] }>;

/** Whether `document` has one. */
export const isPaged = (document: ReportDocument): document is PagedDocument => PAGED_SCHEMAS.includes(document.schema);
