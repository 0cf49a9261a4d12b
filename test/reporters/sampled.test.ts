/**
 * Reporters, several seeds: are medians, intervals and the three verdicts in every form, and are they the document's? Update
 * the golden files with `npx vitest run test/reporters -u` and read the difference.
 */
import { parse } from 'csv-parse/sync';
import { describe, expect, it } from 'vitest';
import { parseGate } from '../../src/gates/gate.js';
import { withVerdicts } from '../../src/gates/verdicts.js';
import { reporterByName } from '../../src/reporters/registry.js';
import type { ReportContext } from '../../src/reporters/reporter.js';
import type { ResultDocument } from '../../src/results/document.js';
import { COMPARISON, strategyResult, TWO_TRACES } from './documents.js';

const CONTEXT: ReportContext = {
  width: 100,
  colour: false,
  unicode: false,
  baseline: { strategy: 'ioctl', atc: 'vsid' },
};
const SAMPLING = { over: 'seeds', seeds: 8 } as const;
const P99 = 'latency.operation.p99_ns';
/** Eight values around `middle`, in no order. */
const around = (middle: number) => [3, -4, 1, 0, -2, 4, -1, 2].map((step) => middle + step * 10);

const bare: ResultDocument = {
  ...COMPARISON,
  provenance: { ...COMPARISON.provenance, seed: 4, seeds: 8, seed_dependents: ['tlb.main.policy'] },
  results: [
    { ...strategyResult('ioctl', 'vsid', 1000, 6914), by_seed: { [P99]: around(3000), 'tlb.walk_reads': around(900) } },
    { ...strategyResult('native', 'vsid', 500, 6914), by_seed: { [P99]: around(1500), 'tlb.walk_reads': around(905) } },
  ],
};
const GATES = [
  `${P99} <= 0.6x baseline`,
  `${P99} <= 0.4x baseline`,
  'tlb.walk_reads <= baseline',
  'amplification.ioctls == 3449',
  'oracle.recorded.mismatches == 0 for native',
].map((gate) => parseGate(gate, '--gate'));
const SAMPLED = withVerdicts(bare, GATES, { strategy: 'ioctl', atc: 'vsid' }, { sampling: SAMPLING });
const render = async (reporter: string, document = SAMPLED, context = CONTEXT): Promise<string> =>
  reporterByName(reporter).render(document, context);

it('the example has all three verdicts, and both kinds of inconclusive', () => {
  expect(SAMPLED.gates?.counts).toEqual({ pass: 3, fail: 1, inconclusive: 2 });
  expect(SAMPLED.gates?.judgements.filter(({ blocks }) => blocks)).toHaveLength(1);
});

it.each([80, 100, 200])('table, %i columns', async (width) => {
  const text = await render('table', SAMPLED, { ...CONTEXT, width });
  for (const line of text.split('\n')) expect(line.length).toBeLessThanOrEqual(width);
  await expect(text).toMatchFileSnapshot(`golden/sampled-${width}.txt`);
});

it.each([
  ['markdown', 'md'],
  ['junit', 'xml'],
  ['github-annotations', 'txt'],
  ['github-action-benchmark', 'json'],
  ['bencher', 'json'],
])('%s', async (reporter, suffix) => {
  await expect(await render(reporter)).toMatchFileSnapshot(`golden/sampled.${reporter}.${suffix}`);
});

it('junit and annotations count what is inconclusive and fails the run as an error, the rest not', async () => {
  const junit = await render('junit');
  expect(junit).toContain('tests="6" failures="1" errors="1" skipped="1"');
  expect(junit.match(/<error /g)).toHaveLength(1);
  expect(junit.match(/<skipped /g)).toHaveLength(1);
  const annotations = await render('github-annotations');
  expect(annotations.match(/^::error /gm)).toHaveLength(2);
  expect(annotations.match(/^::warning /gm)).toHaveLength(1);
});

it('csv has every median and interval as a metric of its own', async () => {
  const rows: string[][] = parse(await render('csv'));
  const of = (name: string) => rows.find((row) => row[1] === 'native' && row[3] === `over_seeds.${P99}.${name}`)?.[4];
  const median = SAMPLED.statistics?.medians.find(({ strategy, metric }) => strategy === 'native' && metric === P99);
  expect(['median', 'interval_low', 'interval_high', 'ratio', 'ratio_low', 'mann_whitney_p'].map(of)).toEqual(
    [
      median?.median,
      ...(median?.interval ?? []),
      median?.baseline?.ratio,
      median?.baseline?.ratio_interval?.[0],
      median?.baseline?.mann_whitney?.p,
    ].map(String),
  );
});

it('dashboards follow the median and its interval', async () => {
  const name = 'rebind-strict.qemu-7.2.log.xz, native (vsid)';
  const { [P99]: p99, 'latency.operation.mean_ns': mean } = JSON.parse(await render('bencher'))[name];
  expect(p99.value).toBe(1505);
  expect(p99.lower_value).toBeLessThan(p99.value);
  expect(p99.upper_value).toBeGreaterThan(p99.value);
  expect(mean).toEqual({ value: 500 });
});

describe('where there is nothing to estimate', () => {
  it('one line says that the seed decides nothing', async () => {
    const same = bare.results.map((result) => ({ ...result, by_seed: {} }));
    const document = { ...bare, provenance: { ...bare.provenance, seed_dependents: [] }, results: same };
    const text = await render(
      'table',
      withVerdicts(document, [], { strategy: 'ioctl', atc: 'vsid' }, { sampling: SAMPLING }),
    );
    expect(text.replace(/\s+/g, ' ')).toContain(
      'nothing in this model depends on the seed (no cache replaces at random, --background is 0): all 8 samples equal the results above, and comparison is exact',
    );
    expect(text).not.toContain('bootstrap');
  });

  it('few traces have medians and are told to be too few', async () => {
    const document = withVerdicts(
      TWO_TRACES,
      [],
      { strategy: 'ioctl', atc: 'vsid' },
      { sampling: { over: 'traces', seeds: 1 } },
    );
    const text = await render('table', document);
    expect(text).toContain('medians of 2 traces');
    expect(text).toContain('no intervals: 2 traces are fewer than 6');
  });
});
