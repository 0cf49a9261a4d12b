/**
 * JSON: the document itself, two spaces, keys in the order in which they were built. It comes piece by piece, so that a
 * study of thousands of points is never one text; the pieces together are what `JSON.stringify(document, null, 2)` makes, but
 * that what a terminal would not show is spelt \uXXXX.
 */
import { visibleJson } from '../trace/visible.js';
import type { ReportDocument, Reporter } from './reporter.js';

export const jsonReporter: Reporter = {
  name: 'json',
  summary: 'the whole document, with histograms and provenance',
  isExact: true,
  render: (document) => [...jsonPieces(document)].join(''),
  pieces: jsonPieces,
};

function* jsonPieces(document: ReportDocument): Generator<string> {
  let separator = '{\n  ';
  for (const [key, value] of Object.entries(document)) {
    if (value === undefined) continue;
    yield `${separator}${visibleJson(JSON.stringify(key))}: `;
    if (Array.isArray(value) && value.length > 0) yield* listPieces(value);
    else yield indented(value, '  ');
    separator = ',\n  ';
  }
  yield '\n}\n';
}

/** A list that is a value of the document: one piece per entry. */
function* listPieces(entries: readonly unknown[]): Generator<string> {
  let separator = '[\n    ';
  for (const entry of entries) {
    yield separator + indented(entry, '    ');
    separator = ',\n    ';
  }
  yield '\n  ]';
}

/** `value` where its first line stands behind `indent`: within JSON a line feed is never part of a text. */
function indented(value: unknown, indent: string): string {
  return visibleJson(JSON.stringify(value, null, 2)).replaceAll('\n', `\n${indent}`);
}
