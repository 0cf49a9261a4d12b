/**
 * Does the HTML report work in a browser: complete without network, no error, accessible, and its numbers those of the JSON?
 *
 * Needs Chromium (Debian's package) and fails without it. SMMUSCOPE_NO_CHROMIUM=1 says that its absence is meant: then
 * only what needs no browser is tested. SMMUSCOPE_CHROMIUM names a binary that is not on PATH (see support/chromium.ts).
 */
import { type Browser, chromium } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { renderPage } from '../../src/reporters/html/page.js';
import { hostCommandsByCause } from '../../src/reporters/html/parts.js';
import { reporterByName } from '../../src/reporters/registry.js';
import type { ReportContext } from '../../src/reporters/reporter.js';
import type { ResultDocument } from '../../src/results/document.js';
import { parseResult } from '../../src/results/read-result.js';
import { runReplays } from '../../src/session/run.js';
import { chromiumPath, WITHOUT_BROWSER } from '../support/chromium.js';
import { openPage, pathCells, seriousViolations, valueAt } from '../support/report-page.js';
import { PROFILES } from './documents.js';

const CONTEXT: ReportContext = { width: 80, colour: false, unicode: true };

let result: ResultDocument;
let html: string;

beforeAll(async () => {
  result = await runReplays(['traces/rebind-strict.qemu-7.2.log.xz'], {
    ...{ profile: 'neoverse-mmu700', set: [], atc: [], pacing: 'closed', dma: 'ordered', warmup: 0, limit: 12_000 },
    ...{ seed: 0, msi: true, safety: true, lenient: false, format: undefined },
    strategies: ['ioctl', 'sw-vcmdq', 'native'],
  });
  html = renderPage(result, CONTEXT);
});

describe('the page', () => {
  it('is the same each time and names nothing to fetch', () => {
    expect(renderPage(result, CONTEXT) === html).toBe(true);
    expect(html).not.toMatch(/<(?:link|img|iframe)\b|<script[^>]+src=|@import|url\(/);
    expect(html.endsWith('\n')).toBe(true);
  });

  it('escapes what traces are called', () => {
    const file = '</script><script>alert(1)</script>&"\'';
    const [trace] = result.provenance.traces;
    const evil = { ...result, provenance: { ...result.provenance, traces: [{ ...trace, file }] } };
    const text = renderPage(evil, CONTEXT);
    expect(text).not.toContain('<script>alert(1)');
    expect(text).toContain('&lt;/script&gt;');
  });

  it('splits host commands without a rest', () => {
    for (const { amplification } of result.results) {
      const parts = Object.values(hostCommandsByCause(amplification));
      expect(parts.reduce((sum, count) => sum + count, 0)).toBe(amplification.host_commands);
    }
  });
});

describe('a result that was written and read back', () => {
  it('gives the same page', async () => {
    const later = parseResult(JSON.stringify(result), 'r.json');
    expect((await reporterByName('html').render(later, CONTEXT)) === html).toBe(true);
  });

  it('is the only thing that can be a page', async () => {
    await expect(reporterByName('html').render(PROFILES, CONTEXT)).rejects.toThrow(
      '--reporter html: expected a result of replay or compare, what diff finds, or curves of mrc, found smmuscope.profiles/1',
    );
  });
});

describe('what the page shows of the document', () => {
  it('misses over time sum to the misses, bin by bin', () => {
    for (const { tlb, main_tlb_over_time: series } of result.results) {
      const main = tlb?.main as { lookups: number; misses_by_cause: Record<string, number> };
      expect(series!.lookups.length).toBeLessThanOrEqual(257);
      expect(sum(series!.lookups)).toBe(main.lookups);
      const byCause = Object.fromEntries(
        Object.entries(series!.misses_by_cause).map(([cause, bins]) => [cause, sum(bins)]),
      );
      expect(byCause).toEqual(main.misses_by_cause);
    }
  });

  it('the slowest operation is the maximum, and its stages sum to it', () => {
    for (const { latency, slowest_operations: slowest } of result.results) {
      expect(slowest!.length).toBe(16);
      expect(slowest![0].latency_ns).toBe(latency.operation.max_ns);
      for (const one of slowest!) expect(sum(Object.values(one.breakdown_ns))).toBe(one.latency_ns);
    }
  });
});

describe.skipIf(WITHOUT_BROWSER)('in Chromium', () => {
  let browser: Browser;

  beforeAll(async () => {
    browser = await chromium.launch({ executablePath: chromiumPath(), args: ['--no-sandbox'] });
  });
  afterAll(() => browser?.close());

  const open = async (colorScheme: 'light' | 'dark') => (await openPage(browser, html, { colorScheme })).page;

  it.each(['light', 'dark'] as const)('%s: renders without error, and axe finds nothing serious', async (scheme) => {
    const { page, problems } = await openPage(browser, html, { colorScheme: scheme });
    expect(await page.locator('.over-time canvas').count()).toBe(1);
    expect(await page.locator('figure svg[role=img]').count()).toBeGreaterThanOrEqual(4);
    expect(await seriousViolations(page)).toEqual([]);
    expect(problems).toEqual([]);
    await page.close();
  });

  it('shows the numbers of the JSON, and carries them', async () => {
    const page = await open('light');
    const carried = await page.locator('#result').textContent();
    expect(JSON.parse(carried!)).toEqual(JSON.parse(JSON.stringify(result)));
    const shown = await pathCells(page);
    expect(shown.length).toBe(19 * result.results.length);
    for (const { path, result: at, value } of shown) {
      expect([path, value]).toEqual([path, valueAt(result.results[at], path)]);
    }
    await page.close();
  });

  it('runs nothing that it did not come with', async () => {
    const foreign = '<script>document.title = "foreign"</script><p id="foreign" style="color: red" onclick="1">x</p>';
    const { page, problems } = await openPage(browser, html.replace('</main>', `${foreign}</main>`));
    expect(await page.title()).toBe('smmuscope report');
    expect(await page.locator('#foreign').evaluate((one) => one.style.color)).toBe('');
    expect(problems.filter((problem) => problem.includes('Content Security Policy')).length).toBe(3);
    await page.close();
  });

  it('sorts by keyboard, and says so', async () => {
    const page = await open('light');
    await page.getByRole('button', { name: 'mean ns', exact: true }).focus();
    await page.keyboard.press('Enter');
    expect(await page.getByRole('columnheader', { name: /^mean ns/ }).getAttribute('aria-sort')).toBe('ascending');
    expect(await page.locator('#sorted-1').textContent()).toBe('sorted by mean ns, ascending');
    const order = await page
      .locator('[data-status=sorted-1] tbody td:nth-child(3)')
      .evaluateAll((all) => all.map((c) => Number(c.getAttribute('data-value'))));
    expect(order).toEqual([...order].sort((a, b) => a - b));
    await page.close();
  });

  it('zooms the course by keys, and shows all again', async () => {
    const page = await open('light');
    const place = page.locator('.over-time');
    const axis = () =>
      page.locator('.over-time canvas').evaluate((canvas) => (canvas as HTMLCanvasElement).toDataURL());
    await place.focus();
    const all = await axis();
    await page.keyboard.press('+');
    await expect.poll(axis).not.toBe(all);
    await page.keyboard.press('0');
    await expect.poll(axis).toBe(all);
    await page.close();
  });

  it('is not wider than a telephone', async () => {
    const { page } = await openPage(browser, html, { width: 400 });
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(400);
    await page.close();
  });

  it('prints: nothing is wider than the paper', async () => {
    const page = await open('dark');
    await page.emulateMedia({ media: 'print' });
    expect(await page.evaluate(() => getComputedStyle(document.body).backgroundColor)).toBe('rgb(255, 255, 255)');
    await page.setViewportSize({ width: 718, height: 1000 });
    // What a browser does before it prints.
    await page.evaluate("dispatchEvent(new Event('beforeprint'))");
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(718);
    expect((await page.pdf({ format: 'A4' })).length).toBeGreaterThan(10_000);
    await page.close();
  });
});

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
