/** Which page a document has. */
import { MRC_SCHEMA } from '../../mrc/document.js';
import { RESULT_SCHEMA } from '../../results/document.js';
import { UsageError } from '../../trace/errors.js';
import { htmlRefusal } from '../html.js';
import type { ReportContext, ReportDocument } from '../reporter.js';
import { curvePage } from './curve-page.js';
import { resultPage } from './result-page.js';

/**
 * The page of a result or of miss-ratio curves.
 * @throws UsageError for any other document
 */
export function renderPage(document: ReportDocument, context: ReportContext): string {
  switch (document.schema) {
    case RESULT_SCHEMA:
      return resultPage(document, context);
    case MRC_SCHEMA:
      return curvePage(document);
    default:
      throw new UsageError(htmlRefusal(document) ?? '');
  }
}
