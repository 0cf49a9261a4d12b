/** HTML: one self-contained page. The page, and the libraries that draw it, are loaded when one is asked for. */
import {
  CALIBRATION_SCHEMA,
  INSPECT_SCHEMA,
  MRC_SCHEMA,
  RESULT_SCHEMA,
  SENSITIVITY_SCHEMA,
  STUDY_RESULT_SCHEMA,
} from '../results/declaration/tags.js';
import { UsageError } from '../trace/errors.js';
import type { ComingDocument, ReportDocument, Reporter } from './reporter.js';

/** Kinds of documents that have a page (html/page.ts). */
const PAGED = [
  RESULT_SCHEMA,
  MRC_SCHEMA,
  STUDY_RESULT_SCHEMA,
  SENSITIVITY_SCHEMA,
  CALIBRATION_SCHEMA,
  INSPECT_SCHEMA,
] as const;

/** A document with a page. */
export type PagedDocument = Extract<ReportDocument, { schema: (typeof PAGED)[number] }>;

const isPaged = (document: ReportDocument): document is PagedDocument =>
  (PAGED as readonly string[]).includes(document.schema);

/** Why there is no page of such a document; undefined: there is. */
function refusal({ schema }: ComingDocument): string | undefined {
  if ((PAGED as readonly string[]).includes(schema)) return undefined;
  return `--reporter html: expected something with numbers to draw (${PAGED.join(', ')}), found ${schema} (it has table, json, csv and markdown)`;
}

export const htmlReporter: Reporter<Promise<string>> = {
  name: 'html',
  summary: 'one self-contained page with charts and a sortable table',
  isExact: true,
  refusal,
  render: async (document, context) => {
    if (!isPaged(document)) throw new UsageError(refusal(document) ?? '');
    return (await import('./html/page.js')).renderPage(document, context);
  },
};
