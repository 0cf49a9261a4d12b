/**
 * Command line, sweeps: are the bytes the same whatever threads, shards and crashes there were, is one bad trace not the end
 * of the others, and do the examples for a CI matrix, Slurm and Kubernetes run?
 */
import { execFile } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { finished, ROOT, runCli, startCli } from '../support/cli.js';
import { tracePath } from '../support/traces.js';
import { SMALL_TRACE, studyFile, temporaryFolder } from '../sweep/studies.js';

const STUDY = 'docs/examples/study.yaml';
const POINTS = 48;
let whole: string;

/** A sweep's JSON document; fails unless it ends well. */
async function json(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await runCli([...args, '--json']);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return stdout;
}

beforeAll(async () => {
  whole = await json('sweep', STUDY, '--jobs', '1');
});

describe('the same bytes', () => {
  it('with two threads as with one', async () => {
    expect(JSON.parse(whole).points).toHaveLength(POINTS);
    expect((await json('sweep', STUDY, '--jobs', '2')) === whole).toBe(true);
  });

  it('from merged shards, in any order', async () => {
    const folder = temporaryFolder();
    const shards = await Promise.all(
      [3, 1, 2].map(async (index) => {
        const path = join(folder, `${index}.json`);
        await json('sweep', STUDY, '--jobs', '1', '--shard', `${index}/3`, '--output', path);
        return path;
      }),
    );
    expect((await json('merge', ...shards)) === whole).toBe(true);
    const { stdout: csv } = await runCli(['merge', ...shards, '--reporter', 'csv']);
    expect(csv === (await runCli(['sweep', STUDY, '--reporter', 'csv'])).stdout).toBe(true);
  });

  it.each(['1', '2'])('after kill -9 in the middle and a resume, with %s jobs', async (jobs) => {
    const results = join(temporaryFolder(), 'results');
    const args = ['sweep', STUDY, '--jobs', jobs, '--results', results];
    const child = startCli([...args, '--json']);
    const end = finished(child);
    const done = () => {
      try {
        return readdirSync(results).filter((name) => /^[0-9a-f]{64}\.json$/.test(name)).length;
      } catch {
        return 0;
      }
    };
    while (done() < 3 && child.exitCode === null) await sleep(1);
    child.kill('SIGKILL');
    expect(await end).toMatchObject({ code: null, stdout: '' });
    const before = done();
    expect(before).toBeGreaterThanOrEqual(3);
    expect(before).toBeLessThan(POINTS);
    const plan = await runCli([...args, '--dry-run']);
    expect(plan.stdout).toContain(`to run: ${POINTS - before}\n`);
    expect((await json(...args)) === whole).toBe(true);
    // Nothing doubled, nothing left unfinished.
    expect(readdirSync(results)).toHaveLength(POINTS);
    expect(done()).toBe(POINTS);
  });
});

describe('exit codes', () => {
  it('1 and all other points for a trace that is malformed, the same from shards', async () => {
    const trace = tracePath('invalid/binary.bin');
    const study = studyFile([`traces: ['${trace}', '${SMALL_TRACE}']`, 'strategies: [ioctl, native]']);
    const run = await runCli(['sweep', study, '--json']);
    const { failed, points } = JSON.parse(run.stdout);
    expect({ code: run.code, failed }).toEqual({ code: 1, failed: 2 });
    expect(run.stderr.trim().split('\n')).toHaveLength(2);
    expect(run.stderr).toMatch(/^smmuscope: point 0 \(trace=.*strategy=ioctl\): .*expected .*found .*\n/);
    expect(points.map((point: { error?: { exit_code: number } }) => point.error?.exit_code)).toEqual([
      4,
      4,
      undefined,
      undefined,
    ]);
    expect(points[2].result.results[0].latency.submission.count).toBeGreaterThan(0);
    const shards = await Promise.all(
      [1, 2].map(async (index) => {
        const path = join(temporaryFolder(), 'shard.json');
        expect((await runCli(['sweep', study, '--shard', `${index}/2`, '--json', '-o', path])).code).toBe(1);
        return path;
      }),
    );
    expect(await runCli(['merge', ...shards, '--json'])).toEqual(run);
  });

  it('5 for shards that are missing, doubled, foreign or no shards', async () => {
    const folder = temporaryFolder();
    const [one, two] = [1, 2].map((index) => `docs/examples/shard-${index}-of-2.json`);
    const altered = (name: string, from: string, to: string) => {
      const text = readFileSync(join(ROOT, two), 'utf8');
      expect(text).toContain(from);
      writeFileSync(join(folder, name), text.replace(from, to));
      return join(folder, name);
    };
    const { provenance } = JSON.parse(readFileSync(join(ROOT, two), 'utf8'));
    const cases: [string[], string][] = [
      [[one], 'expected all 2 shards, found none for 2/2'],
      [[one, two, one], 'expected every shard once, found shard 1/2 in docs/examples/shard-1-of-2.json too'],
      [[one, altered('study', provenance.study.id, 'f'.repeat(64))], 'expected a shard of study two-points.yaml ('],
      [[one, altered('tool', `"version": "${provenance.tool.version}"`, '"version": "0"')], 'expected smmuscope '],
      [[one, altered('point', '"index": 1', '"index": 0')], 'expected every point of its shard once, found point 0'],
      [[one, altered('cut', '"schema"', '{"schema"')], 'found no complete JSON'],
      [
        [one, 'package.json'],
        'package.json: expected the JSON document of a sweep with --shard, found schema otherwise',
      ],
    ];
    for (const [args, message] of cases) {
      const { code, stdout, stderr } = await runCli(['merge', ...args, '--json']);
      expect({ args, code, stdout }).toEqual({ args, code: 5, stdout: '' });
      expect(stderr).toContain(message);
      expect(stderr.trim().split('\n')).toHaveLength(1);
    }
  });

  it('2 for a study, shard or file that is wrong, before anything runs', async () => {
    const cases: [string[], string][] = [
      [['sweep', 'none.yaml'], 'none.yaml: expected a readable study file, found ENOENT'],
      [['sweep', STUDY, '--shard', '4/3'], '--shard: expected I/N with I from 1 to N, such as 2/8, found "4/3"'],
      [['sweep', STUDY, '--max-points', '47'], 'expected at most 47 points (--max-points), found 48'],
      [['sweep', STUDY, '--results', 'package.json'], 'package.json: expected a folder for results, found EEXIST'],
      [['sweep', STUDY, '--jobs', '0'], '--jobs'],
      [['merge', 'none.json'], 'none.json: expected a readable shard, found ENOENT'],
      [['sensitivity', SMALL_TRACE, '--baseline', 'all'], '--baseline: expected one strategy'],
    ];
    for (const [args, message] of cases) {
      const { code, stdout, stderr } = await runCli(args);
      expect({ args, code, stdout }).toEqual({ args, code: 2, stdout: '' });
      expect(stderr).toContain(message);
    }
  });
});

describe('many machines', () => {
  const example = (name: string) => readFileSync(join(ROOT, 'docs/examples', name), 'utf8');

  /** A folder with the example study, its traces and the tool on the PATH; runs `script` in it. */
  function machine() {
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'bin'));
    const tool = join(folder, 'bin/smmuscope');
    writeFileSync(tool, `#!/bin/sh\nexec "${process.execPath}" "${join(ROOT, 'bin/run.js')}" "$@"\n`);
    chmodSync(tool, 0o755);
    for (const path of [STUDY, 'traces/boot-strict.qemu-7.2.log.xz', 'traces/csv/ats-four-devices.csv']) {
      cpSync(join(ROOT, path), join(folder, path), { recursive: true });
    }
    const env = { ...process.env, PATH: `${join(folder, 'bin')}:${process.env.PATH}` };
    return async (script: string, more: NodeJS.ProcessEnv = {}) => {
      await promisify(execFile)('bash', ['-ec', script], { cwd: folder, env: { ...env, ...more } });
      return (name: string) => readFileSync(join(folder, name), 'utf8');
    };
  }

  const merge = 'smmuscope merge shard-*.json --json --output study.json';

  it('GitHub Actions', async () => {
    const { jobs } = parse(example('sweep-github-actions.yml'));
    const steps = (job: string) => jobs[job].steps.map(({ run = '' }: { run?: string }) => run);
    const [sweep] = steps('shard').filter((run: string) => run.startsWith('smmuscope'));
    const run = machine();
    for (const shard of jobs.shard.strategy.matrix.shard)
      await run(sweep.replaceAll(/\$\{\{ matrix\.shard \}\}/g, String(shard)));
    expect(steps('merge')).toContain(merge);
    expect((await run(merge))('study.json') === whole).toBe(true);
  });

  it('Slurm', async () => {
    const script = example('sweep-slurm.sh');
    const [, first, last] = /#SBATCH --array=(\d+)-(\d+)/.exec(script) ?? [];
    const run = machine();
    for (let task = Number(first); task <= Number(last); task++) {
      await run(script, { SLURM_ARRAY_TASK_ID: String(task), SLURM_ARRAY_TASK_COUNT: last, SLURM_CPUS_PER_TASK: '1' });
    }
    expect(script).toContain(merge);
    expect((await run(merge))('study.json') === whole).toBe(true);
  });

  it('Kubernetes', async () => {
    const { spec } = parse(example('sweep-kubernetes.yaml'));
    const [{ command, args }] = spec.template.spec.containers;
    expect(command).toEqual(['sh', '-c']);
    const run = machine();
    for (let index = 0; index < spec.completions; index++) await run(args[0], { JOB_COMPLETION_INDEX: String(index) });
    expect((await run(merge))('study.json') === whole).toBe(true);
  });
});
