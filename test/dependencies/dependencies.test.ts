/**
 * Dependencies: does each have a licence that allows its use, no script that runs when it is installed, something that
 * imports it, and a line in CONTRIBUTING.md that says why?
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ROOT, Sandbox } from '../support/cli.js';

interface Package {
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
  readonly oclif: { readonly plugins: readonly string[] };
}
const { dependencies, devDependencies, oclif }: Package = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));

describe('CONTRIBUTING.md', () => {
  it('says of every dependency what it is for, and of nothing else', () => {
    const [, list] = readFileSync(join(ROOT, 'CONTRIBUTING.md'), 'utf8').split('## Dependencies');
    const lines = [...list.matchAll(/^- `([^`]+)`: \S.*$/gm)].map(([, name]) => name);
    expect(lines).toEqual([...Object.keys(dependencies).sort(), ...Object.keys(devDependencies).sort()]);
  });
});

describe('dependencies of the tool', () => {
  const folder = join(ROOT, 'src');
  const sources = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => readFileSync(join(folder, name), 'utf8'))
    .join('\n');

  it.each(Object.keys(dependencies))('%s is used', (name) => {
    const isPlugin = oclif.plugins.includes(name);
    // As a module, or as a file of it that is put into a page.
    expect(isPlugin || sources.includes(`'${name}'`) || sources.includes(`'${name}/`)).toBe(true);
  });
});

describe('npm run licences', () => {
  const run = (folder: string) =>
    spawnSync(process.execPath, [join(ROOT, 'test/dependencies/licences.mjs'), folder], { encoding: 'utf8' });
  let sandbox: Sandbox;
  beforeEach(() => {
    sandbox = new Sandbox();
  });
  afterEach(() => sandbox.remove());

  /** A project with one dependency whose package.json is `content`. */
  function withPackage(content: object, locked: object = {}, files: readonly string[] = []) {
    const name = 'node_modules/one';
    mkdirSync(sandbox.path(name), { recursive: true });
    sandbox.write(`${name}/package.json`, JSON.stringify(content));
    for (const file of files) sandbox.write(`${name}/${file}`, '');
    sandbox.write(
      'package-lock.json',
      JSON.stringify({ packages: { '': {}, [name]: { version: '1.0.0', ...locked } } }),
    );
    return run(sandbox.path('.'));
  }

  it('finds nothing to object to in this project, and names every package', () => {
    const { status, stdout, stderr } = run(ROOT);
    expect([status, stderr]).toEqual([0, '']);
    for (const name of Object.keys(dependencies)) expect(stdout).toMatch(new RegExp(`[ ,]${name} \\d`));
    expect(stdout).not.toContain('vitest');
  });

  it.each([['MIT'], ['(MIT OR GPL-3.0-only)'], ['(MIT AND Zlib)']])('allows %s', (license) => {
    expect(withPackage({ license }).status).toBe(0);
  });

  it.each([
    ['no licence', {}, {}, [], /found none/],
    ['another licence', { license: 'GPL-3.0-only' }, {}, [], /found GPL-3.0-only/],
    ['one more licence', { license: '(MIT AND GPL-3.0-only)' }, {}, [], /found \(MIT AND/],
    ['prose', { license: 'MIT, see LICENSE' }, {}, [], /found MIT, see/],
    ['another licence than locked', { license: 'MIT' }, { license: 'ISC' }, [], /lock file, ISC, found MIT/],
    ['an install script', { license: 'MIT', scripts: { postinstall: 'x' } }, {}, [], /found postinstall: x/],
    [
      'an install script of a tool for development',
      { scripts: { install: 'x' } },
      { dev: true },
      [],
      /found install: x/,
    ],
    ['an install script that is only locked', { license: 'MIT' }, { hasInstallScript: true }, [], /no install script/],
    ['code to be compiled', { license: 'MIT' }, {}, ['binding.gyp'], /node-gyp/],
  ] as const)('refuses %s', (_what, content, locked, files, sentence) => {
    const { status, stderr } = withPackage(content, locked, files);
    expect(status).toBe(1);
    expect(stderr).toMatch(sentence);
  });
});
