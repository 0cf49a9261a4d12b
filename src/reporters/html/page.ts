/** Which page a document has. People read visible texts; what the page carries is the document as it is. */
import type { MrcDocument } from '../../analysis/mrc/document.js';
import { RESULT_SCHEMA } from '../../results/declaration/tags.js';
import type { ResultDocument } from '../../results/document.js';
import type { ReportContext } from '../reporter.js';
import { visibleTexts } from '../visible-document.js';
import { curvePage } from './curve-page.js';
import { resultPage } from './result-page.js';

/** The page of a result or of miss-ratio curves. */
export function renderPage(document: ResultDocument | MrcDocument, context: ReportContext): string {
  return document.schema === RESULT_SCHEMA
    ? resultPage(visibleTexts(document), visibleTexts(context)).text(document)
    : curvePage(visibleTexts(document)).text(document);
}
