/**
 * Package: do the action and the image do what the examples ask of them, and does no page send a reader to a registry that
 * has no such package?
 */
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { ROOT, Sandbox } from '../support/cli.js';

interface Step {
  readonly uses?: string;
  readonly run?: string;
  readonly with?: Readonly<Record<string, unknown>>;
}
const text = (name: string) => readFileSync(join(ROOT, name), 'utf8');
const examples = readdirSync(join(ROOT, 'docs/examples')).map((name) => `docs/examples/${name}`);
const action = parse(text('action.yml'));
const sandbox = new Sandbox();
afterAll(() => sandbox.remove());

describe('action.yml', () => {
  it('installs what is locked, without scripts, builds, and puts the tool on the PATH', () => {
    // Stands in for npm: the registry is not for tests, and a build here would pull dist/ from under other tests.
    mkdirSync(sandbox.path('fake'));
    chmodSync(sandbox.write('fake/npm', '#!/bin/sh\necho "$PWD $*" >> "$CALLS"\n'), 0o755);
    const env = {
      PATH: `${sandbox.path('fake')}${delimiter}${process.env.PATH}`,
      CALLS: sandbox.path('calls'),
      ...{ GITHUB_ACTION_PATH: ROOT, GITHUB_PATH: sandbox.path('path'), RUNNER_TEMP: sandbox.path('.') },
    };
    const runs = (action.runs.steps as Step[]).flatMap(({ run = [] }) => run);
    for (const run of runs) {
      expect(spawnSync('bash', ['--norc', '-e', '-c', run], { env, encoding: 'utf8' })).toMatchObject({
        status: 0,
        stderr: '',
      });
    }
    expect(sandbox.read('calls')).toBe(`${ROOT} ci --ignore-scripts\n${ROOT} run --silent build\n`);
    const PATH = `${sandbox.read('path').trim()}${delimiter}${process.env.PATH}`;
    const version = spawnSync('bash', ['--norc', '-c', 'smmuscope --version'], { env: { PATH }, encoding: 'utf8' });
    expect(version).toMatchObject({ status: 0, stdout: expect.stringMatching(/^smmuscope\/\d/) });
  });

  it('is what the workflows in docs/examples use, with inputs that it has', () => {
    let uses = 0;
    for (const name of examples.filter((file) => file.endsWith('.yml'))) {
      const jobs: { steps: Step[] }[] = Object.values(parse(text(name)).jobs);
      for (const { steps } of jobs) {
        const at = steps.findIndex(({ uses }) => uses === './smmuscope');
        expect([name, at > 0]).toEqual([name, true]);
        expect(steps.findIndex(({ run }) => run?.startsWith('smmuscope'))).toBeGreaterThan(at);
        // The folder is a submodule.
        expect(steps[0]).toEqual({ uses: 'actions/checkout@v4', with: { submodules: true } });
        expect(Object.keys(action.inputs)).toEqual(expect.arrayContaining(Object.keys(steps[at].with ?? {})));
        uses++;
      }
    }
    expect(uses).toBe(3);
  });
});

describe('Dockerfile', () => {
  it('copies what is there, and starts the program of the package', () => {
    const lines = text('Dockerfile').split('\n');
    const sources = lines.flatMap((line) => /^COPY (?!--from)(.*) \S+$/.exec(line)?.[1].split(' ') ?? []);
    expect(sources.filter((name) => !existsSync(join(ROOT, name)))).toEqual([]);
    expect(sources).toEqual(expect.arrayContaining(['package.json', 'package-lock.json', '.npmrc']));
    const { bin } = parse(text('package.json'));
    expect(text('Dockerfile')).toContain(`ln -s /opt/smmuscope/${bin.smmuscope} /usr/local/bin/smmuscope`);
    expect(lines).toContain('ENTRYPOINT ["smmuscope"]');
  });
});

it('no page and no example installs the tool by a name from a registry', () => {
  const pages = readdirSync(join(ROOT, 'docs')).filter((name) => name.endsWith('.md'));
  for (const name of ['README.md', ...pages.map((page) => `docs/${page}`), ...examples]) {
    expect([name, /\b(npx|npm (i|install|exec))\b[^\n`]*(?<![./\w-])smmuscope\b/.exec(text(name))?.[0]]).toEqual([
      name,
      undefined,
    ]);
  }
});
