/**
 * Command line, foreign names: does nothing that a file, a flag or a line of a trace is called reach a terminal raw, in
 * results, in errors and in what is said beside them?
 */
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCli, Sandbox, SMALL_TRACE } from '../support/cli.js';
import { WarmCli } from '../support/warm-cli.js';

/** Clears a screen, begins a line, colours in one character, turns the direction of writing. */
const NAME = 'a\u001b[2J\nb\u009b31m\u202ec';
const SHOWN = 'a\\x1b[2J\\nb\\x9b31m\\u202ec';
const TRACE = `${NAME}.csv`;

const sandbox = new Sandbox();
const warm = new WarmCli();
const run = (...args: string[]) => warm.run(args, { cwd: sandbox.folder });

beforeAll(() => {
  sandbox.write(TRACE, SMALL_TRACE);
  sandbox.write(`column${TRACE}`, SMALL_TRACE.replace('opcode', `opc${NAME.replace('\n', '')}`));
  sandbox.write(`opcode${TRACE}`, SMALL_TRACE.replace('TLBI_NH_VA', `TLBI${NAME.replace('\n', '')}`));
  sandbox.write(
    'study.yaml',
    `schema: smmuscope.study/1\ntraces: [${JSON.stringify(`opcode${TRACE}`)}]\nstrategies: [native]\n`,
  );
  sandbox.write(
    `${NAME}.yaml`,
    `schema: smmuscope.study/1\ntraces: [${JSON.stringify(TRACE)}]\nstrategies: [native]\n`,
  );
  sandbox.write('topology.yaml', `devices: [{${JSON.stringify(NAME)}: 1}]\n`);
  mkdirSync(sandbox.path(NAME));
});
afterAll(async () => {
  await warm.close();
  sandbox.remove();
});

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const RAW = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e\ufffd]/;

describe('what is refused', () => {
  it.each([
    ['a missing file', 2, ['inspect', `missing${TRACE}`]],
    ['a directory', 2, ['inspect', NAME]],
    ['a column', 4, ['inspect', `column${TRACE}`]],
    ['an opcode', 4, ['inspect', `opcode${TRACE}`]],
    ['a flag', 2, ['inspect', TRACE, `--${NAME}`]],
    ['a surplus argument', 2, ['inspect', TRACE, NAME]],
    ['a value of a flag', 2, ['inspect', TRACE, '--limit', NAME]],
    ['a reporter', 2, ['inspect', TRACE, '--reporter', NAME]],
    ['a strategy', 2, ['replay', TRACE, '--strategy', NAME]],
    ['the file of a strategy', 2, ['replay', TRACE, '--strategy', `./${NAME}.mjs`]],
    ['a parameter', 2, ['replay', TRACE, '--strategy', 'native', '--set', `${NAME}=1`]],
    ['a gate', 2, ['compare', TRACE, '--strategies', 'native', '--gate', `${NAME} <= 1`]],
    ['a file of gates', 2, ['compare', TRACE, '--strategies', 'native', '--gate', `${NAME}.yaml`]],
    ['a topology', 2, ['replay', TRACE, '--strategy', 'native', '--topology', `${NAME}.yaml`]],
    ['a key of a topology', 2, ['replay', TRACE, '--strategy', 'native', '--topology', 'topology.yaml']],
    ['a result', 2, ['report', TRACE]],
    ['an output', 2, ['inspect', TRACE, '--output', NAME]],
    ['a point of a study', 1, ['sweep', 'study.yaml', '--output', 'study.json', '--json']],
  ] as const)('%s', async (_what, code, args) => {
    const { code: found, stdout, stderr } = await run(...args);
    expect(stdout).toBe('');
    expect(RAW.exec(stderr)).toBeNull();
    // One line each, whatever a name holds.
    for (const line of stderr.trimEnd().split('\n')) expect(line).toMatch(/^smmuscope: /);
    expect(stderr).toMatch(/\\x1b\[2J|\\u001b\[2J/);
    expect(found).toBe(code);
  });
});

it('a command that does not exist', async () => {
  const { code, stderr } = await runCli([NAME]);
  expect([code, stderr]).toEqual([2, `smmuscope: unknown command ${SHOWN} (all: smmuscope --help)\n`]);
});

describe('what is printed', () => {
  it.each([
    [['inspect', TRACE]],
    [['lint', TRACE]],
    [['compare', TRACE, '--strategies', 'ioctl,native']],
    [['compare', TRACE, '--strategies', 'ioctl,native', '--reporter', 'markdown']],
    [['inspect', TRACE, '--reporter', 'csv']],
    [['inspect', TRACE, '--topology']],
    [['mrc', TRACE]],
    [['sweep', `${NAME}.yaml`, '--dry-run']],
    [['convert', TRACE, `${NAME}.out.csv`]],
    [['convert', TRACE, `${NAME}.out.csv`, '--estimate']],
  ])('%j', async (args) => {
    const { code, stdout, stderr } = await run(...args);
    expect(stderr).toBe('');
    expect(code).toBe(0);
    expect(RAW.exec(stdout)).toBeNull();
    expect(stdout.replaceAll('\\[', '[')).toContain(SHOWN);
  });

  it('json: escaped, and the name itself when parsed', async () => {
    const { stdout } = await run('inspect', TRACE, '--json');
    expect(RAW.exec(stdout)).toBeNull();
    expect(JSON.parse(stdout).trace.file).toBe(TRACE);
  });
});

it('nothing else in the sources writes to the standard streams', () => {
  const folder = join(import.meta.dirname, '../../src');
  const writers = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(
    (name) =>
      name.endsWith('.ts') &&
      /std(?:out|err)\.write\(|this\.(?:log|warn|error)\(/.test(readFileSync(join(folder, name), 'utf8')),
  );
  expect(writers.filter((name) => !name.startsWith('formats/')).sort()).toEqual(['cli/messages.ts', 'cli/output.ts']);
});
