/**
 * Reporters, long studies: do JSON and CSV come piece by piece, each made from the points that it shows and no others, and
 * are the pieces the very text of the whole?
 */
import { stringify } from 'csv-stringify/sync';
import { describe, expect, it } from 'vitest';
import { csvReporter } from '../../src/reporters/csv.js';
import { studyRows } from '../../src/reporters/csv-study.js';
import { jsonReporter } from '../../src/reporters/json.js';
import type { ReportContext, Reporter } from '../../src/reporters/reporter.js';
import type { StudyDocument, StudyPoint } from '../../src/results/study-document.js';
import { SINGLE } from './documents.js';

const CONTEXT: ReportContext = { width: 80, colour: false, unicode: false };
const POINTS = 300;

/** A study whose points say which of them have been looked at. */
function study(): { document: StudyDocument; seen: Set<number> } {
  const seen = new Set<number>();
  const point = (index: number): StudyPoint => ({
    index,
    id: String(index),
    at: { trace: 'a "quoted", trace.csv', profile: 'p', set: { 'a.b_ns': String(index) }, strategy: 'ioctl' },
    get result() {
      seen.add(index);
      return index === 7 ? null : SINGLE;
    },
    ...(index === 7 ? { error: { exit_code: 4, message: 'line 1\nline 2' } } : {}),
  });
  const document: StudyDocument = {
    schema: 'smmuscope.study-result/2',
    provenance: {
      tool: { name: 'smmuscope', version: '0' },
      study: { file: 'study.yaml', id: '0', points: POINTS },
      traces: [],
    },
    failed: 1,
    points: Array.from({ length: POINTS }, (_none, index) => point(index)),
    pareto: { latency: 'mean_ns', over: ['strategy'], fronts: [] },
  };
  return { document, seen };
}

const WHOLE: [Reporter, (document: StudyDocument) => string][] = [
  [jsonReporter, (document) => `${JSON.stringify(document, null, 2)}\n`],
  [csvReporter, (document) => stringify([...studyRows(document)], { cast: { boolean: String } })],
];

describe.each(WHOLE)('$name', (reporter, whole) => {
  it('is the text of the whole', () => {
    const { document } = study();
    expect(reporter.render(document, CONTEXT) === whole(document)).toBe(true);
    const none = { ...document, failed: 0, points: [] };
    expect(reporter.render(none, CONTEXT)).toBe(whole(none));
  });

  it('looks at a point when it is to be written', () => {
    const { document, seen } = study();
    const { length } = whole(study().document);
    let most = 0;
    let written = 0;
    for (const piece of reporter.pieces?.(document, CONTEXT) ?? []) {
      most = Math.max(most, seen.size - (POINTS * written) / length);
      written += piece.length;
    }
    expect(written).toBe(length);
    // A piece of CSV has 1,024 rows: those of a few points.
    expect(most).toBeLessThan(20);
  });
});
