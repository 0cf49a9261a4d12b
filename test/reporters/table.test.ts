/**
 * Reporters, table: does a literal document render as the golden text, and does every line fit its width?
 * Update the golden files with `npx vitest run test/reporters -u` and read the difference.
 */
import { describe, expect, it } from 'vitest';
import { parseColumns, parseSort } from '../../src/columns/choose.js';
import type { ReportContext, ReportDocument } from '../../src/reporters/reporter.js';
import { tableReporter } from '../../src/reporters/table.js';
import type { StrategyResult } from '../../src/results/document.js';
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

/** From the headings of the first table on: the answer stands above it. */
const fromTable = (text: string): string => text.slice(text.search(/^strategy /m));

describe('comparison', () => {
  it.each([80, 120, 200])('keeps what decides at %i columns', (width) => {
    const names = ['v1-patch', 'ioctl', 'ioctl-batched', 'sw-vcmdq', 'hw-vcmdq-overlay', 'native'];
    const results = names.map((name, at) => {
      const one = strategyResult(name, at === 0 ? 'broadcast' : 'vsid', 1000 + 100 * at, 6914);
      const operation = { ...one.latency.operation, count: 3465 - at };
      const latency = { ...one.latency, operation, estimate_share: at / 10 };
      return { ...one, latency, amplification: { ...one.amplification, exits: 1000 * at } };
    });
    const text = tableReporter.render({ ...COMPARISON, results }, plain(width, 'ioctl'));
    for (const line of text.split('\n')) expect(line.length, line).toBeLessThanOrEqual(width);
    const [headings] = fromTable(text).split('\n');
    for (const one of ['strategy', 'atc', 'ops', 'mean', 'p99', 'vs base', 'saved', 'est %', 'exits'])
      expect(headings).toContain(one);
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
    const ratios = text.split('\n').flatMap((line) => /^(?:ioctl|native) +\S+ .s .*?(\d\.\d\dx)/.exec(line)?.[1] ?? []);
    expect(ratios).toEqual(['1.00x', '0.50x', '1.00x', '0.25x']);
    expect(text).toMatch(/^a\.csv\n[\s\S]*^b\.csv\n/m);
  });

  it('reports a trace without dma events as absent, not as zero', () => {
    const [row] = rowsOf(tableReporter.render(NO_DMA, plain(200, 'native')));
    expect(row).toMatch(/ -\s+-\s+-$/);
    const [one] = NO_DMA.results;
    const two = { ...NO_DMA, results: [one, { ...one, strategy: 'ioctl' }] };
    expect(tableReporter.render(two, plain(200, 'native'))).toContain(
      'without a value: misses/translation, micro TLB hits, main TLB misses, stale after SYNC\n',
    );
  });

  const two = (...extra: readonly Partial<StrategyResult>[]) => ({
    ...COMPARISON,
    results: [
      strategyResult('ioctl', 'vsid', 1000, 6914, extra[0]),
      strategyResult('native', 'vsid', 500, 6000, extra[1]),
    ],
  });

  it('says in one line what does not tell rows apart, and how much is saved of what', () => {
    const text = tableReporter.render(two(), plain(120, 'ioctl'));
    const [headings, , first, second, ...below] = fromTable(text).split('\n');
    expect(headings).not.toMatch(/ops|atc|exits/);
    expect(below.join(' ')).toMatch(
      /^same in all rows: atc vsid, ops 3,465, .*exits 6,930, .*misses\/translation +45.6%/,
    );
    expect(first).toMatch(/1.00x +- /);
    const savedNs = two().results[0].guest.stall_total_ns - two().results[1].guest.stall_total_ns;
    expect(second).toContain(`0.50x  ${(savedNs / 1e6).toPrecision(3)} ms`);
    expect(text).toContain('that the guest waits with ioctl, its 2 vCPUs summed, in 16.7 s of simulated');
  });

  it('folds no column that differs within one trace only', () => {
    const [a, b] = two().results;
    const results = [a, b].flatMap((one) => [
      { ...one, trace: 'a.csv' },
      { ...one, trace: 'b.csv', amplification: { ...one.amplification, exits: one === a ? 1 : 2 } },
    ]);
    const text = tableReporter.render({ ...COMPARISON, results }, plain(200, 'ioctl'));
    expect(text.match(/^strategy .* exits/gm)).toHaveLength(2);
    expect(text).not.toMatch(/same in all rows:.* exits/);
  });

  it('shows the columns that are asked for, in their order, and sorts by one', () => {
    const asked = {
      ...plain(80, 'ioctl'),
      columns: parseColumns('ops,vs base,host.queues.0.deepest,latency.operation.p90_ns'),
      sort: parseSort('-h/g'),
    };
    const [headings, , ...rows] = fromTable(tableReporter.render(COMPARISON, asked)).split('\n');
    expect(headings).toMatch(/^strategy +(atc +)?ops +vs base +host.queues.0.deepest +p90$/);
    const ratios = COMPARISON.results.map(({ strategy, amplification }) => [strategy, amplification.host_per_guest]);
    const descending = ratios.sort(([, a], [, b]) => Number(b) - Number(a)).map(([strategy]) => strategy);
    expect(rows.slice(0, descending.length).map((row) => row.split(' ')[0])).toEqual(descending);
  });

  it.each([60, 80, 120, 200])('gives up asked columns from the last at %i columns, and no line is longer', (width) => {
    const columns = parseColumns('mean,p50,p90,p99,p99.9,max,stall,guest cmds,host cmds,walk reads,translation,races');
    const text = tableReporter.render(COMPARISON, { ...plain(width, 'ioctl'), columns });
    for (const line of text.split('\n')) expect(line.length, line).toBeLessThanOrEqual(width);
    const shown = fromTable(text).split('\n')[0].trim().split(/ {2,}/);
    expect(text.includes('no room for: ')).toBe(shown.length < 13);
    expect(shown.slice(0, 3).join()).toMatch(/^strategy,(atc,)?mean/);
  });

  it('cuts a name so that it stays another than all others', () => {
    const results = ['sw-vcmdq:worker=poll', 'sw-vcmdq:worker=sleep', 'sw-vcmdq'].map((name, at) =>
      strategyResult(name, at === 0 ? 'vsid' : 'broadcast', 1000 + at, 6914 + at, {
        latency: { ...COMPARISON.results[0].latency, estimate_share: at / 10 },
      }),
    );
    const text = tableReporter.render({ ...COMPARISON, results }, plain(60, 'sw-vcmdq', 'broadcast'));
    const rows = fromTable(text).split('\n');
    expect(new Set(rows.slice(2, 5).map((row) => row.split(' ')[0])).size).toBe(3);
  });

  it('cuts a strategy name rather than wrapping the line', () => {
    const results = [strategyResult(`sw-vcmdq:${'worker=poll:'.repeat(6)}cons=trapped`, 'broadcast', 1e9, 1e12)];
    const text = tableReporter.render({ ...COMPARISON, results }, plain(80, 'none'));
    for (const line of text.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
  });
});
