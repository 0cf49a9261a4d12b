/** Command line, gates and report: exit codes, what is written all the same, and the documented workflow step by step. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import type { ResultDocument } from '../../src/results/document.js';
import { ROOT, runCli, runPipeline, Sandbox, SMALL_TRACE } from '../support/cli.js';
import { WarmCli } from '../support/warm-cli.js';

const sandbox = new Sandbox();
const warm = new WarmCli();
afterAll(async () => {
  await warm.close();
  sandbox.remove();
});
const trace = sandbox.write('small.csv', SMALL_TRACE);
const compare = ['compare', trace, '--strategies', 'ioctl,native'];

describe('compare --gate', () => {
  it('passes with exit code 0 and fails with 3, listing every breach, as a process does', async () => {
    const gate = (limit: string) => ['--gate', `latency.operation.mean_ns <= ${limit}`];
    expect(await runCli([...compare, ...gate('1s')])).toMatchObject({ code: 0, stderr: '' });
    const { code, stdout, stderr } = await runCli([...compare, ...gate('1ns')]);
    expect(code).toBe(3);
    expect(stdout).toContain('gates: 0 passed, 2 failed, 0 inconclusive');
    expect(stdout).toMatch(/^fail: .*ioctl \(vsid\): [\s\S]*^fail: .*native \(vsid\): /m);
    expect(stderr).toBe('smmuscope: 2 of 2 gate judgements failed (which, and why: the report)\n');
    const json = await warm.run([...compare, ...gate('1ns'), '--json']);
    expect(json.stderr).toMatch(
      /^smmuscope: 2 of 2 gate judgements failed: .*ioctl \(vsid\): .*; .*native \(vsid\): .*\n$/,
    );
  });

  it('writes the result although a gate failed, and it is judged against an earlier one', async () => {
    const output = sandbox.path('old.json');
    await warm.run([...compare, '--json', '--output', output, '--gate', 'amplification.exits < 0']);
    const old: ResultDocument = JSON.parse(sandbox.read('old.json'));
    expect(old.gates).toMatchObject({ passed: false, counts: { pass: 0, fail: 2, inconclusive: 0 } });
    const gate = ['--baseline', output, '--gate', 'latency.operation.mean_ns == baseline'];
    expect((await warm.run([...compare, ...gate])).code).toBe(0);
    expect((await warm.run([...compare, ...gate, '--baseline', 'native'])).stdout).toContain('baseline native');
    const other = await warm.run([...compare, ...gate, '--set', 'smmu.mem_latency_ns=500']);
    expect(other.code).toBe(2);
    expect(other.stderr).toContain('expected results of the same model (profile overrides)');
  });

  it.each([
    [['--gate', 'latency.p99 <= 1'], /unknown metric latency\.p99/],
    [['--gate', 'missing.yaml'], /missing\.yaml: expected a file of gates, found nothing/],
    [
      ['--baseline', 'missing.json', '--gate', 'amplification.exits < 9'],
      /missing\.json: expected a file.*no such file/,
    ],
    [['--baseline', 'ioctl', '--baseline', 'native'], /expected one strategy and one FILE\.json at most/],
    [
      ['--baseline', 'docs/examples/rebind-strict.result.json'],
      /expected results of the same recordings.*--across recordings/,
    ],
    [['--across', 'recordings'], /--across recordings: expected an earlier result, --baseline FILE\.json, found none/],
  ])('%j is exit code 2', async (flags, sentence) => {
    const { code, stderr } = await warm.run([...compare, ...flags]);
    expect(code).toBe(2);
    expect(stderr).toMatch(sentence);
  });
});

describe('compare --seeds', () => {
  // Many invalidations of the host at random times: no two seeds give the same latencies.
  const noisy = [...compare, '--background', '5000000', '--pacing', 'recorded'];
  const decided = ['--gate', 'latency.operation.mean_ns <= 1s'];
  const unclear = ['--gate', 'latency.operation.mean_ns < baseline', '--baseline', 'ioctl'];

  it('decides with enough seeds, and says how many are enough', async () => {
    const { code, stdout, stderr } = await warm.run([...noisy, '--seeds', '8', ...decided]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain('medians of 8 seeds, 0 to 7 (above: seed 0)');
    expect(stdout).toContain('gates: 2 passed, 0 failed, 0 inconclusive');
    const few = await warm.run([...noisy, '--seeds', '3', ...decided, '--json']);
    expect(few.code).toBe(3);
    expect(few.stderr).toMatch(/^smmuscope: 2 of 2 gate judgements inconclusive: .*3 seeds decide nothing.*at least 6/);
    const warned = await warm.run([...noisy, '--seeds', '3', ...decided, '--inconclusive', 'warn', '--json']);
    expect(warned.code).toBe(0);
    expect(warned.stderr).toMatch(/^smmuscope: warning: 2 of 2 gate judgements inconclusive: .*at least 6/);
    expect((await warm.run([...noisy, '--seeds', '3', ...decided, '--inconclusive', 'warn', '--quiet'])).stderr).toBe(
      '',
    );
  });

  it('fails beyond the limit with exit code 3', async () => {
    const gate = ['--gate', 'latency.operation.mean_ns <= 1ns'];
    const { code, stderr } = await warm.run([...noisy, '--seeds', '8', ...gate, '--json']);
    expect(code).toBe(3);
    expect(stderr).toMatch(
      /^smmuscope: 2 of 2 gate judgements failed: .*median of 8 seeds, 95% interval .*, p 0\.0078/,
    );
  });

  it('is judged against an earlier result of the same seeds only, and shown again as it was', async () => {
    const output = sandbox.path('seeds.json');
    const judged = [...noisy, '--seeds', '8', ...unclear.slice(0, 2), '--inconclusive', 'warn'];
    await warm.run([...noisy, '--seeds', '8', '--json', '--output', output]);
    const same = await warm.run([...judged, '--baseline', output, '--gate', 'latency.operation.mean_ns <= baseline']);
    expect(same.code).toBe(0);
    // Nothing has changed: not above the baseline, and not below it either.
    expect(same.stdout).toContain('gates: 2 passed, 0 failed, 2 inconclusive');
    const other = await warm.run([...noisy, '--seeds', '7', '--baseline', output, ...decided]);
    expect(other).toMatchObject({ code: 2, stdout: '' });
    expect(other.stderr).toContain('expected results of the same seeds, 7 from 0, found 8 from 0');
    const direct = await warm.run([...noisy, '--seeds', '8']);
    expect(await warm.run(['report', output])).toEqual(direct);
  });

  it('says in a line that nothing depends on the seed, and compares exactly', async () => {
    const { stdout, stderr, code } = await warm.run([...compare, '--seeds', '2', ...decided]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout.replace(/\s+/g, ' ')).toContain('nothing in this model depends on the seed');
    expect(stdout).toContain('gates: 2 passed, 0 failed, 0 inconclusive');
  });

  it.each([
    [['--across', 'traces'], /--across traces: expected several traces, found 1/],
    [['--inconclusive', 'warn'], /--inconclusive: expected --gate with it, found none/],
    [['--seeds', '0'], /--seeds.*0/],
  ])('%j is exit code 2', async (flags, sentence) => {
    const { code, stderr } = await warm.run([...compare, ...flags]);
    expect(code).toBe(2);
    expect(stderr).toMatch(sentence);
  });

  it('refuses standard input for several seeds that differ', async () => {
    const flags = ['--strategies', 'native', '--seeds', '2', '--background', '1000'];
    const { code, stderr } = await warm.run(['compare', '-', ...flags], { input: SMALL_TRACE });
    expect(code).toBe(2);
    expect(stderr).toContain('--seeds: expected files, which can be read again, found standard input');
  });
});

describe('report', () => {
  it('renders a result as the command that made it did', async () => {
    const json = await warm.run([...compare, '--json']);
    const file = sandbox.write('result.json', json.stdout);
    expect(await warm.run(['report', '-', '--json'], { input: json.stdout })).toEqual(json);
    for (const reporter of ['table', 'csv', 'json', 'markdown', 'folded', 'bencher']) {
      const direct = await warm.run([...compare, '--reporter', reporter]);
      const later = await warm.run(['report', file, '--reporter', reporter]);
      expect(later).toEqual(direct);
    }
  });

  it.each([
    ['{}', [], /<stdin>: expected a document that smmuscope wrote with --json, found JSON without the key schema/],
    ['no json', [], /found something else/],
    ['{"schema":"smmuscope.result/9"}', [], /smmuscope\.result\/9, which a later version of smmuscope wrote/],
    [
      '{"schema":"smmuscope.result/1"}',
      [],
      /smmuscope\.result\/1, which an earlier version .*: run the command .* again/,
    ],
  ])('%j is exit code 2', async (input, flags, sentence) => {
    const { code, stdout, stderr } = await warm.run(['report', '-', ...flags], { input });
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(sentence);
  });

  it('an unknown baseline is exit code 2', async () => {
    const { code, stderr } = await warm.run([
      'report',
      'docs/examples/rebind-strict.result.json',
      '--baseline',
      'natve',
    ]);
    expect(code).toBe(2);
    expect(stderr).toContain('expected a result of natve, found none; did you mean native?');
  });
});

describe('docs/examples/smmuscope.yml', () => {
  it('runs its steps to the end', async () => {
    const workflow = parse(readFileSync(join(ROOT, 'docs/examples/smmuscope.yml'), 'utf8'));
    const steps: { name?: string; run?: string }[] = workflow.jobs['invalidation-cost'].steps;
    const named = steps.filter(({ name }) => name !== undefined);
    expect(named.map(({ name }) => name)).toEqual(['compare', 'summary', 'annotations', 'junit']);
    const summary = sandbox.path('summary.md');
    for (const { run = '' } of named) {
      const here = run.replace(/\b(result\.json|junit\.xml)\b/g, (file, _name, at) =>
        run[at - 1] === ' ' ? sandbox.path(file) : file,
      );
      expect(await runPipeline(`GITHUB_STEP_SUMMARY='${summary}'; ${here}`)).toMatchObject({ code: 0, stderr: '' });
    }
    expect(sandbox.read('summary.md')).toMatch(/^## Gates: passed\n\n\d+ passed, 0 failed, 0 inconclusive\n/);
    expect(sandbox.read('junit.xml')).toContain('failures="0"');
  });
});
