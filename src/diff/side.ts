/** A result or a study as rows, so that both are compared alike. */
import type { UnpairedRow } from '../results/declaration/differences.js';
import { RESULT_SCHEMA } from '../results/declaration/tags.js';
import type { ResultDocument, StrategyResult } from '../results/document.js';
import type { StudyDocument } from '../results/study-document.js';

export type TraceOf = ResultDocument['provenance']['traces'][number];

/** A document to be compared. */
export interface DiffInput {
  readonly document: ResultDocument | StudyDocument;
  /** What messages call it. */
  readonly name: string;
  /** File name without folders. */
  readonly file: string;
  /** Of its bytes, if it was a file. */
  readonly sha256?: string | undefined;
}

/** One strategy on one trace, or one point of a study. */
export interface SideRow {
  /** Names it beside its trace: strategy, targeting, and its place on the axes. */
  readonly key: string;
  readonly at?: UnpairedRow['at'];
  readonly trace: TraceOf;
  readonly result: StrategyResult;
  readonly provenance: ResultDocument['provenance'];
}

/** All that a document has. */
export interface Rows {
  readonly rows: readonly SideRow[];
  /** Why points of a study have no result, by their place on all axes. */
  readonly failures: ReadonlyMap<string, string>;
  readonly traces: readonly TraceOf[];
}

/** The rows of `document`, in its order. */
export function rowsOf(document: ResultDocument | StudyDocument): Rows {
  if (document.schema === RESULT_SCHEMA) {
    return { rows: resultRows(document, {}), failures: new Map(), traces: document.provenance.traces };
  }
  const rows = document.points.flatMap(({ at, result }) =>
    result === null ? [] : resultRows(result, { at: at as UnpairedRow['at'] }),
  );
  const failures = document.points.flatMap(({ at, error }) =>
    error === undefined ? [] : [[placeOf(at), error.message] as const],
  );
  const traces = new Map(rows.map(({ trace }) => [`${trace.sha256} ${trace.file}`, trace]));
  return { rows, failures: new Map(failures), traces: [...traces.values()] };
}

/** A place on the axes as a text that does not depend on their order. */
export function placeOf(at: Readonly<Record<string, unknown>>): string {
  return JSON.stringify(sorted(at));
}

function resultRows({ results, provenance }: ResultDocument, { at }: Pick<SideRow, 'at'>): SideRow[] {
  const { trace: _pairedApart, ...axes } = at ?? {};
  return results.flatMap((result) => {
    const trace = provenance.traces.find(({ file }) => file === result.trace);
    if (trace === undefined) return [];
    const key = `${result.strategy} ${result.atc} ${placeOf(axes)}`;
    return [{ key, ...(at === undefined ? {} : { at }), trace, result, provenance }];
  });
}

function sorted(value: unknown): unknown {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  return Object.fromEntries(entries.map(([key, inner]) => [key, sorted(inner)]));
}
