/** A report page in Chromium: opened as a file, as a reader does, with everything that goes wrong noted. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import axe from 'axe-core';
import type { Browser, Page } from 'playwright-core';

/** A page, and what it complained of: messages of its console, errors, attempts to fetch. */
export interface OpenPage {
  readonly page: Page;
  readonly problems: string[];
}

/** How the reader looks at it. */
export interface Look {
  readonly colorScheme?: 'light' | 'dark';
  readonly width?: number;
}

/** Open a page by its text: a file of its own, and the only thing that it may ask for. */
export async function openPage(browser: Browser, html: string, look: Look = {}): Promise<OpenPage> {
  const { colorScheme = 'light', width = 1000 } = look;
  const page = await browser.newPage({ colorScheme, viewport: { width, height: 800 } });
  const problems: string[] = [];
  page.on('console', (message) => problems.push(message.text()));
  page.on('pageerror', (error) => problems.push(error.message));
  const folder = mkdtempSync(join(tmpdir(), 'smmuscope-page-'));
  const file = join(folder, 'report.html');
  const address = pathToFileURL(file).href;
  page.on('request', (request) => request.url() !== address && problems.push(`fetches ${request.url()}`));
  try {
    writeFileSync(file, html);
    await page.goto(address);
  } finally {
    rmSync(folder, { recursive: true });
  }
  return { page, problems };
}

/** What axe finds that is serious or critical: rule and element. */
export async function seriousViolations(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  const found = (await page.evaluate('axe.run()')) as axe.AxeResults;
  return found.violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes[0].html}`);
}

/** A cell of the table of strategies: where its number is in the document, and what it says exactly; '' where there is none. */
export interface PathCell {
  readonly path: string;
  readonly result: number;
  readonly value: string;
}

/** Every cell whose column says where its number is. */
export async function pathCells(page: Page): Promise<PathCell[]> {
  return (await page.evaluate(PATH_CELLS)) as PathCell[];
}

const PATH_CELLS = `[...document.querySelectorAll('.scroll > table')].flatMap((table) => {
  const paths = [...table.tHead.rows[0].cells].map((cell) => cell.dataset.path);
  return [...table.tBodies[0].rows].flatMap((row, result) => paths.flatMap((path, column) =>
    path === undefined ? [] : [{ path, result, value: row.cells[column].dataset.value }]));
})`;

/** The cells of the table called `label`, row by row: exact numbers where there are numbers, else text. */
export async function tableRows(page: Page, label: string): Promise<string[][]> {
  const region = page.locator(`[role=region][aria-label="${label}, table"]`);
  return region
    .locator('tbody tr')
    .evaluateAll((rows) =>
      rows.map((row) => [...row.children].map((cell) => cell.getAttribute('data-value') ?? cell.textContent ?? '')),
    );
}

/** Names of the page's sections. */
export function sections(page: Page): Promise<string[]> {
  return page.locator('h2').allTextContents();
}

/** The number at a dotted path, as a cell has it. */
export function valueAt(result: unknown, path: string): string {
  let node: unknown = result;
  for (const key of path.split('.')) node = (node as Record<string, unknown> | null | undefined)?.[key];
  return typeof node === 'number' ? String(node) : '';
}
