/** Command line, columns: are they listed, chosen and sorted where there are any, and refused in a sentence where not? */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { COLUMNS } from '../../src/columns/registry.js';
import { Sandbox, SMALL_TRACE } from '../support/cli.js';
import { WarmCli } from '../support/warm-cli.js';

const sandbox = new Sandbox();
const warm = new WarmCli();
beforeAll(() => sandbox.write('small.csv', SMALL_TRACE));
afterAll(async () => {
  await warm.close();
  sandbox.remove();
});

const compare = (...flags: string[]) => warm.run(['compare', sandbox.path('small.csv'), ...flags]);

it.each(['compare', 'replay', 'report', 'sweep', 'merge'])('%s --columns help lists every column', async (command) => {
  const { code, stdout, stderr } = await warm.run([command, '--columns', 'help']);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  for (const { name, path = '' } of COLUMNS) {
    expect(stdout).toContain(`\n${name} `);
    expect(stdout).toContain(path);
  }
});

describe('what is asked for', () => {
  it.each([['--sort', '-ops'], ['--sort=-ops'], ['--sort', 'ops:desc']])('is shown with %s %s', async (...sort) => {
    const { code, stdout } = await compare('--columns', 'ops,latency.operation.min_ns', ...sort);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^strategy +ops +latency.operation.min_ns$/m);
  });

  it('is a table of one row for replay, and the columns of Markdown', async () => {
    const replay = ['replay', sandbox.path('small.csv'), '--strategy', 'ioctl', '--columns', 'mean,exits'];
    expect((await warm.run(replay)).stdout).toMatch(/^strategy +mean +exits\n-+ +-+ +-+\nioctl /m);
    const { stdout } = await compare('--columns', 'mean,exits', '--reporter', 'markdown');
    expect(stdout).toMatch(/^\| strategy \| mean \| exits \|$/m);
  });
});

describe('what there is not', () => {
  it.each([
    [['--columns', 'meen'], '--columns: unknown column meen; did you mean mean? (all: --columns help)'],
    [['--sort', 'meen'], '--sort: unknown column meen; did you mean mean? (all: --columns help)'],
    [
      ['--columns', 'mean', '--json'],
      '--columns: expected a reporter with columns (table, markdown, html), found json',
    ],
    [['--sort', 'mean', '--reporter', 'csv'], /^smmuscope: --sort: expected a reporter with columns/],
    [['--gate', 'meen <= 1'], /--gate: unknown metric meen; did you mean mean\? /],
    [['--gate', 'vs base <= 1'], /--gate: expected a metric of one result, found the column vs base \(a gate/],
  ])('%j is refused', async (flags, message) => {
    const { code, stdout, stderr } = await compare(...flags);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    if (typeof message === 'string') expect(stderr).toBe(`smmuscope: ${message}\n`);
    else expect(stderr).toMatch(message);
  });

  it('a study has no baseline, an inspection no columns', async () => {
    const study = sandbox.write(
      'study.yaml',
      `schema: smmuscope.study/1\ntraces: [small.csv]\nstrategies: [ioctl, native]\n`,
    );
    const { code, stderr } = await warm.run(['sweep', study, '--columns', 'mean,saved']);
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: 'smmuscope: --columns: expected columns of one result, found saved: a study has no baseline\n',
    });
    const { stdout } = await warm.run(['inspect', sandbox.path('small.csv'), '--json']);
    const shown = await warm.run(['report', sandbox.write('inspect.json', stdout), '--sort', 'mean']);
    expect(shown.stderr).toMatch(/^smmuscope: --sort: expected results or a study, found smmuscope.inspect/);
  });
});

it('a gate by the name of a column judges its metric', async () => {
  const { code, stdout, stderr } = await compare(
    '--strategies',
    'ioctl',
    '--gate',
    'mean <= 1ns',
    '--gate',
    'exits >= 0',
  );
  expect(code).toBe(3);
  expect(stderr).toContain('1 of 2 gate judgements failed');
  expect(stdout).toContain('latency.operation.mean_ns is 4.88 us, expected <= 1 ns');
});
