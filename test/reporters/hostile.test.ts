/**
 * Reporters, foreign text: does nothing of an enemy's document reach a terminal, a spreadsheet or a page raw, and does every
 * format stay what it is? Each reporter renders each kind of document with hostile names in it.
 */
import { parse } from 'csv-parse/sync';
import { type Browser, chromium } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { create } from 'xmlbuilder2';
import { parseDocument } from '../../src/reporters/documents/registry.js';
import { REPORTERS, reporterByName } from '../../src/reporters/registry.js';
import type { ReportContext, ReportDocument } from '../../src/reporters/reporter.js';
import { chromiumPath, WITHOUT_BROWSER } from '../support/chromium.js';
import { openPage } from '../support/report-page.js';
import { WarmCli } from '../support/warm-cli.js';
import { around, FORMULA, HARMLESS, HOSTILE, NEVER_RAW } from './hostile.js';

const ATS = 'traces/csv/ats-four-devices.csv';

/** A command that writes each kind of document. */
const COMMANDS: readonly string[] = [
  `compare ${ATS} --strategies ioctl,native --fault illegal@20 --gate amplification.exits<=0`,
  `replay ${ATS} --strategy v1-patch`,
  `inspect ${ATS}`,
  'lint traces/csv/ttl-names-wrong-level.csv',
  `mrc ${ATS}`,
  'merge docs/examples/shard-1-of-2.json docs/examples/shard-2-of-2.json',
  `sensitivity ${ATS} --strategy sw-vcmdq --baseline native --jobs 1`,
  'calibrate docs/examples/points.csv',
  'strategies',
  'strategies show ioctl',
  'profiles',
  'profiles show',
  'workloads',
];

const warm = new WarmCli();
const documents = new Map<string, ReportDocument>();
beforeAll(async () => {
  for (const command of COMMANDS) {
    const { stdout } = await warm.run([...command.split(' '), '--json']);
    documents.set(command, parseDocument(stdout, command));
  }
}, 120_000);
afterAll(() => warm.close());

/** The report of `reporter` on the document of `command` with `before` and `after` around its texts; undefined: it has none. */
async function report(
  reporter: string,
  command: string,
  [before, after]: readonly [string, string],
): Promise<{ readonly document: ReportDocument; readonly text: string } | undefined> {
  const document = around(documents.get(command)!, before, after);
  const found = reporterByName(reporter);
  const hasGates = 'gates' in document;
  if (found.refusal?.({ schema: document.schema, hasGates }) !== undefined) return undefined;
  const baseline = command.startsWith('compare')
    ? { strategy: `${before}ioctl${after}`, atc: `${before}vsid${after}` }
    : undefined;
  // Wide enough that no line is broken for want of room.
  const context: ReportContext = { width: 1e6, colour: false, unicode: true, baseline };
  return { document, text: await found.render(document, context) };
}

const ENEMY = [FORMULA, HOSTILE] as const;
const FRIEND = [HARMLESS, HARMLESS] as const;
const lineCount = (text: string) => text.split('\n').length;

describe.each(COMMANDS)('%s', (command) => {
  it.each(REPORTERS.map(({ name }) => name))('%s: nothing raw, and as many lines as without', async (name) => {
    const hostile = await report(name, command, ENEMY);
    if (hostile === undefined) return;
    // As bytes: what a stream would make of half a character shows, too.
    expect(NEVER_RAW.exec(Buffer.from(hostile.text).toString())).toBeNull();
    const friendly = await report(name, command, FRIEND);
    expect(lineCount(hostile.text)).toBe(lineCount(friendly!.text));
    // Where a text of the document is told, it is told whole.
    if (friendly!.text.includes(HARMLESS)) expect(hostile.text).toContain('onerror=alert(1)');
  });

  it('csv: no text is a formula, and rows have their cells', async () => {
    const hostile = parse((await report('csv', command, ENEMY))!.text) as string[][];
    const friendly = parse((await report('csv', command, FRIEND))!.text) as string[][];
    expect(hostile.map((row) => row.length)).toEqual(friendly.map((row) => row.length));
    const cells = hostile.flat().filter((cell) => cell !== '-' && Number.isNaN(Number(cell)));
    expect(cells.filter((cell) => /^[=+\-@\t\r]/.test(cell))).toEqual([]);
    if (friendly.flat().some((cell) => cell.startsWith(HARMLESS))) {
      expect(cells.some((cell) => cell.startsWith(`'${FORMULA}`))).toBe(true);
    }
  });

  it('json, and the element of the page: the document exactly', async () => {
    const { document, text } = (await report('json', command, ENEMY))!;
    expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(document)));
    const page = await report('html', command, ENEMY);
    if (page === undefined) return;
    const [, carried] = /<script id="result" type="application\/json">(.*?)<\/script>/s.exec(page.text)!;
    // The page of a study leaves the results of its points out.
    const isStudy = document.schema === 'smmuscope.study-result/2';
    const expected = JSON.stringify(document, (key, value) => (isStudy && key === 'result' ? undefined : value));
    expect(JSON.parse(carried)).toEqual(JSON.parse(expected));
  });

  it('markdown: cells, fences and markup are the report’s own', async () => {
    const hostile = (await report('markdown', command, ENEMY))!.text;
    const friendly = (await report('markdown', command, FRIEND))!.text;
    if (/^```/.test(friendly)) {
      // A fence longer than any within.
      const [fence] = /^`+/.exec(hostile)!;
      expect(hostile.split('\n').filter((line) => line.startsWith(fence))).toEqual([`${fence}text`, fence]);
      return;
    }
    const bars = (text: string) => text.match(/^\|.*$/gm)?.map((row) => row.match(/(?<!\\)\|/g)?.length);
    const bulletsAndHeadings = (text: string) => text.match(/^(?:#+|-) /gm)?.length;
    expect(bars(hostile)).toEqual(bars(friendly));
    expect(bulletsAndHeadings(hostile)).toBe(bulletsAndHeadings(friendly));
    expect(hostile).not.toMatch(/(?<!\\)(?:<[a-z/!?]|`)/i);
    expect(hostile).not.toMatch(/https?:\/\//);
  });
});

describe('formats of pipelines', () => {
  const [command] = COMMANDS;

  it('junit is well-formed, with as many cases', async () => {
    const hostile = (await report('junit', command, ENEMY))!.text;
    const { node } = create(hostile).root();
    const cases = (node as unknown as { getElementsByTagName(name: string): unknown[] }).getElementsByTagName(
      'testcase',
    );
    expect(cases.length).toBe((await report('junit', command, FRIEND))!.text.match(/<testcase /g)?.length);
  });

  it('annotations are one command a line, and %0A of a name is none of ours', async () => {
    const lines = (await report('github-annotations', command, ENEMY))!.text.trimEnd().split('\n');
    expect(lines.length).toBeGreaterThan(1);
    for (const line of lines) expect(line).toMatch(/^::(?:error|warning|notice) title=[^:,]*::/);
    expect(lines[0]).toContain('%250A');
    expect(lines[0]).not.toContain('%0A');
  });

  it('folded stacks have three frames and a weight', async () => {
    const lines = (await report('folded', command, ENEMY))!.text.trimEnd().split('\n');
    for (const line of lines) expect(line).toMatch(/^[^;]+;[^;]+;[^;]+ \d+$/);
  });

  it('bencher has every benchmark under its exact name', async () => {
    const { text } = (await report('bencher', command, ENEMY))!;
    expect(Object.keys(JSON.parse(text)).every((name) => name.includes(HOSTILE))).toBe(true);
  });
});

describe.skipIf(WITHOUT_BROWSER)('the page in Chromium', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await chromium.launch({ executablePath: chromiumPath(), args: ['--no-sandbox'] });
  });
  afterAll(() => browser?.close());

  it.each([COMMANDS[0], COMMANDS[4]])('%s: runs nothing but its own scripts', async (command) => {
    const { page, problems } = await openPage(browser, (await report('html', command, ENEMY))!.text);
    expect(await page.locator('img').count()).toBe(0);
    expect(await page.locator('script').count()).toBe(3);
    expect(await page.locator('main').textContent()).toContain('<img src=x onerror=alert(1)>');
    expect(problems).toEqual([]);
    await page.close();
  });
});
