/**
 * Reporters for pipelines: does each look exactly as agreed, does it escape what its format demands, and do its numbers
 * equal those of the document? Update the golden files with `npx vitest run test/reporters -u` and read the difference.
 */
import { describe, expect, it } from 'vitest';
import { create } from 'xmlbuilder2';
import { REPORTERS, reporterByName } from '../../src/reporters/registry.js';
import type { ReportContext, ReportDocument } from '../../src/reporters/reporter.js';
import type { GatesResult, Judgement } from '../../src/results/declaration/gates.js';
import type { ResultDocument } from '../../src/results/document.js';
import { COMPARISON, INSPECTION, PROFILES, SINGLE, strategyResult, TWO_TRACES } from './documents.js';

const CONTEXT: ReportContext = {
  width: 80,
  colour: false,
  unicode: false,
  baseline: { strategy: 'ioctl', atc: 'vsid' },
};
const render = async (reporter: string, document: ReportDocument): Promise<string> =>
  reporterByName(reporter).render(document, CONTEXT);

/** What is used here of a parsed XML element. */
interface Parent {
  getElementsByTagName(name: string): Parent[];
  getAttribute(name: string): string | null;
}

const JUDGEMENT: Judgement = {
  gate: 'latency.operation.p99_ns <= 1.05x baseline',
  metric: 'latency.operation.p99_ns',
  unit: 'ns',
  trace: 'rebind-strict.qemu-7.2.log.xz',
  strategy: 'ioctl',
  atc: 'vsid',
  value: 7601,
  baseline: 7000,
  operator: '<=',
  limit: 7350,
  verdict: 'fail',
};
const GATES: GatesResult = {
  baseline: { file: 'main.json', sha256: '00ff', tool_version: '0.1.0' },
  passed: false,
  counts: { pass: 1, fail: 1, inconclusive: 1 },
  judgements: [
    { ...JUDGEMENT, strategy: 'native', value: 417, baseline: 417, limit: 437.85, verdict: 'pass' },
    JUDGEMENT,
    {
      ...JUDGEMENT,
      gate: 'safety.stale_after_sync == 0',
      metric: 'safety.stale_after_sync',
      unit: 'count',
      operator: '==',
      value: null,
      baseline: null,
      limit: 0,
      verdict: 'inconclusive',
      reason: 'this result has no such value',
    },
  ],
};
const GATED: ResultDocument = {
  ...COMPARISON,
  results: COMPARISON.results.map((result) => ({
    ...result,
    latency: { ...result.latency, breakdown_total_ns: { exit: 5831595, vmm: 0, sync: 342604 } },
  })),
  gates: GATES,
};

describe.each([
  ['markdown', 'md'],
  ['junit', 'xml'],
  ['github-annotations', 'txt'],
  ['github-action-benchmark', 'json'],
  ['bencher', 'json'],
  ['folded', 'txt'],
])('%s', (reporter, suffix) => {
  it('renders gated results as the golden text', async () => {
    const text = await render(reporter, GATED);
    expect(text.endsWith('\n') && !text.endsWith('\n\n')).toBe(true);
    await expect(text).toMatchFileSnapshot(`golden/gated.${reporter}.${suffix}`);
  });
});

it('every reporter has golden outputs', () => {
  const here = ['markdown', 'junit', 'github-annotations', 'github-action-benchmark', 'bencher', 'folded'];
  // Those of the first three are in files of their own; the page is judged in a browser (html.test.ts).
  expect(REPORTERS.map(({ name }) => name)).toEqual(['table', 'json', 'csv', ...here, 'html']);
});

describe('markdown', () => {
  it('shows listings and inspections as their table', async () => {
    await expect(await render('markdown', INSPECTION)).toMatchFileSnapshot('golden/inspection.md');
    expect(await render('markdown', PROFILES)).toMatch(/^```text\n[\s\S]*\n```\n$/);
  });

  it('has a section per trace, and escapes what would end a cell or begin markup', async () => {
    expect((await render('markdown', TWO_TRACES)).match(/^## /gm)).toHaveLength(2);
    const awkward = strategyResult('a|b*c*', 'vsid', 100, 100);
    expect(await render('markdown', { ...COMPARISON, results: [awkward] })).toContain('| a\\|b\\*c\\* |');
  });
});

describe('junit', () => {
  it('is well-formed, and shows what XML cannot hold', async () => {
    const odd = { ...JUDGEMENT, gate: 'a <= 1 & "b" \'c\' ]]>', strategy: 'x\u0000\u001by<z>' };
    const text = await render('junit', { ...GATED, gates: { ...GATES, judgements: [odd] } });
    const suite = (create(text).root().node as unknown as Parent).getElementsByTagName('testsuite')[0];
    expect(suite.getAttribute('name')).toBe(odd.gate);
    const testcase = suite.getElementsByTagName('testcase')[0];
    expect(testcase.getAttribute('name')).toContain('x\\x00\\x1by<z> (vsid)');
  });

  it('counts what it holds', async () => {
    const text = await render('junit', GATED);
    expect(text.match(/<testcase /g)).toHaveLength(GATES.judgements.length);
    expect(text.match(/<failure /g)).toHaveLength(GATES.counts.fail);
    expect(text.match(/<skipped /g)).toHaveLength(GATES.counts.inconclusive);
  });

  it('is refused where there are no gates', async () => {
    await expect(render('junit', SINGLE)).rejects.toThrow(
      '--reporter junit: expected a result with gates (compare --gate), found none',
    );
  });
});

describe('github-annotations', () => {
  it('escapes what would end a property or a line', async () => {
    const odd = { ...JUDGEMENT, gate: '100%: a,b\nc' };
    const text = await render('github-annotations', { ...GATED, gates: { ...GATES, judgements: [odd] } });
    const [first] = text.split('\n');
    expect(first).toMatch(/^::error title=100%25%3A a%2Cb\\nc::/);
  });
});

describe('benchmarks', () => {
  it('have a name of its own for every value', async () => {
    const names = JSON.parse(await render('github-action-benchmark', TWO_TRACES)).map(
      ({ name }: { name: string }) => name,
    );
    expect(new Set(names).size).toBe(names.length);
    expect(Object.keys(JSON.parse(await render('bencher', TWO_TRACES)))).toHaveLength(TWO_TRACES.results.length);
  });
});

describe('folded', () => {
  it('sums to the breakdown, and no name can add a frame', async () => {
    const breakdown_total_ns = { exit: 17, vmm: 0, sync: 25 };
    const one = strategyResult('a;b', 'vsid', 42, 100);
    const result = { ...one, latency: { ...one.latency, breakdown_total_ns } };
    const text = await render('folded', { ...COMPARISON, results: [result] });
    const lines = text.trim().split('\n');
    expect(lines.map((line) => line.split(';').length)).toEqual([3, 3]);
    expect(lines.reduce((sum, line) => sum + Number(/ (\d+)$/.exec(line)?.[1]), 0)).toBe(42);
  });
});

it.each(['junit', 'github-annotations', 'github-action-benchmark', 'bencher', 'folded'])(
  '%s refuses what is no result in a sentence',
  async (reporter) => {
    await expect(render(reporter, PROFILES)).rejects.toThrow(
      `--reporter ${reporter}: expected a result of replay or compare, found smmuscope.profiles/1`,
    );
  },
);
