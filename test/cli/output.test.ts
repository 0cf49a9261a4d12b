/**
 * Command line, output: does a report file appear complete or not at all, whatever happens, and does a pipe that closes
 * early end the tool in peace?
 */
import { existsSync, readFileSync, statSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { finished, RECORDED_TRACE, ROOT, runCli, runPipeline, Sandbox, SMALL_TRACE, startCli } from '../support/cli.js';
import { WarmCli } from '../support/warm-cli.js';

let sandbox: Sandbox;
beforeEach(() => {
  sandbox = new Sandbox();
  sandbox.write('good.csv', SMALL_TRACE);
});
afterEach(() => sandbox.remove());

const warm = new WarmCli();
afterAll(() => warm.close());

const inSandbox = (...args: string[]) => warm.run(args, { cwd: sandbox.folder });

describe('--output', () => {
  it('writes what standard output would have shown, and nothing else', async () => {
    const shown = await inSandbox('inspect', 'good.csv', '--json');
    const written = await inSandbox('inspect', 'good.csv', '--json', '--output', 'out.json');
    expect(written).toEqual({ code: 0, stdout: '', stderr: '' });
    expect(sandbox.read('out.json')).toBe(shown.stdout);
    expect(sandbox.list()).toEqual(['good.csv', 'out.json']);
  });

  it('replaces a file by renaming a finished one over it, and keeps its mode', async () => {
    const path = sandbox.write('out.txt', 'old\n');
    const before = statSync(path);
    expect((await inSandbox('inspect', 'good.csv', '--output', 'out.txt')).code).toBe(0);
    const after = statSync(path);
    expect(after.ino).not.toBe(before.ino);
    expect(after.mode).toBe(before.mode);
    expect(sandbox.read('out.txt')).toContain('TLBI_NH_VA');
  });

  it('leaves the old file as it was when the run fails', async () => {
    sandbox.write('out.txt', 'old\n');
    sandbox.write('bad.csv', `${SMALL_TRACE}8000,nonsense,0,,,,,,\n`);
    const bad = ['inspect', 'bad.csv', '--output', 'out.txt'];
    expect((await runCli(bad, { cwd: sandbox.folder })).code).toBe(4);
    expect(sandbox.read('out.txt')).toBe('old\n');
    expect(sandbox.list()).toEqual(['bad.csv', 'good.csv', 'out.txt']);
  });

  it('writes through a symbolic link', async () => {
    sandbox.write('real.txt', '');
    symlinkSync('real.txt', sandbox.path('link.txt'));
    expect((await inSandbox('inspect', 'good.csv', '--output', 'link.txt')).code).toBe(0);
    expect(sandbox.read('real.txt')).toContain('TLBI_NH_VA');
  });

  it('writes to a device without replacing it, and to standard output for -', async () => {
    expect(await inSandbox('inspect', 'good.csv', '--output', '/dev/null')).toEqual({
      code: 0,
      stdout: '',
      stderr: '',
    });
    expect(statSync('/dev/null').isCharacterDevice()).toBe(true);
    expect((await inSandbox('inspect', 'good.csv', '--output', '-')).stdout).toContain('TLBI_NH_VA');
  });

  it('refuses the trace it reads even under another name', async () => {
    symlinkSync('good.csv', sandbox.path('alias.csv'));
    expect((await inSandbox('inspect', 'good.csv', '--output', 'alias.csv')).code).toBe(2);
    expect(sandbox.read('good.csv')).toBe(SMALL_TRACE);
  });
});

describe.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 129],
] as const)('%s', (signal, exitCode) => {
  it(`ends with ${exitCode} and leaves nothing behind`, async () => {
    const child = startCli(['inspect', '-', '--output', 'out.json', '--json'], { cwd: sandbox.folder });
    const end = finished(child);
    child.stdin?.write(SMALL_TRACE);
    while (!sandbox.list().some((name) => name.endsWith('.tmp')))
      await new Promise((resolve) => setTimeout(resolve, 10));
    child.kill(signal);
    expect(await end).toEqual({ code: exitCode, stdout: '', stderr: '' });
    expect(sandbox.list()).toEqual(['good.csv']);
  });
});

describe('pipes', () => {
  it('ends in peace when the reader of a long report goes away', async () => {
    expect(await runPipeline('smmuscope profiles show --reporter csv | head -n 1')).toEqual({
      code: 0,
      stdout: 'key,value,unit,tag,overridden,source,help\n',
      stderr: '',
    });
    expect(await runPipeline('smmuscope profiles show --json | true')).toMatchObject({ code: 0, stderr: '' });
  });

  it('reads a compressed trace from standard input as from its file', async () => {
    const input = readFileSync(join(ROOT, RECORDED_TRACE));
    const piped = JSON.parse((await runCli(['inspect', '-', '--json'], { input })).stdout);
    const direct = JSON.parse((await warm.run(['inspect', RECORDED_TRACE, '--json'])).stdout);
    expect(piped.trace).toEqual({ ...direct.trace, file: '<stdin>' });
    expect({ ...piped, trace: direct.trace }).toEqual(direct);
  });

  it('does not take piped text for the name of the trace', async () => {
    const { code, stderr } = await runCli(['inspect'], { input: SMALL_TRACE });
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: 'smmuscope: missing 1 required arg: trace (--help tells more)\n',
    });
  });

  it('says so when standard output is full', async () => {
    if (!existsSync('/dev/full')) return;
    const { code, stderr } = await runPipeline('smmuscope profiles > /dev/full');
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: 'smmuscope: <stdout>: expected an output that can be written to, found no space left on the device\n',
    });
  });

  it('never colours what is piped', async () => {
    const { stdout } = await runCli(['inspect', sandbox.path('good.csv')], { env: { FORCE_COLOR: '3' } });
    expect(stdout).toMatch(/^[\n -~]+$/);
  });
});
