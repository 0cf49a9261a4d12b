/** Reporters, refill races: is what may have happened said in each report of safety, apart from what did happen? */
import { expect, it } from 'vitest';
import { csvReporter } from '../../src/reporters/csv.js';
import { markdownReporter } from '../../src/reporters/markdown.js';
import { tableReporter } from '../../src/reporters/table.js';
import type { ResultDocument } from '../../src/results/document.js';
import { COMPARISON, strategyResult } from './documents.js';

const CONTEXT = { width: 400, colour: false, unicode: true } as const;
const safety = {
  stale_in_window: 0,
  stale_after_sync: 0,
  first: [],
  atc_refill_races: 20,
  first_atc_refill_races: [{ event: 5, tlbi: 1, command: 2, sid: 8 }],
};
const racing = strategyResult('native', 'vsid', 812, 10, { safety });
const document: ResultDocument = { ...COMPARISON, results: [strategyResult('ioctl', 'vsid', 6212, 10), racing] };
const NOTE =
  'ATC_INVs with no CMD_SYNC after the TLBI of their range: the ATC may refill from the TLB (possible, not observed): native 20';

it('a comparison names the strategies, in a table and in Markdown; those without are not named', async () => {
  expect(tableReporter.render(document, { ...CONTEXT, baseline: { strategy: 'ioctl', atc: 'vsid' } })).toContain(NOTE);
  expect(await markdownReporter.render(document, CONTEXT)).toContain('possible, not observed): native 20');
  const sound = { ...document, results: document.results.slice(0, 1) };
  expect(tableReporter.render(sound, CONTEXT)).not.toContain('possible, not observed');
});

it('the table of one strategy shows the first of them', () => {
  const text = tableReporter.render({ ...document, results: [racing] }, CONTEXT);
  expect(text).toContain('safety: 0 stale hits after a completed SYNC');
  expect(text).toMatch(/^20 ATC_INVs with no CMD_SYNC/m);
  expect(text).toContain('possible refill: event 5, tlbi 1, command 2, sid 8');
});

it('what was translated from VT-d has VT-d’s order, which is said', () => {
  const [trace] = document.provenance.traces;
  const traces = [{ ...trace, reader: { ...trace.reader, translated_from: 'VT-d' as const } }];
  const text = tableReporter.render({ ...document, provenance: { ...document.provenance, traces } }, CONTEXT);
  expect(text).toContain(`${NOTE}; the order is that of VT-d, where it is enough`);
});

it('CSV has it as a metric of its own', () => {
  expect(csvReporter.render(document, CONTEXT)).toMatch(/safety\.atc_refill_races,.*20/);
});
