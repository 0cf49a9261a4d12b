/**
 * Command line, help: does every command and flag explain itself, does every example really work, and is the surface of
 * the tool what it was? (A renamed command or flag is a difference in golden/surface.txt.)
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readerNames } from '../../src/formats/registry.js';
import { DEFAULT_PROFILE } from '../../src/profiles/load.js';
import { REPORTERS } from '../../src/reporters/registry.js';
import type { ComingDocument } from '../../src/reporters/reporter.js';
import {
  CALIBRATION_SCHEMA,
  DIFF_SCHEMA,
  INSPECT_SCHEMA,
  LINT_SCHEMA,
  MRC_SCHEMA,
  PROFILE_SCHEMA,
  PROFILES_SCHEMA,
  RESULT_SCHEMA,
  SENSITIVITY_SCHEMA,
  STRATEGIES_SCHEMA,
  STRATEGY_SCHEMA,
  STUDY_RESULT_SCHEMA,
  WORKLOADS_SCHEMA,
} from '../../src/results/declaration/tags.js';
import { ROOT, Sandbox, SMALL_TRACE } from '../support/cli.js';
import { dependencyClosure, type LoadingRun, runAndListModules } from '../support/loaded-modules.js';
import { WarmCli } from '../support/warm-cli.js';

interface CommandManifest {
  readonly id: string;
  readonly summary?: string;
  readonly pluginName: string;
  readonly args: Readonly<Record<string, { description?: string }>>;
  readonly flags: Readonly<Record<string, { description?: string; default?: unknown }>>;
  readonly examples: readonly { command: string }[];
}

const manifest = JSON.parse(readFileSync(join(ROOT, 'oclif.manifest.json'), 'utf8'));
const commands = Object.values(manifest.commands as Record<string, CommandManifest>);
const words = (id: string) => id.split(':');

const sandbox = new Sandbox();
const warm = new WarmCli();
afterAll(async () => {
  sandbox.remove();
  await warm.close();
});

/** What each command hands to a reporter; report takes any. */
const SCHEMAS: Readonly<Record<string, ComingDocument['schema']>> = {
  calibrate: CALIBRATION_SCHEMA,
  compare: RESULT_SCHEMA,
  diff: DIFF_SCHEMA,
  inspect: INSPECT_SCHEMA,
  lint: LINT_SCHEMA,
  merge: STUDY_RESULT_SCHEMA,
  mrc: MRC_SCHEMA,
  profiles: PROFILES_SCHEMA,
  'profiles:show': PROFILE_SCHEMA,
  replay: RESULT_SCHEMA,
  sensitivity: SENSITIVITY_SCHEMA,
  strategies: STRATEGIES_SCHEMA,
  'strategies:show': STRATEGY_SCHEMA,
  sweep: STUDY_RESULT_SCHEMA,
  workloads: WORKLOADS_SCHEMA,
};
const WITHOUT_REPORT = ['convert', 'generate', 'record'];

/** The framework and what it depends on. */
const FRAMEWORK = dependencyClosure('@oclif/core');
/** The framework loads about 160; each module costs start-up time. */
const MOST_MODULES = 200;

/** Help and version come from the manifest: nothing of the tool is loaded but how help looks, and no library but the framework. */
function expectLightStart({ own, packages, modules }: LoadingRun): void {
  expect(own.filter((file) => !/^dist\/cli\/help(-groups)?\.js$/.test(file))).toEqual(['bin/run.js']);
  expect([...packages].filter((name) => !FRAMEWORK.has(name))).toEqual([]);
  expect(packages).toContain('@oclif/core');
  expect(modules).toBeLessThan(MOST_MODULES);
}

describe.each(commands.map((command) => [words(command.id).join(' '), command] as const))('%s', (_name, command) => {
  it('prints help with usage and examples, without colour, and loads nothing but the framework for it', async () => {
    const run = await runAndListModules([...words(command.id), '--help'], sandbox);
    expectLightStart(run);
    const { code, stdout, stderr } = run;
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).not.toContain('\u001b');
    const [first, , examples] = stdout.split('\n');
    expect([first, examples]).toEqual([command.summary, 'EXAMPLES']);
    expect(stdout.split('$ smmuscope').length - 1).toBe(2 + 1);
    for (const name of Object.keys(command.flags)) expect(stdout).toMatch(new RegExp(`--(\\[no-\\])?${name}\\b`));
  });

  it('explains every flag, shows every example and says what it is about for --help-all', async () => {
    const { code, stdout } = await runAndListModules([...words(command.id), '--help-all'], sandbox);
    expect(code).toBe(0);
    for (const section of ['USAGE', 'DESCRIPTION', 'EXAMPLES']) expect(stdout).toContain(section);
    expect(stdout).not.toContain('RARE');
    expect(stdout.split('$ smmuscope').length - 1).toBe(command.examples.length + 1);
    const plain = (text: string) => text.replace(/\s+/g, '');
    for (const { description = '' } of Object.values(command.flags))
      expect(plain(stdout)).toContain(plain(description));
  });

  it('names the reporters that have a form for what it makes, and no other', () => {
    const listed = command.flags.reporter?.description?.match(/^form of the report: (.*) \[default: table\]$/)?.[1];
    if (listed === undefined) return expect(WITHOUT_REPORT).toContain(command.id);
    const schema = SCHEMAS[command.id];
    const having = REPORTERS.filter(
      ({ refusal }) =>
        schema === undefined || refusal?.({ schema, hasGates: command.flags.gate !== undefined }) === undefined,
    );
    expect(listed.split(/, | or /)).toEqual(having.map(({ name }) => name));
  });

  it('describes itself, every argument and every flag', () => {
    expect(command.summary).toMatch(/^[A-Z].*\.$/);
    for (const [name, { description }] of Object.entries({ ...command.args, ...command.flags })) {
      expect(description, name).toMatch(/\w+ \w+/);
    }
  });

  it('has examples that work', async () => {
    expect(command.examples.length).toBeGreaterThan(0);
    for (const { command: example } of command.examples) {
      const args = example.replace('<%= config.bin %> ', '').split(' ');
      for (const arg of args) expect(arg).not.toMatch(/^-\w/);
      const { code, stdout, stderr } = await warm.run(args);
      expect({ example, code, stderr }).toEqual({ example, code: 0, stderr: '' });
      expect(stdout.length).toBeGreaterThan(100);
    }
  });
});

describe('the tool', () => {
  it('keeps its surface', async () => {
    const surface = commands.map((command) =>
      [
        words(command.id).join(' '),
        ...Object.keys(command.args).map((name) => `  ${name.toUpperCase()}`),
        ...Object.keys(command.flags)
          .sort()
          .map((name) => `  --${name}`),
      ].join('\n'),
    );
    await expect(`${surface.sort().join('\n')}\n`).toMatchFileSnapshot('golden/surface.txt');
  });

  it('names every format and reporter in its help, and the true default profile', () => {
    const compare = commands.find((command) => command.id === 'compare');
    for (const name of readerNames()) expect(compare?.flags.format?.description).toContain(name);
    for (const { name } of REPORTERS) expect(compare?.flags.reporter?.description).toContain(name);
    expect(compare?.flags.profile?.default).toBe(DEFAULT_PROFILE);
  });

  it('prints help for no arguments and its version for --version', async () => {
    const bare = await runAndListModules([], sandbox);
    expect(bare).toMatchObject({ code: 0, stderr: '' });
    const version = await runAndListModules(['--version'], sandbox);
    expect(version.stdout).toMatch(/^smmuscope\/\d+\.\d+\.\d+ /);
    for (const run of [bare, version, await runAndListModules(['--help'], sandbox)]) expectLightStart(run);
  });

  it('loads the libraries of a format only for that format', async () => {
    const trace = sandbox.write('small.csv', SMALL_TRACE);
    const special = ['apache-arrow', 'xmlbuilder2', 'mdast-util-to-markdown', 'hdr-histogram-js', 'fzstd'];
    const loadedBy = async (...flags: string[]) => {
      const { code, packages } = await runAndListModules(['compare', trace, '--quiet', ...flags], sandbox);
      expect(code).toBe(0);
      return special.filter((name) => packages.has(name));
    };
    expect(await loadedBy()).toEqual([]);
    expect(await loadedBy('--reporter', 'markdown')).toEqual(['mdast-util-to-markdown']);
  });
});
