/**
 * Command line, shell completion: what `smmuscope autocomplete` writes, set up as the README tells and sourced by a real
 * bash, offers commands, flags anywhere on the line, known values and files; the functions for zsh and PowerShell know every
 * command and flag.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bashCompletion } from '../../src/cli/completion/bash.js';
import { writerNames } from '../../src/formats/output-registry.js';
import { readerNames } from '../../src/formats/registry.js';
import { profileNames } from '../../src/profiles/load.js';
import { REPORTERS } from '../../src/reporters/registry.js';
import { strategyNames } from '../../src/strategies/registry.js';
import { ROOT, Sandbox } from '../support/cli.js';

interface Manifest {
  readonly commands: Readonly<
    Record<string, { readonly id: string; readonly flags: Readonly<Record<string, object>> }>
  >;
}

const { commands } = JSON.parse(readFileSync(join(ROOT, 'oclif.manifest.json'), 'utf8')) as Manifest;
const sandbox = new Sandbox();
const env = { XDG_CACHE_HOME: sandbox.path('cache'), HOME: sandbox.path('home') };
const generated = (name: string) => sandbox.read(`cache/smmuscope/autocomplete/functions/${name}`);
let setup = '';

/** The lines that the README tells a user of bash to run, run as they stand. */
beforeAll(() => {
  const [, lines] = /```bash\n([\s\S]*?)```/.exec(readFileSync(join(ROOT, 'README.md'), 'utf8')) ?? [];
  expect(lines).toContain('smmuscope autocomplete');
  mkdirSync(env.HOME);
  const tool = `smmuscope() { '${process.execPath}' '${join(ROOT, 'bin/run.js')}' "$@"; }`;
  const { status } = spawnSync('bash', ['-e', '-c', `${tool}\n${lines}`], {
    env: { PATH: process.env.PATH ?? '', ...env },
  });
  expect(status).toBe(0);
  setup = sandbox.read('home/.bashrc');
});
afterAll(() => sandbox.remove());

/**
 * What bash offers at the end of each line: the function that the set-up registered, called as readline calls it, in one
 * shell for all lines. An empty offer leaves the word to bash, which knows files.
 */
function offers(lines: readonly string[]): string[][] {
  const script = `
    ${setup}
    registered=$(complete -p smmuscope) || exit 9
    [[ $registered == *'-o default'* ]] || exit 8
    name=\${registered#*-F }
    while IFS= read -r line; do
      IFS=$'\\t' read -r -a COMP_WORDS <<<"\${line% }"
      [[ $line == *' ' ]] && COMP_WORDS+=('')
      COMP_CWORD=$((\${#COMP_WORDS[@]} - 1)) COMP_LINE=$line COMP_POINT=\${#line}
      \${name%% *} smmuscope "\${COMP_WORDS[COMP_CWORD]}" "\${COMP_WORDS[COMP_CWORD-1]}"
      echo "\${COMPREPLY[*]}"
    done`;
  // readline makes "=" a word of its own.
  const input = lines.map(
    (line) => `${line.replaceAll('=', ' = ').trimEnd().split(/ +/).join('\t')}${/[ =]$/.test(line) ? ' ' : ''}`,
  );
  const { status, stdout, stderr } = spawnSync('bash', ['--norc', '--noprofile', '-c', script], {
    input: `${input.join('\n')}\n`,
    encoding: 'utf8',
    env: { PATH: process.env.PATH ?? '', ...env },
  });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  return stdout
    .trimEnd()
    .split('\n')
    .map((line) => line.split(' ').filter((offer) => offer !== ''));
}
/** What bash offers at the end of `line`. */
const offered = (line: string) => offers([line])[0] ?? [];

describe('bash', () => {
  it('offers every command, and the words of those that have two', () => {
    const first = [...new Set(Object.values(commands).map(({ id }) => id.split(':')[0]))];
    expect(offered('smmuscope ')).toEqual(expect.arrayContaining(first));
    expect(offered('smmuscope comp')).toEqual(['compare']);
    expect(offered('smmuscope strategies sh')).toEqual(['show']);
    expect(offered('smmuscope no-such-command sh')).toEqual([]);
  });

  it('offers exactly the flags of each command, also behind its trace and other flags', () => {
    const ids = Object.values(commands);
    const lines = ids.flatMap(({ id }) => {
      const command = `smmuscope ${id.replaceAll(':', ' ')}`;
      return [`${command} --`, `${command} some/file.xz --json --`];
    });
    const expected = ids.flatMap(({ flags }) => {
      const names = Object.keys(flags).map((name) => `--${name}`);
      return [names, names];
    });
    expect(offers(lines)).toEqual(expected);
    expect(offered('smmuscope compare a.xz --strategies ioctl --prof')).toEqual(['--profile']);
  });

  it('offers the values that a flag or argument knows', () => {
    expect(offered('smmuscope replay a.xz --strategy ')).toEqual(strategyNames());
    expect(offered('smmuscope replay a.xz --strategy sw')).toEqual(['sw-vcmdq']);
    expect(offered('smmuscope replay a.xz --strategy=hw-vcmdq-')).toEqual(['hw-vcmdq-overlay']);
    expect(offered('smmuscope replay a.xz --strategy=')).toEqual(strategyNames());
    expect(offered('smmuscope replay a.xz --migrate-at 5 --to nat')).toEqual(['native']);
    expect(offered('smmuscope compare --profile ')).toEqual(profileNames());
    expect(offered('smmuscope report a.json --reporter ')).toEqual(REPORTERS.map(({ name }) => name));
    expect(offered('smmuscope inspect --format ')).toEqual(readerNames());
    expect(offered('smmuscope convert a.xz b --to ')).toEqual(writerNames());
    expect(offered('smmuscope compare a.xz --pacing r')).toEqual(['recorded']);
    expect(offered('smmuscope strategies show nat')).toEqual(['native']);
    expect(offered('smmuscope record f')).toEqual(['ftrace']);
  });

  it('continues a list behind its last comma', () => {
    expect(offered('smmuscope compare a.xz --strategies ioctl,sw')).toEqual(['ioctl,sw-vcmdq']);
    expect(offered('smmuscope compare a.xz --strategies=ioctl,native,ec')).toEqual(['ioctl,native,ecmdq']);
    expect(offered('smmuscope compare a.xz --atc vsid,b')).toEqual(['vsid,broadcast']);
  });

  it('leaves traces, output files and unknown values to bash', () => {
    for (const rest of [
      'compare tra',
      'compare a.xz ',
      'compare a.xz --json ',
      'inspect a.xz --output ou',
      'compare a.xz --set ',
    ]) {
      expect(offered(`smmuscope ${rest}`), rest).toEqual([]);
    }
  });

  it('does not write a word that bash would read otherwise', () => {
    const command = { id: 'a', flags: { b: { type: 'option', options: ["it's"] } } } as const;
    expect(() => bashCompletion('tool', [command], new Map())).toThrow(
      "expected a plain word for completion, found it's",
    );
  });
});

it.each(['zsh/_smmuscope', 'powershell/smmuscope.ps1'])('%s knows every command and flag', (name) => {
  const text = generated(name);
  for (const { id, flags } of Object.values(commands)) {
    const last = id.split(':').at(-1);
    expect(text, id).toMatch(new RegExp(`["\\s(]${last}["):\\s]`));
    for (const flag of Object.keys(flags))
      expect(text, `${id} --${flag}`).toContain(`${name.startsWith('zsh') ? '--' : '"'}${flag}`);
  }
});

it('is written only into the cache folder', () => {
  expect(sandbox.list()).toEqual(['cache', 'home']);
  expect(readdirSync(sandbox.path('home'))).toEqual(['.bashrc']);
});
