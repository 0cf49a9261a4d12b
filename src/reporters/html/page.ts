/** Which page a document has. People read visible texts; what the page carries is the document as it is. */
import { MRC_SCHEMA } from '../../analysis/mrc/document.js';
import { RESULT_SCHEMA } from '../../results/document.js';
import { UsageError } from '../../trace/errors.js';
import { htmlRefusal } from '../html.js';
import type { ReportContext, ReportDocument } from '../reporter.js';
import { visibleTexts } from '../visible-document.js';
import { curvePage } from './curve-page.js';
import { resultPage } from './result-page.js';

/**
 * The page of a result or of miss-ratio curves.
 * @throws UsageError for any other document
 */
export function renderPage(document: ReportDocument, context: ReportContext): string {
  switch (document.schema) {
    case RESULT_SCHEMA:
      return resultPage(visibleTexts(document), visibleTexts(context)).text(document);
    case MRC_SCHEMA:
      return curvePage(visibleTexts(document)).text(document);
    default:
      throw new UsageError(htmlRefusal(document) ?? '');
  }
}
