/**
 * Does the HTML report work in a browser: complete without network, no error, accessible, and its numbers those of the JSON?
 *
 * Needs Chromium (Debian's package) and fails without it. SMMUSCOPE_NO_CHROMIUM=1 says that its absence is meant: then
 * only what needs no browser is tested. SMMUSCOPE_CHROMIUM names a binary that is not on PATH (see support/chromium.ts).
 */
import axe from 'axe-core';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { renderPage } from '../../src/reporters/html/page.js';
import { hostCommandsByCause } from '../../src/reporters/html/parts.js';
import { reporterByName } from '../../src/reporters/registry.js';
import type { ReportContext } from '../../src/reporters/reporter.js';
import type { ResultDocument } from '../../src/results/document.js';
import { parseResult } from '../../src/results/read-result.js';
import { runReplays } from '../../src/session/run.js';
import { chromiumPath, WITHOUT_BROWSER } from '../support/chromium.js';
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
      '--reporter html: expected a result of replay or compare, or curves of mrc, found smmuscope.profiles/1',
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

  it('the slowest submission is the maximum, and its stages sum to it', () => {
    for (const { latency, slowest_submissions: slowest } of result.results) {
      expect(slowest!.length).toBe(16);
      expect(slowest![0].latency_ns).toBe(latency.submission.max_ns);
      for (const one of slowest!) expect(sum(Object.values(one.breakdown_ns))).toBe(one.latency_ns);
    }
  });
});

describe.skipIf(WITHOUT_BROWSER)('in Chromium', () => {
  let browser: Browser;
  const problems: string[] = [];

  beforeAll(async () => {
    browser = await chromium.launch({ executablePath: chromiumPath(), args: ['--no-sandbox'] });
  });
  afterAll(() => browser?.close());

  async function open(colorScheme: 'light' | 'dark'): Promise<Page> {
    const page = await browser.newPage({ colorScheme, viewport: { width: 1000, height: 800 } });
    page.on('console', (message) => problems.push(message.text()));
    page.on('pageerror', (error) => problems.push(error.message));
    page.on('request', ({ url }) => url().startsWith('http') && problems.push(`fetches ${url()}`));
    await page.setContent(html);
    return page;
  }

  it.each(['light', 'dark'] as const)('%s: renders without error, and axe finds nothing serious', async (scheme) => {
    const page = await open(scheme);
    expect(await page.locator('.over-time canvas').count()).toBe(1);
    expect(await page.locator('figure svg[role=img]').count()).toBeGreaterThanOrEqual(4);
    await page.evaluate(axe.source);
    const found = (await page.evaluate('axe.run()')) as axe.AxeResults;
    const serious = found.violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
    expect(serious.map(({ id, nodes }) => [id, nodes[0].html])).toEqual([]);
    expect(problems).toEqual([]);
    await page.close();
  });

  it('shows the numbers of the JSON, and carries them', async () => {
    const page = await open('light');
    const carried = await page.locator('#result').textContent();
    expect(JSON.parse(carried!)).toEqual(JSON.parse(JSON.stringify(result)));
    const shown = (await page.evaluate(MAIN_TABLE)) as { path: string; at: number; value: string }[];
    expect(new Set(shown.map(({ path }) => path)).size).toBe(15);
    expect(shown.length).toBe(15 * result.results.length);
    for (const { path, at, value } of shown) {
      expect([path, value]).toEqual([path, String(valueAt(result.results[at], path))]);
    }
    await page.close();
  });

  it('sorts by keyboard, and says so', async () => {
    const page = await open('light');
    await page.getByRole('button', { name: 'mean ns' }).focus();
    await page.keyboard.press('Enter');
    expect(await page.getByRole('columnheader', { name: 'mean ns' }).getAttribute('aria-sort')).toBe('ascending');
    expect(await page.locator('#sorted-1').textContent()).toBe('sorted by mean ns, ascending');
    const order = await page
      .locator('[data-status=sorted-1] tbody td:nth-child(3)')
      .evaluateAll((all) => all.map((c) => Number(c.getAttribute('data-value'))));
    expect(order).toEqual([...order].sort((a, b) => a - b));
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

/** Cells of the first table of strategies that say where their number is in the document. */
const MAIN_TABLE = `(() => {
  const table = document.querySelector('[data-status=sorted-1]');
  const paths = [...table.tHead.rows[0].cells].map((cell) => cell.dataset.path);
  return [...table.tBodies[0].rows].flatMap((row, at) => paths.flatMap((path, column) =>
    path === undefined ? [] : [{ path, at, value: row.cells[column].dataset.value }]));
})()`;

/** The number at a dotted path, as the page has it: nothing where there is none. */
function valueAt(result: unknown, path: string): unknown {
  let node = result as Record<string, unknown> | null | undefined;
  for (const key of path.split('.')) node = node?.[key] as Record<string, unknown> | null | undefined;
  return node ?? '';
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
