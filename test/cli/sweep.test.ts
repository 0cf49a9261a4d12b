/**
 * Command line, sweeps: are the bytes the same whatever threads, shards and crashes there were, is one bad trace not the end
 * of the others, and do the examples for a CI matrix, Slurm and Kubernetes run? What is no question of a process is asked
 * in `test/sweep/`.
 */
import { execFile } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { strategyNames } from '../../src/strategies/registry.js';
import { mergeShards } from '../../src/sweep/merge.js';
import { finished, ROOT, runCli, Sandbox, startCli } from '../support/cli.js';
import { tracePath } from '../support/traces.js';
import { asJson, SMALL_TRACE, studyFile, temporaryFolder, wholeStudy } from '../sweep/studies.js';

const STUDY = 'docs/examples/study.yaml';
const POINTS = 48;

/** Finished points in a results folder, and how many other files there are. */
function content(results: string): { finished: number; others: number } {
  let names: string[] = [];
  try {
    names = readdirSync(results);
  } catch {} // not made yet
  const isPoint = (name: string) => /^[0-9a-f]{64}\.json$/.test(name);
  return { finished: names.filter(isPoint).length, others: names.filter((name) => !isPoint(name)).length };
}

/** Start a sweep with `jobs` threads and tell when it has finished a few points. */
async function underWay(jobs: number, ...args: string[]) {
  const results = join(temporaryFolder(), 'results');
  const all = ['sweep', STUDY, '--jobs', String(jobs), '--results', results, ...args];
  const child = startCli(all);
  const end = finished(child);
  while (content(results).finished < 3 && child.exitCode === null) await sleep(1);
  return { child, end, results, args: all };
}

describe('a sweep that ends early', () => {
  let document: Promise<string> | undefined;
  const whole = () => {
    document ??= wholeStudy(join(ROOT, STUDY));
    return document;
  };

  it('loses and doubles nothing after kill -9 and a resume, with the bytes of a run of one thread', async () => {
    const { child, end, results, args } = await underWay(2, '--json');
    child.kill('SIGKILL');
    expect(await end).toMatchObject({ code: null, stdout: '' });
    const before = content(results).finished;
    expect(before).toBeGreaterThanOrEqual(3);
    expect(before).toBeLessThan(POINTS);
    const { code, stdout, stderr } = await runCli(args);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout === (await whole())).toBe(true);
    expect(content(results)).toEqual({ finished: POINTS, others: 0 });
  });

  // One thread: the sweep's own, which hears a signal only between two pieces of work.
  it.each([1, 2])('keeps what it has after Ctrl-C and goes on from there, with %i threads', async (jobs) => {
    const sandbox = new Sandbox();
    const output = sandbox.path('study.json');
    const { child, end, results, args } = await underWay(jobs, '--json', '--output', output);
    child.kill('SIGINT');
    expect(await end).toMatchObject({ code: 130, stdout: '' });
    expect(sandbox.list()).toEqual([]);
    expect(content(results).finished).toBeLessThan(POINTS);
    expect(content(results).others).toBe(0);
    expect(await runCli(args)).toEqual({ code: 0, stdout: '', stderr: '' });
    expect(sandbox.read('study.json') === (await whole())).toBe(true);
    expect(content(results)).toEqual({ finished: POINTS, others: 0 });
    sandbox.remove();
  });

  it('has kept every point when the reader of the report goes away', async () => {
    const study = studyFile([`traces: ['${SMALL_TRACE}']`, 'strategies: [all]', 'seeds: [1, 2, 3]']);
    const results = join(temporaryFolder(), 'results');
    const sweep = `"${process.execPath}" bin/run.js sweep "${study}" --jobs 1 --results "${results}" --reporter csv`;
    const script = `${sweep} | head -n 1; echo "\${PIPESTATUS[0]}"`;
    const { stdout, stderr } = await promisify(execFile)('bash', ['-c', script], { cwd: ROOT });
    expect(stdout).toMatch(/^point,trace,.*metric,value\n0\n$/);
    expect(stderr).toBe('');
    expect(content(results)).toEqual({ finished: strategyNames().length * 3, others: 0 });
  });
});

it('runs as two shards at once on one folder', async () => {
  const study = studyFile([`traces: ['${SMALL_TRACE}']`, 'strategies: [all]', 'seeds: [1, 2]']);
  const results = join(temporaryFolder(), 'results');
  const args = ['sweep', study, '--jobs', '1', '--results', results, '--json'];
  const stdout = await wholeStudy(study);
  const shards = await Promise.all(['1/2', '2/2'].map((shard) => runCli([...args, '--shard', shard])));
  expect(shards.map(({ code, stderr }) => ({ code, stderr }))).toEqual(Array(2).fill({ code: 0, stderr: '' }));
  expect(await runCli(args)).toEqual({ code: 0, stdout, stderr: '' });
  expect(content(results)).toEqual({ finished: JSON.parse(stdout).points.length, others: 0 });
});

describe('exit codes', () => {
  it('1 and all other points for a trace that is malformed', async () => {
    const study = studyFile([
      `traces: ['${tracePath('invalid/binary.bin')}', '${SMALL_TRACE}']`,
      'strategies: [ioctl, native]',
    ]);
    const { code, stdout, stderr } = await runCli(['sweep', study, '--json', '--jobs', '2']);
    const { failed, points } = JSON.parse(stdout);
    expect({ code, failed }).toEqual({ code: 1, failed: 2 });
    expect(stderr.trim().split('\n')).toHaveLength(2);
    expect(stderr).toMatch(/^smmuscope: point 0 \(trace=.*strategy=ioctl\): .*expected .*found .*\n/);
    const exitCodes = points.map(({ error }: { error?: { exit_code: number } }) => error?.exit_code);
    expect(exitCodes).toEqual([4, 4, undefined, undefined]);
    expect(points[2].result.results[0].latency.operation.count).toBeGreaterThan(0);
    expect(stdout === (await wholeStudy(study))).toBe(true);
  });

  it.each([
    [
      5,
      ['merge', 'docs/examples/shard-1-of-2.json', '--json'],
      'smmuscope: expected all 2 shards, found none for 2/2\n',
    ],
    [2, ['sweep', STUDY, '--max-points', '47'], 'expected at most 47 points (--max-points), found 48\n'],
  ])('%i, with nothing on stdout: %j', async (expected, args, message) => {
    const { code, stdout, stderr } = await runCli(args);
    expect({ code, stdout }).toEqual({ code: expected, stdout: '' });
    expect(stderr).toContain(message);
  });
});

describe('many machines', () => {
  const example = (name: string) => readFileSync(join(ROOT, 'docs/examples', name), 'utf8');
  const merge = 'smmuscope merge shard-*.json --json --output study.json';

  /** A folder with the tool on its PATH and a study in the place of the example's; runs `script` in it. */
  function machine() {
    const sandbox = new Sandbox();
    for (const folder of ['bin', 'docs', 'docs/examples']) mkdirSync(sandbox.path(folder));
    const tool = `#!/bin/sh\nexec "${process.execPath}" "${join(ROOT, 'bin/run.js')}" "$@"\n`;
    chmodSync(sandbox.write('bin/smmuscope', tool), 0o755);
    cpSync(SMALL_TRACE, sandbox.path('docs/examples/trace.csv'));
    const study = studyFile(
      ['traces: [trace.csv]', 'strategies: [ioctl, hw-vcmdq, native]'],
      sandbox.path('docs/examples'),
    );
    const env = { ...process.env, PATH: `${sandbox.path('bin')}:${process.env.PATH}` };
    const run = (script: string, more: NodeJS.ProcessEnv = {}) =>
      promisify(execFile)('bash', ['-ec', script], { cwd: sandbox.folder, env: { ...env, ...more } });
    return { sandbox, study, run };
  }

  /** The shards that are there make the study. */
  async function expectWhole({ sandbox, study }: ReturnType<typeof machine>) {
    const shards = sandbox.list().filter((name) => /^shard-\d+\.json$/.test(name));
    expect(asJson(mergeShards(shards.map((name) => sandbox.path(name)))) === (await wholeStudy(study))).toBe(true);
    sandbox.remove();
  }

  it('GitHub Actions', async () => {
    const { jobs } = parse(example('sweep-github-actions.yml'));
    const steps = (job: string): string[] => jobs[job].steps.map(({ run = '' }: { run?: string }) => run);
    const [sweep] = steps('shard').filter((run) => run.startsWith('smmuscope'));
    const { shard } = jobs.shard.strategy.matrix;
    const runner = machine();
    for (const index of shard) await runner.run(sweep.replaceAll(/\$\{\{ matrix\.shard \}\}/g, String(index)));
    expect(steps('merge')).toContain(merge);
    await runner.run(merge);
    expect(runner.sandbox.read('study.json') === (await wholeStudy(runner.study))).toBe(true);
    await expectWhole(runner);
  });

  it('Slurm', async () => {
    const script = example('sweep-slurm.sh');
    const [, first, last] = /#SBATCH --array=(\d+)-(\d+)/.exec(script) ?? [];
    const node = machine();
    for (let task = Number(first); task <= Number(last); task++) {
      const place = { SLURM_ARRAY_TASK_ID: String(task), SLURM_ARRAY_TASK_COUNT: last, SLURM_CPUS_PER_TASK: '1' };
      await node.run(script, place);
    }
    expect(script).toContain(merge);
    await expectWhole(node);
  });

  it('Kubernetes', async () => {
    const { spec } = parse(example('sweep-kubernetes.yaml'));
    const [{ command, args }] = spec.template.spec.containers;
    expect(command).toEqual(['sh', '-c']);
    const pod = machine();
    for (let index = 0; index < spec.completions; index++)
      await pod.run(args[0], { JOB_COMPLETION_INDEX: String(index) });
    await expectWhole(pod);
  });
});
