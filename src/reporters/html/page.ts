/** Which page a document has. People read visible texts; what the page carries is the document as it is. */
import type { MrcDocument } from '../../analysis/mrc/document.js';
import type { DiffDocument } from '../../diff/document.js';
import { DIFF_SCHEMA, MRC_SCHEMA, RESULT_SCHEMA } from '../../results/declaration/tags.js';
import type { ResultDocument } from '../../results/document.js';
import type { ReportContext } from '../reporter.js';
import { visibleTexts } from '../visible-document.js';
import { curvePage } from './curve-page.js';
import { diffPage } from './diff-page.js';
import { resultPage } from './result-page.js';

/** The page of a result, of what differs between two, or of miss-ratio curves. */
export function renderPage(document: ResultDocument | DiffDocument | MrcDocument, context: ReportContext): string {
  switch (document.schema) {
    case RESULT_SCHEMA:
      return resultPage(visibleTexts(document), visibleTexts(context)).text(document);
    case DIFF_SCHEMA:
      return diffPage(visibleTexts(document), context).text(document);
    case MRC_SCHEMA:
      return curvePage(visibleTexts(document)).text(document);
  }
}
