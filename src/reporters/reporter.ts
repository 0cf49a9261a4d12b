/**
 * The contract of a reporter: one document in, one text out.
 *
 * Contract:
 * - A reporter that cannot render every document says so in `refusal`, which is asked before the work begins.
 * - `render` is pure: no clock, no environment, no stream. The same document and context give the same bytes.
 * - A reporter that needs much code loads it in `render` and promises its text (`Reporter<Promise<string>>`).
 * - The text ends with exactly one newline; the caller decides where it goes.
 * - A document that carries nothing for a section (no dma events: `tlb` is null) is reported as absent, never as zero.
 * - Colour, width and character set come from the context only.
 * - Texts of the document reach `render` with invisible characters escaped (visible-document.ts), so that none can break a line
 *   or move a cursor. A format that has escapes of its own declares `isExact` and gets them as they are.
 */

import type { InspectDocument } from '../analysis/inspect/document.js';
import type { LintDocument } from '../analysis/lint/document.js';
import type { MrcDocument } from '../analysis/mrc/document.js';
import type { CalibrationDocument } from '../calibration/document.js';
import type { SortOrder } from '../columns/choose.js';
import type { ReportColumn } from '../columns/column.js';
import type { DiffDocument } from '../diff/document.js';
import type { BaselineRow } from '../results/baseline-row.js';
import type { ResultDocument } from '../results/document.js';
import type { SensitivityDocument } from '../results/sensitivity-document.js';
import type { StudyDocument } from '../results/study-document.js';
import type {
  ProfileDocument,
  ProfilesDocument,
  StrategiesDocument,
  StrategyDocument,
  WorkloadsDocument,
} from './listings.js';

/** Everything that a command can hand to a reporter; told apart by its `schema`. */
export type ReportDocument =
  | CalibrationDocument
  | MrcDocument
  | ResultDocument
  | InspectDocument
  | LintDocument
  | StrategiesDocument
  | StrategyDocument
  | WorkloadsDocument
  | ProfilesDocument
  | ProfileDocument
  | StudyDocument
  | DiffDocument
  | SensitivityDocument;

/** What is known of a document before the work for it begins. */
export interface ComingDocument {
  readonly schema: ReportDocument['schema'];
  /** Gates judge it; absent: not known yet. */
  readonly hasGates?: boolean;
}

/** How the text will be seen. */
export interface ReportContext {
  /** Columns available; tables fit into it. */
  readonly width: number;
  /** No terminal and no width that somebody asked for: a listing need not cut what it lists. */
  readonly isUnbounded?: boolean;
  /** ANSI colours are welcome. */
  readonly colour: boolean;
  /** Characters beyond ASCII (µ, ─, █) are welcome. */
  readonly unicode: boolean;
  /** The row that the others are a multiple of; absent = report each strategy on its own. */
  readonly baseline?: BaselineRow | undefined;
  /** The command that goes on from here, for whoever reads the report on a terminal. */
  readonly next?: string | undefined;
  /** Columns of the table of results or points that somebody asked for; absent: those that tell its rows apart. */
  readonly columns?: readonly ReportColumn[] | undefined;
  /** Its rows by a column; absent: as they are in the document. */
  readonly sort?: SortOrder | undefined;
  /** Everything that a list has, where a report shows the first of many. */
  readonly isComplete?: boolean;
}

/** For outputs that are not of a terminal: nothing is dropped or cut, as a page scrolls. */
export const WIDE = { width: 100_000, colour: false, unicode: true } as const;

/** One output format. A new one is a file that exports one of these and a line in registry.ts. */
export interface Reporter<Text extends string | Promise<string> = string> {
  /** Name for `--reporter`. */
  readonly name: string;
  /** One line for help. */
  readonly summary: string;
  /** Its format escapes whatever a text may hold, and whoever reads it gets the text itself back. */
  readonly isExact?: true;
  /** It shows results and studies in columns, and takes `columns` and `sort` of the context. */
  readonly hasColumns?: true;
  /** People read it as it is, with every gate that failed. */
  readonly listsBreaches?: true;
  /** Why it cannot render such a document, in one sentence; undefined, or no such method: it can. */
  refusal?(coming: ComingDocument): string | undefined;
  render(document: ReportDocument, context: ReportContext): Text;
  /** The text of `render` piece by piece, if it may be too long to be held at once (a study of thousands of points). */
  readonly pieces?: (document: ReportDocument, context: ReportContext) => Iterable<string>;
}

/** Either kind. */
export type AnyReporter = Reporter | Reporter<Promise<string>>;
