/** Which page a document has. People read visible texts; what the page carries is the document as it is. */
import {
  CALIBRATION_SCHEMA,
  DIFF_SCHEMA,
  INSPECT_SCHEMA,
  MRC_SCHEMA,
  RESULT_SCHEMA,
  SENSITIVITY_SCHEMA,
  STUDY_RESULT_SCHEMA,
} from '../../results/declaration/tags.js';
import { type ReportContext, WIDE } from '../reporter.js';
import { visibleTexts } from '../visible-document.js';
import { calibrationPage } from './calibration-page.js';
import { curvePage } from './curve-page.js';
import { diffPage } from './diff-page.js';
import { inspectionPage } from './inspection-page.js';
import type { PagedDocument } from './paged.js';
import { resultPage } from './result-page.js';
import { sensitivityPage } from './sensitivity-page.js';
import type { PageShell } from './shell.js';
import { studyPage, withoutResults } from './study-page.js';

/** The page of `document`. */
export function renderPage(document: PagedDocument, context: ReportContext): string {
  const carried = document.schema === STUDY_RESULT_SCHEMA ? withoutResults(document) : document;
  return shellOf(visibleTexts(document), visibleTexts(context)).text(carried);
}

function shellOf(document: PagedDocument, context: ReportContext): PageShell {
  switch (document.schema) {
    case RESULT_SCHEMA:
      return resultPage(document, context);
    case MRC_SCHEMA:
      return curvePage(document);
    case DIFF_SCHEMA:
      return diffPage(document, context);
    case STUDY_RESULT_SCHEMA:
      return studyPage(document, { ...context, ...WIDE });
    case SENSITIVITY_SCHEMA:
      return sensitivityPage(document, { ...context, ...WIDE });
    case CALIBRATION_SCHEMA:
      return calibrationPage(document);
    case INSPECT_SCHEMA:
      return inspectionPage(document);
  }
}
