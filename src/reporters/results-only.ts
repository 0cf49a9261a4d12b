/** For reporters whose format has a place for results only. */
import { RESULT_SCHEMA } from '../results/declaration/tags.js';
import type { ResultDocument } from '../results/document.js';
import { UsageError } from '../trace/errors.js';
import type { ComingDocument, ReportDocument } from './reporter.js';

/** `refusal` of a reporter that renders results only: it says no to listings, inspections and curves. */
export function onlyResults(reporter: string): (coming: ComingDocument) => string | undefined {
  return ({ schema }) =>
    schema === RESULT_SCHEMA
      ? undefined
      : `--reporter ${reporter}: expected a result of replay or compare, found ${schema} (it has table, json, csv and markdown)`;
}

/**
 * `document` as a result.
 * @throws UsageError for anything else, as `onlyResults` says it
 */
export function requireResult(document: ReportDocument, reporter: string): ResultDocument {
  if (document.schema === RESULT_SCHEMA) return document;
  throw new UsageError(onlyResults(reporter)(document) ?? '');
}

/** `TRACE, STRATEGY (ATC)`: names a result in one line, the same every time. */
export function resultName({ trace, strategy, atc }: { trace: string; strategy: string; atc: string }): string {
  return `${trace}, ${strategy} (${atc})`;
}
