/** Do pages of studies, sensitivities, calibrations and inspections work: sound in a browser, with what the document says? */
import { parseHTML } from 'linkedom';
import { type Browser, chromium } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { renderPage } from '../../src/reporters/html/page.js';
import type { PagedDocument } from '../../src/reporters/html/paged.js';
import { reporterByName } from '../../src/reporters/registry.js';
import { WIDE } from '../../src/reporters/reporter.js';
import type { SensitivityDocument } from '../../src/results/sensitivity-document.js';
import { chromiumPath, WITHOUT_BROWSER } from '../support/chromium.js';
import { openPage, seriousViolations } from '../support/report-page.js';
import { PAGES, studyDocument } from './pages.js';

const made = new Map<string, PagedDocument>();
beforeAll(async () => {
  for (const [name, make] of Object.entries(PAGES)) made.set(name, await make());
}, 120_000);

const pageOf = (name: string): string => renderPage(made.get(name)!, WIDE);
const parsed = (html: string): Document => parseHTML(html).document;
const rowsOf = (document: Document, label: string): string[][] =>
  [...document.querySelectorAll(`[aria-label="${label}, table"] tbody tr`)].map((row) =>
    [...row.children].map((cell) => cell.getAttribute('data-value') ?? cell.textContent ?? ''),
  );

describe.each(Object.keys(PAGES))('%s', (name) => {
  it('says every sentence of the terminal', async () => {
    const text = (await reporterByName('table').render(made.get(name)!, WIDE)) as string;
    const sentences = text.split('\n').filter((line) => / .* /.test(line) && !/ {2}|─/.test(line));
    const onPage = [...parsed(pageOf(name)).querySelectorAll('li, p, h1, h2')].map((element) => element.textContent);
    const isTitle = (line: string) => /^(?:Calibration of|Measured minus|The same in order)/.test(line);
    expect(sentences.length).toBeGreaterThan(0);
    expect(sentences.filter((line) => !isTitle(line) && !onPage.includes(line))).toEqual([]);
  });

  it('is small, and the same each time', () => {
    const page = pageOf(name);
    expect(pageOf(name) === page).toBe(true);
    expect(page.length).toBeLessThan(400_000);
  });
});

describe.skipIf(WITHOUT_BROWSER)('in Chromium', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await chromium.launch({ executablePath: chromiumPath(), args: ['--no-sandbox'] });
  });
  afterAll(() => browser?.close());

  it.each(Object.keys(PAGES))('%s: complete, accessible, and as wide as what it is read on', async (name) => {
    for (const [colorScheme, width] of [
      ['light', 1280],
      ['dark', 400],
    ] as const) {
      const { page, problems } = await openPage(browser, pageOf(name), { colorScheme, width });
      expect(problems).toEqual([]);
      expect(await seriousViolations(page)).toEqual([]);
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(width);
      const tooWide = await page
        .locator('figure svg:visible')
        .evaluateAll((all) => all.filter((one) => one.getBoundingClientRect().right > innerWidth).length);
      expect(tooWide).toBe(0);
      await page.close();
    }
  });
});

describe('a study', () => {
  it('names the axes without effect, and how far the others move the mean', async () => {
    const study = await studyDocument([
      'set: { smmu.mem_latency_ns: [100, 400], walk.slots: [1, 2] }',
      'strategies: [ioctl]',
    ]);
    const document = parsed(renderPage(study, WIDE));
    const effects = rowsOf(document, 'What each axis moves');
    expect(effects.map(([axis, values]) => [axis, values])).toEqual([
      ['smmu.mem_latency_ns', '2'],
      ['walk.slots', '2'],
    ]);
    const means = rowsOf(document, 'Points').map((row) => Number(row[3]));
    expect(Number(effects[0][3])).toBeCloseTo(Math.max(...means) / Math.min(...means), 12);
    expect(effects[1][3]).toBe('1');
    const said = [...document.querySelectorAll('p')].map((one) => one.textContent);
    expect(said).toContain('No effect on the mean time of an operation: walk.slots.');
  });

  it('of two axes has a map with the mean of each place', () => {
    const document = parsed(pageOf('a study of two axes'));
    const map = document.querySelector(
      'svg[aria-label="Mean time of an operation by smmu.mem_latency_ns and strategy"]',
    )!;
    const cells = [...map.querySelectorAll('rect title')].map((title) => title.textContent);
    const points = [...document.querySelectorAll('[aria-label="Points, table"] tbody tr')].map((row) =>
      [...row.children].map((cell) => cell.textContent),
    );
    expect(cells.sort()).toEqual(
      points
        .map(([, strategy, latency, mean]) => `strategy ${strategy}, smmu.mem_latency_ns ${latency}: ${mean}`)
        .sort(),
    );
  });

  it('says which line is hidden behind another', () => {
    expect(pageOf('a study of three axes and seeds')).toMatch(/ioctl-batched is as ioctl everywhere/);
    expect(pageOf('a study of two axes')).not.toMatch(/everywhere, which hides/);
  });
});

describe('a sensitivity', () => {
  it('has a bar from the ratio to either end of each estimate that moves it', () => {
    const document = parsed(pageOf('a sensitivity'));
    const { parameters, ratio } = made.get('a sensitivity') as SensitivityDocument;
    const moving = parameters.filter(({ swing }) => swing > 0).slice(0, 20);
    const chart = document.querySelector('svg[aria-label^="Ratio of hw-vcmdq to ioctl"]')!;
    const bars = [...chart.querySelectorAll('rect')].filter((bar) => bar.querySelector('title') !== null);
    const wide = (key: string, end: string) =>
      Number(bars.find((bar) => bar.textContent?.startsWith(`${key} ${end} `))?.getAttribute('width'));
    // The estimate that moves it most has a bar to both sides.
    const [first] = moving.filter(({ low, high }) => low.ratio !== ratio && high.ratio !== ratio);
    const scale = wide(first.key, 'lower') / Math.abs(first.low.ratio! - ratio);
    for (const { key, low, high } of moving) {
      expect(wide(key, 'lower')).toBeCloseTo(scale * Math.abs(low.ratio! - ratio), 0);
      expect(wide(key, 'higher')).toBeCloseTo(scale * Math.abs(high.ratio! - ratio), 0);
    }
  });
});
