/**
 * Command line, convert: does the file say what the trace said, appear complete or not at all, and is every loss said?
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { finished, RECORDED_TRACE, ROOT, runCli, Sandbox, SMALL_TRACE, startCli } from '../support/cli.js';
import { readTrace, rowsOf, tracePath } from '../support/traces.js';
import { WarmCli } from '../support/warm-cli.js';

let sandbox: Sandbox;
beforeEach(() => {
  sandbox = new Sandbox();
  sandbox.write('good.csv', SMALL_TRACE);
});
afterEach(() => sandbox.remove());

const warm = new WarmCli();
afterAll(() => warm.close());

const convert = (...args: string[]) => warm.run(['convert', ...args], { cwd: sandbox.folder });
const sample = tracePath('csv/ats-four-devices.csv');

describe('convert', () => {
  it.each(['out.csv', 'out.jsonl', 'out.arrow', 'out.arrows', 'out.csv.gz', 'out.arrow.gz'])('to %s', async (name) => {
    const { code, stdout, stderr } = await convert(sample, name);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const { batches } = await readTrace(sample);
    const back = await readTrace(sandbox.path(name));
    expect(rowsOf(back.batches)).toEqual(rowsOf(batches));
    expect(stdout).toMatch(
      new RegExp(`^${name}: ${rowsOf(batches).length} events, [\\d.]+ k?B?(bytes)? of (csv|jsonl|arrow)`),
    );
    expect(sandbox.list()).toEqual(['good.csv', name].sort());
  });

  it('to raw, and says what that loses', async () => {
    const { code, stderr } = await convert(
      RECORDED_TRACE.replace(/^/, `${ROOT}/`),
      'out.raw',
      '--limit',
      '3000',
      '--quiet',
    );
    expect(code).toBe(0);
    expect(stderr).toMatch(/^smmuscope: raw cannot hold: .*\n/);
    for (const what of ['times', 'vCPU numbers', 'dma events', 'flags']) expect(stderr).toContain(`hold: ${what}`);
    expect((await readTrace(sandbox.path('out.raw'))).trace.statistics.format).toBe('raw');
  });

  it('to standard output and from standard input', async () => {
    const input = readFileSync(sample);
    const { code, stdout, stderr } = await runCli(['convert', '-', '-', '--to', 'csv'], { input });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    sandbox.write('back.csv', stdout);
    const back = await readTrace(sandbox.path('back.csv'));
    expect(rowsOf(back.batches)).toEqual(rowsOf((await readTrace(sample)).batches));
  });

  it('packs by --compress whatever the name', async () => {
    await convert(sample, 'packed.csv', '--compress', 'gz');
    expect(gunzipSync(readFileSync(sandbox.path('packed.csv'))).toString()).toMatch(/^time_ns,event,/);
  });

  it('estimates without writing', async () => {
    const trace = join(ROOT, RECORDED_TRACE);
    const { code, stdout, stderr } = await convert(trace, 'out.csv', '--estimate');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(sandbox.list()).toEqual(['good.csv']);
    await convert(trace, 'out.csv');
    const estimated = Number(/events, ([\d.]+) MB/.exec(stdout)?.[1]) * 1e6;
    const real = readFileSync(sandbox.path('out.csv')).length;
    expect(Math.abs(estimated - real) / real).toBeLessThan(0.2);
  });

  it.each([
    ['an unknown suffix', ['good.csv', 'out.xyz'], 2, /out\.xyz: expected a name that ends in/],
    [
      'an unknown format',
      ['good.csv', 'out.csv', '--to', 'arow'],
      2,
      /unknown output format arow; did you mean arrow\?/,
    ],
    ['standard output without a format', ['good.csv', '-'], 2, /<stdout>: expected the format by name/],
    ['an unknown compression', ['good.csv', 'out.csv', '--compress', 'xz'], 2, /unknown compression xz/],
    ['the trace itself', ['good.csv', './good.csv'], 2, /other than the trace/],
    ['a missing folder', ['good.csv', 'none/out.csv'], 2, /none\/out\.csv.*no such folder/],
    ['a malformed trace', ['bad.csv', 'out.csv'], 4, /bad\.csv:14: expected a known event/],
    ['a map that cannot be', ['good.csv', 'out.csv', '--csv-map', 'iov=a'], 2, /--csv-map: unknown column iov/],
  ])('refuses %s and leaves nothing', async (_what, args, exitCode, sentence) => {
    sandbox.write('bad.csv', `${SMALL_TRACE}8000,nonsense,0,,,,,,\n`);
    sandbox.write('old.csv', 'old\n');
    const { code, stdout, stderr } = await convert(...args);
    expect({ code, stdout }).toEqual({ code: exitCode, stdout: '' });
    expect(stderr).toMatch(sentence);
    expect(stderr.trim()).not.toContain('\n');
    expect(sandbox.list()).toEqual(['bad.csv', 'good.csv', 'old.csv']);
  });

  it('leaves nothing when it is interrupted', async () => {
    const child = startCli(['convert', '-', 'out.csv'], { cwd: sandbox.folder });
    const end = finished(child);
    child.stdin?.write(SMALL_TRACE);
    while (!sandbox.list().some((name) => name.endsWith('.tmp')))
      await new Promise((resolve) => setTimeout(resolve, 10));
    child.kill('SIGINT');
    expect((await end).code).toBe(130);
    expect(sandbox.list()).toEqual(['good.csv']);
  });
});
