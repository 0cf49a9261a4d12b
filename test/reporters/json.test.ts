/** Reporters, JSON: is it the document itself, in its own key order, ending in one newline? */
import { describe, expect, it } from 'vitest';
import { jsonReporter } from '../../src/reporters/json.js';
import { REPORTERS, reporterByName } from '../../src/reporters/registry.js';
import type { ReportContext } from '../../src/reporters/reporter.js';
import { COMPARISON, SINGLE } from './documents.js';

const CONTEXT: ReportContext = { width: 80, colour: true, unicode: true };

describe('json reporter', () => {
  it('renders as the golden text', async () => {
    await expect(jsonReporter.render(SINGLE, CONTEXT)).toMatchFileSnapshot('golden/single.json');
  });

  it('is the document: same values, same key order, one newline at the end', () => {
    const text = jsonReporter.render(COMPARISON, CONTEXT);
    expect(JSON.parse(text)).toEqual(COMPARISON);
    expect(Object.keys(JSON.parse(text).results[0])).toEqual(Object.keys(COMPARISON.results[0]));
    expect(text.endsWith('}\n') && !text.endsWith('\n\n')).toBe(true);
  });
});

describe('registry', () => {
  it('knows every reporter by its name, the table first', () => {
    expect(REPORTERS.map((reporter) => reporter.name)).toEqual([
      'table',
      'json',
      'csv',
      'markdown',
      'junit',
      'github-annotations',
      'github-action-benchmark',
      'bencher',
      'folded',
      'html',
    ]);
    for (const reporter of REPORTERS) expect(reporterByName(reporter.name)).toBe(reporter);
  });

  it('names the nearest and all known ones for an unknown name', () => {
    expect(() => reporterByName('jsn')).toThrow(/^unknown reporter jsn; did you mean json\? known: table, json, csv, /);
  });
});
