/** Command line, words: is each heading of a table, and each way to pace and to translate, found by searching the pages? */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { ROOT } from '../support/cli.js';
import { WarmCli } from '../support/warm-cli.js';

const warm = new WarmCli();
afterAll(() => warm.close());

const pages = ['README.md', ...readdirSync(join(ROOT, 'docs')).map((name) => `docs/${name}`)]
  .filter((name) => name.endsWith('.md'))
  .map((name) => readFileSync(join(ROOT, name), 'utf8'));
// What a page shows as the output of a command explains nothing.
const text = pages.map((page) => page.replace(/```text\n[\s\S]*?```/g, '')).join('\n');

/** Headings of the tables in `output`, the lines above the rules. */
function headingsOf(output: string): string[] {
  const lines = output.split('\n');
  return lines.flatMap((line, at) => (/^-+( +-+)+$/.test(lines[at + 1] ?? '') ? line.trim().split(/ {2,}/) : []));
}

const TRACE = 'traces/csv/ats-four-devices.csv';

it.each([
  `compare ${TRACE}`,
  `replay ${TRACE} --strategy sw-vcmdq`,
  `sensitivity ${TRACE} --strategies ioctl,native --draws 2`,
  'calibrate docs/examples/points.csv',
  'sweep docs/examples/two-points.yaml',
  'diff docs/examples/rebind-strict.result.json docs/examples/rebind-slower-ioctl.result.json',
  `mrc ${TRACE}`,
])('%s', async (command) => {
  const { code, stdout } = await warm.run(command.split(' '));
  expect(code).toBe(0);
  const headings = headingsOf(stdout);
  expect(headings.length).toBeGreaterThan(2);
  // The scale of a plot is no word.
  expect(headings.filter((heading) => !text.includes(heading) && !heading.startsWith('0 = '))).toEqual([]);
});

it.each(['pacing closed', 'pacing recorded', 'pacing asap', 'dma ordered', 'dma timed'])('%s', (words) => {
  expect(text).toContain(words);
});
