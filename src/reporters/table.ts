/** Tables for people. Each kind of document has its own file under table/. */
import {
  CALIBRATION_SCHEMA,
  DIFF_SCHEMA,
  INSPECT_SCHEMA,
  LINT_SCHEMA,
  MRC_SCHEMA,
  PROFILE_SCHEMA,
  PROFILES_SCHEMA,
  RESULT_SCHEMA,
  SENSITIVITY_SCHEMA,
  STRATEGIES_SCHEMA,
  STRATEGY_SCHEMA,
  STUDY_RESULT_SCHEMA,
  WORKLOADS_SCHEMA,
} from '../results/declaration/tags.js';
import type { ReportContext, ReportDocument, Reporter } from './reporter.js';
import { renderAnswer } from './table/answer.js';
import { renderCalibration } from './table/calibration.js';
import { renderComparison } from './table/comparison.js';
import { renderCurves } from './table/curve.js';
import { renderDiff } from './table/diff.js';
import { renderInspection } from './table/inspection.js';
import { renderLint } from './table/lint.js';
import { renderProfile, renderProfiles, renderStrategies, renderWorkloads } from './table/listing.js';
import { renderSensitivity } from './table/sensitivity.js';
import { renderSingles } from './table/single.js';
import { renderStrategy } from './table/strategy.js';
import { renderStudy } from './table/study.js';

export const tableReporter: Reporter = {
  name: 'table',
  summary: 'a table that fits the terminal',
  hasColumns: true,
  listsBreaches: true,
  render: renderTable,
};

function renderTable(document: ReportDocument, context: ReportContext): string {
  switch (document.schema) {
    case RESULT_SCHEMA:
      return (
        renderAnswer(document, context) +
        (context.baseline === undefined && context.columns === undefined
          ? renderSingles(document, context)
          : renderComparison(document, context))
      );
    case CALIBRATION_SCHEMA:
      return renderCalibration(document, context);
    case MRC_SCHEMA:
      return renderCurves(document, context);
    case INSPECT_SCHEMA:
      return renderInspection(document, context);
    case LINT_SCHEMA:
      return renderLint(document, context);
    case STRATEGIES_SCHEMA:
      return renderStrategies(document, context);
    case STRATEGY_SCHEMA:
      return renderStrategy(document, context);
    case WORKLOADS_SCHEMA:
      return renderWorkloads(document, context);
    case STUDY_RESULT_SCHEMA:
      return renderStudy(document, context);
    case DIFF_SCHEMA:
      return renderDiff(document, context);
    case SENSITIVITY_SCHEMA:
      return renderSensitivity(document, context);
    case PROFILES_SCHEMA:
      return renderProfiles(document, context);
    case PROFILE_SCHEMA:
      return renderProfile(document, context);
  }
}
