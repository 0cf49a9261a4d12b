/**
 * Does a signal end every command within a second, whatever it is doing, with the code of the signal, without half a file and
 * without a temporary one? Real processes; each is in the middle of its work when the signal comes.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { ROOT, Sandbox, SMALL_TRACE, startCli } from '../support/cli.js';

const TRACE = `${ROOT}/traces/rebind-strict.qemu-7.2.log.xz`;
const FTRACE = `${ROOT}/traces/rebind-strict.ftrace.txt.xz`;
/** A second, and what a busy machine takes to tell. */
const MAX_MS = 1000;
const CODES = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;
type Signal = keyof typeof CODES;
const EARLIER = 'an earlier output';

let sandbox: Sandbox;
beforeEach(() => {
  sandbox = new Sandbox();
  sandbox.write('good.csv', SMALL_TRACE);
});
afterEach(() => sandbox.remove());

/** A strategy whose `forward` does not return once it is past its trial: a loop without an end, as a broken decoder has one. */
function endlessStrategy(): string {
  const source = readFileSync(`${ROOT}/docs/examples/emulated.mjs`, 'utf8');
  const endless = source.replace(/forward\(([^)]*)\) \{/, 'forward($1) { if (globalThis.began++ > 50_000) for (;;);');
  expect(endless).not.toBe(source);
  return sandbox.write('endless.mjs', `globalThis.began = 0;\n${endless}`);
}

/** Start a command that writes to `out`, wait until it has begun to, and `ms` more. */
async function underWay(args: readonly string[], out: string, ms: number) {
  sandbox.write(out, EARLIER);
  const child = startCli(args, { cwd: sandbox.folder });
  const printed: Buffer[] = [];
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk: Buffer) => printed.push(chunk));
  const end = new Promise<{ code: number | null; signal: string | null }>((resolve) => {
    child.on('close', (code, signal) => resolve({ code, signal }));
  });
  while (!sandbox.list().some((name) => name.endsWith('.tmp'))) {
    if (child.exitCode !== null) throw new Error(`ended before: ${Buffer.concat(printed)}`);
    await sleep(5);
  }
  await sleep(ms);
  return { child, end, printed };
}

/** Send `signal` and see how the command ends. */
async function expectEnd(args: readonly string[], out: string, ms: number, signal: Signal, bySignal = false) {
  const before = sandbox.list();
  const { child, end, printed } = await underWay(args, out, ms);
  const sent = performance.now();
  expect(child.exitCode).toBe(null);
  child.kill(signal);
  expect(await end).toEqual(bySignal ? { code: null, signal } : { code: CODES[signal], signal: null });
  expect(performance.now() - sent).toBeLessThan(MAX_MS);
  expect(Buffer.concat(printed).toString()).toBe('');
  expect(sandbox.read(out)).toBe(EARLIER);
  expect(sandbox.list()).toEqual([...new Set([...before, out])].sort());
}

const OUT = ['--output', 'out.json', '--json'];
const LONG = ['--repeat', '1000000'];

it.each([
  ['decoding', 'SIGINT', ['inspect', TRACE, ...LONG, ...OUT]],
  ['a replay', 'SIGTERM', ['replay', TRACE, ...LONG, '--strategy', 'ioctl', ...OUT]],
  ['a sweep', 'SIGINT', ['sweep', `${ROOT}/docs/examples/study.yaml`, '--jobs', '1', ...OUT]],
  ['a sweep in threads', 'SIGTERM', ['sweep', `${ROOT}/docs/examples/study.yaml`, '--jobs', '2', ...OUT]],
  ['a calibration', 'SIGTERM', ['calibrate', FTRACE, '--strategy', `${ROOT}/docs/examples/emulated.mjs`, ...OUT]],
] as const)('%s ends by %s', async (_what, signal, args) => {
  await expectEnd(args, 'out.json', 200, signal);
});

it('a conversion ends by SIGHUP', async () => {
  await expectEnd(['convert', 'good.csv', 'out.csv', ...LONG], 'out.csv', 200, 'SIGHUP');
});

it('a generation ends by SIGINT', async () => {
  await expectEnd(['generate', 'nic-ring', 'out.csv', '--events', '100000000'], 'out.csv', 200, 'SIGINT');
});

it('a report that waits for its document ends by SIGTERM', async () => {
  sandbox.write('out.md', EARLIER);
  const child = startCli(['report', '-', '--output', 'out.md', '--reporter', 'markdown'], { cwd: sandbox.folder });
  const end = new Promise((resolve) => child.on('close', resolve));
  child.stdin?.write('{');
  await sleep(1500);
  child.kill('SIGTERM');
  expect(await end).toBe(143);
  expect(sandbox.read('out.md')).toBe(EARLIER);
});

it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('a loop without an end ends by %s', async (signal) => {
  await expectEnd(['replay', TRACE, '--strategy', endlessStrategy(), ...OUT], 'out.json', 700, signal);
});

it('a loop without an end in every thread ends by SIGINT', async () => {
  const compare = ['compare', TRACE, '--repeat', '40', '--strategies', `${endlessStrategy()},ioctl`, '--jobs', '2'];
  await expectEnd([...compare, ...OUT], 'out.json', 1500, 'SIGINT');
});

it('a call that the system does not return from ends by the signal itself', async () => {
  execFileSync('mkfifo', [sandbox.path('shard.json')]);
  await expectEnd(['merge', 'shard.json', ...OUT], 'out.json', 200, 'SIGTERM', true);
});

it('a second Ctrl-C ends at once', async () => {
  execFileSync('mkfifo', [sandbox.path('shard.json')]);
  const { child, end } = await underWay(['merge', 'shard.json', ...OUT], 'out.json', 200);
  child.kill('SIGINT');
  await sleep(150);
  const second = performance.now();
  child.kill('SIGINT');
  expect(await end).toEqual({ code: null, signal: 'SIGINT' });
  expect(performance.now() - second).toBeLessThan(300);
  expect(sandbox.list()).toEqual(['good.csv', 'out.json', 'shard.json']);
});

it('a named pipe that nobody writes to ends by SIGINT', async () => {
  execFileSync('mkfifo', [sandbox.path('trace')]);
  await expectEnd(['inspect', 'trace', ...OUT], 'out.json', 200, 'SIGINT');
});
