/** For reporters whose format has a place for results only. */
import { RESULT_SCHEMA, type ResultDocument } from '../results/document.js';
import { UsageError } from '../trace/errors.js';
import type { ReportDocument } from './reporter.js';

/**
 * `document` as a result.
 * @throws UsageError for listings, inspections and curves
 */
export function requireResult(document: ReportDocument, reporter: string): ResultDocument {
  if (document.schema === RESULT_SCHEMA) return document;
  throw new UsageError(
    `--reporter ${reporter}: expected a result of replay or compare, found ${document.schema} (it has table, json, csv and markdown)`,
  );
}

/** `TRACE, STRATEGY (ATC)`: names a result in one line, the same every time. */
export function resultName({ trace, strategy, atc }: { trace: string; strategy: string; atc: string }): string {
  return `${trace}, ${strategy} (${atc})`;
}
