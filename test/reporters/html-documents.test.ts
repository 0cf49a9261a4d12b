/**
 * Does the page of every kind of result work in a browser, with the sections that it has something for, and with the numbers
 * of the JSON? See html.test.ts for what it needs.
 */
import { type Browser, chromium } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseGate } from '../../src/gates/gate.js';
import { withVerdicts } from '../../src/gates/verdicts.js';
import { renderPage } from '../../src/reporters/html/page.js';
import type { ReportContext } from '../../src/reporters/reporter.js';
import type { ResultDocument, StrategyResult } from '../../src/results/document.js';
import { missRatioCurves } from '../../src/session/mrc.js';
import { type RunOptions, runReplays } from '../../src/session/run.js';
import { runSeeds } from '../../src/session/seeds.js';
import { chromiumPath, WITHOUT_BROWSER } from '../support/chromium.js';
import { openPage, pathCells, sections, seriousViolations, tableRows, valueAt } from '../support/report-page.js';
import { COMPARISON } from './documents.js';

const CONTEXT: ReportContext = { width: 80, colour: false, unicode: true };
const STRICT = 'traces/rebind-strict.qemu-7.2.log.xz';
const ATS = 'traces/csv/ats-four-devices.csv';

const OPTIONS: RunOptions = {
  ...{ profile: 'neoverse-mmu700', set: [], atc: [], pacing: 'closed', dma: 'ordered', warmup: 0, limit: 3000 },
  ...{ seed: 0, msi: true, safety: true, lenient: false, format: undefined },
  strategies: ['ioctl', 'native'],
};

const run = (traces: readonly string[], options: Partial<RunOptions>) => runReplays(traces, { ...OPTIONS, ...options });

it('looks as agreed, but for the libraries in it', async () => {
  const page = renderPage(COMPARISON, { ...CONTEXT, baseline: { strategy: 'ioctl', atc: 'vsid' } });
  const body = page.slice(page.indexOf('<body>'), page.indexOf('<script'));
  await expect(`${body.replaceAll('><', '>\n<')}\n`).toMatchFileSnapshot('golden/comparison.html');
});

describe.skipIf(WITHOUT_BROWSER)('in Chromium', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await chromium.launch({ executablePath: chromiumPath(), args: ['--no-sandbox'] });
  });
  afterAll(() => browser?.close());

  /** The page of `document`, sound in every respect that does not depend on what is in it. */
  async function soundPage(document: ResultDocument, context: ReportContext = CONTEXT) {
    const { page, problems } = await openPage(browser, renderPage(document, context));
    expect(await seriousViolations(page)).toEqual([]);
    expect(problems).toEqual([]);
    const cells = await pathCells(page);
    expect(cells.length).toBe(19 * document.results.length);
    for (const { path, result, value } of cells) {
      expect([path, value]).toEqual([path, valueAt(document.results[result], path)]);
    }
    return page;
  }

  it('a trace without translations has nothing of TLBs', async () => {
    const document = await run(['traces/bigsg-strict.ftrace.txt.xz'], { curves: true });
    expect(document.results[0].tlb).toBeNull();
    const page = await soundPage(document);
    const found = await sections(page);
    expect(found.filter((name) => /TLB|structures|curve/.test(name))).toEqual([]);
    expect(found).toContain('Slowest operations');
    await page.close();
  });

  it('timed DMA has misses, but no course of them', async () => {
    const document = await run([STRICT], { dma: 'timed', pacing: 'recorded' });
    const page = await soundPage(document);
    const found = await sections(page);
    expect(found).toContain('TLB misses');
    expect(found).not.toContain('TLB misses over time');
    await page.close();
  });

  it('several traces: names say which, and each has its curve', async () => {
    const document = await run([STRICT, 'traces/bigsg-strict.qemu-7.2.log.xz'], { curves: true });
    const page = await soundPage(document);
    const names = (await tableRows(page, 'Strategies')).map(([name]) => name);
    expect(names).toEqual(document.results.map(({ strategy, trace }) => `${strategy} · ${trace}`));
    const curves = document.miss_ratio_curves!;
    const points = curves.flatMap(({ trace, points }) =>
      points.map(({ entries, misses, miss_ratio }) => [trace, ...[entries, misses, miss_ratio].map(String)]),
    );
    expect(curves.length).toBe(2);
    expect(await tableRows(page, 'Miss-ratio curve')).toEqual(points);
    await page.close();
  });

  it('targetings side by side: one row is the baseline of all, and ATCs are counted', async () => {
    const document = await run([ATS], { atc: ['vsid', 'broadcast'] });
    const page = await soundPage(document, { ...CONTEXT, baseline: { strategy: 'native', atc: 'vsid' } });
    const rows = await tableRows(page, 'Strategies, mean against native (atc vsid)');
    const { results } = document;
    const base = results.find(({ strategy, atc }) => strategy === 'native' && atc === 'vsid')!;
    for (const [at, [name, , mean, ratio]] of rows.entries()) {
      expect(name).toContain(results[at].strategy);
      expect(Number(ratio)).toBeCloseTo(Number(mean) / base.latency.operation.mean_ns, 12);
    }
    const atc = (await tableRows(page, 'Translation structures')).filter(([structure]) => structure === 'atc');
    const counts = results.map(({ tlb }) => tlb?.atc as { lookups: number; misses: number });
    expect(atc.map(([, , lookups, , misses]) => [lookups, misses])).toEqual([
      ...new Map(counts.map(({ lookups, misses }) => [`${lookups} ${misses}`, [`${lookups}`, `${misses}`]])).values(),
    ]);
    await page.close();
  });

  it('gates and medians of several seeds: verdicts with what needs attention first', async () => {
    const gates = ['latency.operation.p99_ns <= 0.1us', 'amplification.exits >= 0'].map((gate) =>
      parseGate(gate, '--gate'),
    );
    const replays = await runSeeds([STRICT], { ...OPTIONS, set: ['tlb.main.policy=random'] }, 5, {});
    const document = withVerdicts(
      replays,
      gates,
      { strategy: 'ioctl', atc: 'vsid' },
      { sampling: { over: 'seeds', seeds: 5 } },
    );
    const page = await soundPage(document);
    const rows = await tableRows(page, 'Gates');
    const { counts, judgements } = document.gates!;
    expect(counts.fail).toBe(2);
    expect(rows.map(([, verdict]) => verdict)).toEqual(['✗ fail', '✗ fail', '✓ pass', '✓ pass']);
    expect(rows.map(([, , , value]) => value)).toEqual(
      [
        ...judgements.filter(({ verdict }) => verdict === 'fail'),
        ...judgements.filter((one) => one.verdict === 'pass'),
      ].map(({ value }) => String(value)),
    );
    expect((await sections(page))[0]).toBe('Gates: failed');
    await page.close();
  });

  it('injected faults are a table of their own', async () => {
    const document = await run([STRICT], {
      faults: ['unknown-vsid:CFGI_CD@5'],
      strategies: ['ioctl-batched:uapi=k74', 'native'],
    });
    const page = await soundPage(document);
    const rows = await tableRows(page, 'Injected faults');
    const incidents = document.results.flatMap(({ errors }) =>
      Object.values((errors as unknown as { incidents: Record<string, Record<string, unknown>> }).incidents),
    );
    expect(rows.length).toBe(incidents.length);
    expect(incidents[0].status).toBe('injected');
    for (const [at, incident] of incidents.entries()) {
      for (const value of Object.values(incident)) {
        expect(rows[at]).toContain(value === null ? '' : String(value));
      }
    }
    await page.close();
  });

  it('a change of paths says what it cost', async () => {
    const document = await run([STRICT], {
      ...{ strategies: ['hw-vcmdq'], limit: 12_000 },
      migrate: { atNs: 4_500_000_000, to: 'sw-vcmdq' },
    });
    const [{ migration }] = document.results as [StrategyResult];
    const page = await soundPage(document);
    const [row] = await tableRows(page, 'Change of paths');
    const { from, to, at_ns, drain_ns, switch_ns, paused_ns, before, after } = migration!;
    expect(row.slice(0, 6)).toEqual([from, to, ...[at_ns, drain_ns, switch_ns, paused_ns].map(String)]);
    expect(row.slice(-4)).toEqual(
      [before, after].flatMap(({ latency: { mean_ns, p99_ns } }) => [mean_ns, p99_ns]).map(String),
    );
    await page.close();
  });

  it('mrc has a page of its own', async () => {
    const document = await missRatioCurves([STRICT], {
      ...{ limit: 3000, msi: true, lenient: false, format: undefined, sizes: [] },
    });
    const { page, problems } = await openPage(browser, renderPage(document, CONTEXT));
    expect(await seriousViolations(page)).toEqual([]);
    expect(problems).toEqual([]);
    const [{ points }] = document.results;
    const rows = await tableRows(page, 'Miss-ratio curve');
    expect(rows.map(([, entries, misses]) => [Number(entries), Number(misses)])).toEqual(
      points.map(({ entries, misses }) => [entries, misses]),
    );
    await page.close();
  });
});
