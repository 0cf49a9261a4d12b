/** Command line: does a command in the shared process of `WarmCli` print and return what it does in a process of its own? */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CliOptions, RECORDED_TRACE, runCli, Sandbox, SMALL_TRACE } from '../support/cli.js';
import { WarmCli } from '../support/warm-cli.js';

const sandbox = new Sandbox();
const warm = new WarmCli();

beforeAll(() => {
  sandbox.write('small.csv', SMALL_TRACE);
  sandbox.write('backwards.csv', 'time_ns,event,vcpu\n2000,doorbell,0\n1000,doorbell,0\n');
  sandbox.write('result.json', '{"schema":"smmuscope.result/9"}');
});
afterAll(async () => {
  await warm.close();
  sandbox.remove();
});

/** Arguments (run in the sandbox), the exit code, and what differs from an empty stdin and the tests' environment. */
const COMMANDS: readonly (readonly [string, number, CliOptions])[] = [
  ['compare small.csv --strategies ioctl,native', 0, {}],
  ['compare small.csv --strategies ioctl,native', 0, { env: { COLUMNS: '60' } }],
  ['compare small.csv --strategies ioctl,native', 0, { env: { FORCE_COLOR: '1' } }],
  ['inspect - --json', 0, { input: SMALL_TRACE }],
  ['inspect -', 4, {}],
  ['compare small.csv --strategies ioctl --gate requests<1', 2, {}],
  ['compare small.csv --strategies ioctl --gate amplification.exits<0', 3, {}],
  ['inspect backwards.csv', 4, {}],
  ['inspect nowhere.csv', 2, {}],
  ['inspect small.csv --nonsense', 2, {}],
  ['replay small.csv --strategy natve', 2, {}],
  ['replay small.csv --strategy native --set smmu.nonsense=1', 2, {}],
  ['report result.json', 2, {}],
  ['lint -', 0, { input: SMALL_TRACE }],
  ['inspect small.csv --output small.csv/below.txt', 2, {}],
];

describe('a warm command', () => {
  // One after another in the shared process, so that each follows what the one before left there.
  it.each(COMMANDS)('%s: %s', async (line, code, options) => {
    const inSandbox = { cwd: sandbox.folder, ...options };
    const [own, shared] = await Promise.all([runCli(line.split(' '), inSandbox), warm.run(line.split(' '), inSandbox)]);
    expect(shared).toEqual(own);
    expect(own.code).toBe(code);
    expect(own.stdout + own.stderr).not.toBe('');
  });

  it('leaves nothing behind for the next: folder, environment, exit code and standard input', async () => {
    const [own, first] = await Promise.all([
      runCli(['compare', RECORDED_TRACE, '--limit', '2000']),
      warm.run(['compare', RECORDED_TRACE, '--limit', '2000']),
    ]);
    for (const [line, , options] of COMMANDS) await warm.run(line.split(' '), { cwd: sandbox.folder, ...options });
    expect(first).toEqual(own);
    expect(await warm.run(['compare', RECORDED_TRACE, '--limit', '2000'])).toEqual(own);
    expect((await warm.run(['inspect', '-'])).code).toBe(4);
  });
});
