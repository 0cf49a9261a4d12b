/**
 * Reporters, table: does a literal document render as the golden text, and does every line fit its width?
 * Update the golden files with `npx vitest run test/reporters -u` and read the difference.
 */
import { describe, expect, it } from 'vitest';
import type { ReportContext, ReportDocument } from '../../src/reporters/reporter.js';
import { tableReporter } from '../../src/reporters/table.js';
import {
  COMPARISON,
  INSPECTION,
  LINT,
  NO_DMA,
  PROFILE,
  PROFILES,
  SINGLE,
  STRATEGIES,
  strategyResult,
  TWO_TRACES,
  WORKLOADS,
} from './documents.js';

const plain = (width: number, strategy?: string, atc = 'vsid'): ReportContext => ({
  width,
  colour: false,
  unicode: false,
  baseline: strategy === undefined ? undefined : { strategy, atc },
});

/** The rows of the first table, and what follows them. */
const rowsOf = (text: string) => {
  const lines = text.split('\n');
  return lines.slice(lines.findIndex((line) => line.startsWith('---')) + 1);
};

/** `text` without ANSI colour sequences. */
const withoutColour = (text: string) => text.replace(new RegExp(`${String.fromCharCode(27)}\\[\\d+m`, 'g'), '');

const CASES: readonly (readonly [string, ReportDocument, string | undefined])[] = [
  ['comparison', COMPARISON, 'ioctl'],
  ['two-traces', TWO_TRACES, 'ioctl'],
  ['single', SINGLE, undefined],
  ['single-without-dma', NO_DMA, undefined],
  ['inspection', INSPECTION, undefined],
  ['lint', LINT, undefined],
  ['workloads', WORKLOADS, undefined],
  ['strategies', STRATEGIES, undefined],
  ['profiles', PROFILES, undefined],
  ['profile', PROFILE, undefined],
];

describe.each(CASES)('%s', (name, document, baseline) => {
  it.each([80, 100, 200])('renders as the golden text at %i columns', async (width) => {
    const text = tableReporter.render(document, plain(width, baseline));
    for (const line of text.split('\n')) expect(line.length, line).toBeLessThanOrEqual(width);
    expect(text).toMatch(/^[\n -~]*\n$/);
    await expect(text).toMatchFileSnapshot(`golden/${name}-${width}.txt`);
  });

  it('differs by nothing but colour codes when colour is welcome', () => {
    const coloured = tableReporter.render(document, { ...plain(100, baseline), colour: true });
    expect(withoutColour(coloured)).toBe(tableReporter.render(document, plain(100, baseline)));
    expect(coloured).not.toBe(withoutColour(coloured));
  });
});

describe('comparison', () => {
  it('keeps the columns of latency, ratio, amplification, misses and safety at 80 columns', () => {
    const text = tableReporter.render(COMPARISON, plain(80, 'ioctl'));
    for (const heading of ['strategy', 'mean', 'vs base', 'h/g', 'miss %', 'stale']) expect(text).toContain(heading);
    expect(text).toContain('no room for: ');
  });

  it('has room for every column at 200', () => {
    expect(tableReporter.render(COMPARISON, plain(200, 'ioctl'))).not.toContain('no room for');
  });

  it('compares every row with one, whatever its targeting', () => {
    const document = {
      ...COMPARISON,
      results: [
        strategyResult('ioctl', 'vsid', 1000, 10),
        strategyResult('ioctl', 'broadcast', 2000, 10),
        strategyResult('native', 'broadcast', 500, 10),
        strategyResult('native', 'implicit', 500, 10),
      ],
    };
    const ratios = (atc: string) => {
      const text = tableReporter.render(document, plain(200, 'ioctl', atc));
      expect(text).toContain(`baseline ioctl (atc ${atc})`);
      return rowsOf(text)
        .slice(0, 4)
        .map((row) => /\d+\.\d+x/.exec(row)?.[0]);
    };
    expect(ratios('vsid')).toEqual(['1.00x', '2.00x', '0.50x', '0.50x']);
    expect(ratios('broadcast')).toEqual(['0.50x', '1.00x', '0.25x', '0.25x']);
  });

  it('compares within each trace only', () => {
    const document = {
      ...COMPARISON,
      results: [
        strategyResult('ioctl', 'vsid', 1000, 10, { trace: 'a.csv' }),
        strategyResult('native', 'vsid', 500, 10, { trace: 'a.csv' }),
        strategyResult('ioctl', 'vsid', 4000, 10, { trace: 'b.csv' }),
        strategyResult('native', 'vsid', 1000, 10, { trace: 'b.csv' }),
      ],
    };
    const text = tableReporter.render(document, plain(200, 'ioctl'));
    expect(text.match(/\d\.\d\dx(?= +\S+ [un]s +6,914)/g)).toEqual(['1.00x', '0.50x', '1.00x', '0.25x']);
    expect(text).toMatch(/^a\.csv\n[\s\S]*^b\.csv\n/m);
  });

  it('reports a trace without dma events as absent, not as zero', () => {
    const [row] = rowsOf(tableReporter.render(NO_DMA, plain(200, 'native')));
    expect(row).toMatch(/ -\s+-\s+-$/);
  });

  it('cuts a strategy name rather than wrapping the line', () => {
    const results = [strategyResult(`sw-vcmdq:${'worker=poll:'.repeat(6)}cons=trapped`, 'broadcast', 1e9, 1e12)];
    const text = tableReporter.render({ ...COMPARISON, results }, plain(80, 'none'));
    for (const line of text.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
  });
});
