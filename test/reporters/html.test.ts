/**
 * Does the HTML report work in a browser: complete without network, no error, accessible, and its numbers those of the JSON?
 *
 * Needs Chromium (Debian's package) and fails without it. SMMUSCOPE_NO_CHROMIUM=1 says that its absence is meant: then
 * only what needs no browser is tested. SMMUSCOPE_CHROMIUM names a binary that is not on PATH (see support/chromium.ts).
 */
import { parseHTML } from 'linkedom';
import { type Browser, chromium } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { renderPage } from '../../src/reporters/html/page.js';
import { groupsOf, hostCommandsByCause, stepsOf } from '../../src/reporters/html/parts.js';
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
    // A browser reads a title's entities; what stands between its tags must not end it.
    expect(text).toMatch(
      /<title>Invalidations of &lt;\/script&gt;&lt;script&gt;alert\(1\)&lt;\/script&gt;&amp;"' – smmuscope<\/title>/,
    );
  });

  it('of ten strategies is at most 600 KB', async () => {
    const ten = await runReplays(['traces/rebind-strict.qemu-7.2.log.xz'], {
      ...{
        profile: 'neoverse-mmu700',
        set: [],
        atc: [],
        pacing: 'closed',
        dma: 'ordered',
        warmup: 0,
        limit: undefined,
      },
      ...{ seed: 0, msi: true, safety: true, lenient: false, format: undefined, curves: true },
      strategies: [
        ...['ioctl', 'ioctl-batched', 'sw-vcmdq', 'sw-vcmdq:worker=poll', 'hw-vcmdq', 'hw-vcmdq-overlay'],
        ...['ecmdq', 'virtio-iommu', 'vhost-iommu', 'native'],
      ],
    });
    expect(ten.results.length).toBe(10);
    expect(Buffer.byteLength(renderPage(ten, CONTEXT))).toBeLessThanOrEqual(600_000);
  }, 60_000);

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
      /^--reporter html: expected something with numbers to draw .*, found smmuscope.profiles\/1/,
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

  it('the steps of a curve stand at the percentiles of the table, at their shares', () => {
    const { document } = parseHTML(html);
    for (const size of ['wide', 'narrow']) {
      const chart = document.querySelector(`.${size} svg[aria-label^="Share of operations done"]`)!;
      const curves = [...chart.querySelectorAll('path[stroke-width], g[stroke-width] path')]
        .map((path) => path.getAttribute('d') ?? '')
        .filter((d) => d.startsWith('M'));
      const dots = [...chart.querySelectorAll('circle')].map((dot) => [dot.getAttribute('cx'), dot.getAttribute('cy')]);
      const groups = groupsOf(result.results, ({ latency }) => latency.operation);
      const drawn = curves.map(pointsOf).filter((points) => points.length > 4);
      expect(drawn.length).toBe(groups.length);
      const { left, right, top, bottom } = frameOf(chart);
      const times = groups.flatMap(({ at }) => stepsOf(result.results[at].latency.operation).map(([ns]) => ns));
      const lows = groups.map(({ at }) => result.results[at].latency.operation.min_ns);
      const [least, most] = [Math.min(...times, ...lows), Math.max(...times)].map(Math.log);
      for (const [at, group] of groups.entries()) {
        const { operation } = result.results[group.at].latency;
        for (const [key, share] of [
          ['p50_ns', 0.5],
          ['p90_ns', 0.9],
          ['p99_ns', 0.99],
          ['p99_9_ns', 0.999],
        ] as const) {
          const x = left + ((Math.log(operation[key]) - least) / (most - least)) * (right - left);
          const y = bottom - share * (bottom - top);
          const step = drawn[at].filter(([one]) => Math.abs(one - x) < 0.02).map(([, one]) => one);
          expect([key, step.length > 1]).toEqual([key, true]);
          // The curve rises there, through the share: above it before, at or past it after. Up is less.
          expect(Math.max(...step)).toBeGreaterThanOrEqual(y - 0.02);
          expect(Math.min(...step)).toBeLessThanOrEqual(y + 0.02);
          expect(dots.some(([cx, cy]) => Math.abs(Number(cx) - x) < 0.02 && Math.abs(Number(cy) - y) < 0.02)).toBe(
            true,
          );
        }
      }
    }
  });

  it('an earlier result without steps is drawn from its buckets, and says so', () => {
    const results = result.results.map(({ latency, ...rest }) => {
      const { steps: _steps, ...operation } = latency.operation;
      return { ...rest, latency: { ...latency, operation } };
    });
    expect(renderPage({ ...result, results }, CONTEXT)).toMatch(/ends of the histogram’s buckets/);
    expect(html).not.toMatch(/ends of the histogram’s buckets/);
  });

  it('a stage has the same colour whatever else is on the page', () => {
    const fillOf = (text: string, stage: string) => {
      const chart = parseHTML(text).document.querySelector(
        '.wide svg[aria-label="Mean time of an operation by stage"]',
      )!;
      const bar = [...chart.querySelectorAll('rect')].find((one) => one.textContent?.includes(`: ${stage} `));
      return bar?.getAttribute('fill');
    };
    const alone = renderPage({ ...result, results: result.results.slice(-1) }, CONTEXT);
    for (const stage of ['insert', 'fetch', 'sync']) {
      expect(fillOf(alone, stage)).toMatch(/^#/);
      expect(fillOf(alone, stage)).toBe(fillOf(html, stage));
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
    expect(await page.title()).toBe('Invalidations of rebind-strict.qemu-7.2.log.xz – smmuscope');
    expect(await page.locator('#foreign').evaluate((one) => one.style.color)).toBe('');
    expect(problems.filter((problem) => problem.includes('Content Security Policy')).length).toBe(3);
    await page.close();
  });

  it('sorts by keyboard, and says so', async () => {
    const page = await open('light');
    await page.getByRole('button', { name: 'mean', exact: true }).focus();
    await page.keyboard.press('Enter');
    expect(await page.locator('th[data-path="latency.operation.mean_ns"]').getAttribute('aria-sort')).toBe('ascending');
    expect(await page.locator('#sorted-1').textContent()).toBe('sorted by mean, ascending');
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

/** Corners of a path of straight lines, `M1,2L3,4H5V6`. */
function pointsOf(d: string): [number, number][] {
  const points: [number, number][] = [];
  let [x, y] = [0, 0];
  for (const [, command, numbers] of d.matchAll(/([MLHV])([^MLHVZ]*)/g)) {
    const [first, second] = numbers.split(',').map(Number);
    if (command === 'V') y = first;
    else x = first;
    if (second !== undefined) y = second;
    points.push([x, y]);
  }
  return points;
}

/** Where the axes of a chart of latencies lie: margins are part of its drawing. */
function frameOf(chart: Element) {
  const [, , width, height] = (chart.getAttribute('viewBox') ?? '').split(' ').map(Number);
  return { left: 55, right: width - 20, top: 20, bottom: height - 45 };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
