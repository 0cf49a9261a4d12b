/**
 * Faults survived, files: is whatever can be wrong with a file or its folder one sentence with the right exit code, with
 * nothing half and no litter, in a process as a user starts it?
 */
import { execFileSync, spawn } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  finished,
  ROOT,
  runCli,
  runPipeline,
  Sandbox,
  SMALL_TRACE,
  startCli,
  toolEnvironment,
} from '../support/cli.js';

let sandbox: Sandbox;
let mounted: string | undefined;
beforeEach(() => {
  sandbox = new Sandbox();
  sandbox.write('good.csv', SMALL_TRACE);
});
afterEach(() => {
  if (mounted !== undefined) execFileSync('umount', [mounted]);
  mounted = undefined;
  sandbox.remove();
});

const inSandbox = (...args: string[]) => runCli(args, { cwd: sandbox.folder });
const LOG = `${ROOT}/traces/rebind-strict.qemu-7.2.log.xz`;

/** One sentence, the exit code, nothing else. */
async function expectRefusal(args: string[], code: number, sentence: string): Promise<void> {
  expect(await inSandbox(...args)).toEqual({ code, stdout: '', stderr: `smmuscope: ${sentence}\n` });
}

describe('a file that cannot be read or written', () => {
  beforeEach(() => {
    symlinkSync('b', sandbox.path('a'));
    symlinkSync('a', sandbox.path('b'));
  });

  /** A path of 4 KiB. */
  const LONG = `${'folder/'.repeat(585)}x`;

  it.each([
    ['a loop of links', ['inspect', 'a'], 'a: expected a trace file, found a loop of symbolic links'],
    [
      'a loop of links to write to',
      ['inspect', 'good.csv', '--output', 'a'],
      'a: expected a file that can be written, found a loop of symbolic links',
    ],
    ['a path of 4 KiB', ['inspect', LONG], `${LONG}: expected a trace file, found a name that is too long`],
    [
      'a path of 4 KiB to write to',
      ['convert', 'good.csv', `${LONG}.csv`],
      `${LONG}.csv: expected a file that can be written, found a name that is too long`,
    ],
    [
      'the input',
      ['convert', 'good.csv', './good.csv'],
      './good.csv: expected an output other than the trace or strategy that is read',
    ],
    [
      'one file for two outputs',
      ['calibrate', 'good.csv', '--strategy', 'ioctl', '--output', 'out', '--profile-out', './out'],
      './out: expected another file for each output',
    ],
  ])('%s', async (_what, args, sentence) => {
    const before = sandbox.list();
    await expectRefusal(args, 2, sentence);
    expect(sandbox.list()).toEqual(before);
    expect(sandbox.read('good.csv')).toBe(SMALL_TRACE);
  });

  it.each([
    ['replay', ['replay', 'good.csv', '--strategy', 'ioctl', '--output', '/dev/full']],
    ['convert', ['convert', 'good.csv', '/dev/full', '--to', 'jsonl']],
    ['generate', ['generate', 'nic-ring', '/dev/full', '--to', 'csv', '--events', '1000']],
  ])('a full device under %s', async (_command, args) => {
    if (!existsSync('/dev/full')) return;
    await expectRefusal(args, 2, '/dev/full: expected a file that can be written, found no space left on the device');
  });

  it('makes what a link leads to that is not there yet', async () => {
    symlinkSync('real.txt', sandbox.path('link.txt'));
    expect((await inSandbox('inspect', 'good.csv', '--output', 'link.txt')).code).toBe(0);
    expect(readlinkSync(sandbox.path('link.txt'))).toBe('real.txt');
    expect(sandbox.read('real.txt')).toContain('TLBI_NH_VA');
  });

  it('a name as long as names can be is written to', async () => {
    const name = `${'x'.repeat(251)}.csv`;
    expect((await inSandbox('convert', 'good.csv', name)).code).toBe(0);
    expect(sandbox.list()).toContain(name);
  });
});

/** Mount a file system of `kib` at `name`; false if this process may not. */
function mountSmall(name: string, kib: number): boolean {
  const folder = sandbox.path(name);
  mkdirSync(folder);
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${kib}k`, 'tmpfs', folder], { stdio: 'ignore' });
  } catch {
    return false;
  }
  mounted = folder;
  return true;
}

describe('a disk that is full', () => {
  it('leaves what was there before', async ({ skip }) => {
    if (!mountSmall('small', 64)) return skip('only root may mount');
    writeFileSync(sandbox.path('small/out.csv'), 'an earlier output');
    await expectRefusal(
      ['convert', LOG, 'small/out.csv'],
      2,
      'small/out.csv: expected a file that can be written, found no space left on the device',
    );
    expect(readdirSync(sandbox.path('small'))).toEqual(['out.csv']);
    expect(sandbox.read('small/out.csv')).toBe('an earlier output');
  });

  it('ends a sweep, which goes on when there is room', async ({ skip }) => {
    if (!mountSmall('results', 40)) return skip('only root may mount');
    sandbox.write(
      'study.yaml',
      `schema: smmuscope.study/1\ntraces: ['good.csv']\nstrategies: [ioctl, ioctl-batched, sw-vcmdq, hw-vcmdq, native, ecmdq]\n`,
    );
    const sweep = ['sweep', 'study.yaml', '--jobs', '1', '--json', '--results', 'results'];
    const { code, stdout, stderr } = await inSandbox(...sweep);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(
      /^smmuscope: [^\n]+: expected a file that can be written, found no space left on the device\n$/,
    );
    const kept = readdirSync(sandbox.path('results'));
    expect(kept.length).toBeGreaterThan(0);
    expect(kept.every((name) => /^[0-9a-f]{64}\.json$/.test(name))).toBe(true);
    execFileSync('mount', ['-o', 'remount,size=4m', sandbox.path('results')]);
    const whole = await inSandbox(...sweep);
    expect(whole.code).toBe(0);
    expect(whole.stdout).toBe((await inSandbox(...sweep.slice(0, -2))).stdout);
  });
});

it('a folder that may not be written to is said so, to another user than root', async ({ skip }) => {
  if (process.getuid?.() !== 0) return skip('only root may become another user');
  const nobody = { uid: 65534, gid: 65534 };
  const tool = join(ROOT, 'bin/run.js');
  const run = (...args: string[]) =>
    finished(
      spawn(process.execPath, [tool, ...args], {
        cwd: sandbox.folder,
        env: toolEnvironment({ HOME: sandbox.folder }),
        ...nobody,
      }),
    );
  chmodSync(sandbox.folder, 0o755);
  if ((await run('--version')).code !== 0) return skip('another user cannot read the tool here');
  chmodSync(sandbox.path('good.csv'), 0o644);
  writeFileSync(sandbox.path('secret.csv'), SMALL_TRACE, { mode: 0o600 });
  const refusals: [string[], string][] = [
    [
      ['inspect', 'good.csv', '--output', 'out.txt'],
      'out.txt: expected a file that can be written, found no permission to write',
    ],
    [['inspect', 'secret.csv'], 'secret.csv: expected a readable trace file, found no permission to read it'],
    [
      ['sweep', `${ROOT}/docs/examples/two-points.yaml`, '--results', 'new'],
      'new: expected a folder for results, found no permission to write',
    ],
  ];
  for (const [args, sentence] of refusals) {
    expect(await run(...args)).toEqual({ code: 2, stdout: '', stderr: `smmuscope: ${sentence}\n` });
  }
  expect(sandbox.list()).toEqual(['good.csv', 'secret.csv']);
});

describe('a file that changes while it is read', () => {
  /** Start a command on a trace of some seconds, stop it in the middle of reading, `change`, and let it go on. */
  async function changedMeanwhile(change: (path: string) => void) {
    const path = sandbox.write('long.csv', longTrace());
    const child = startCli(['inspect', 'long.csv', '--output', 'out.txt'], { cwd: sandbox.folder });
    const end = finished(child);
    const isReading = () => {
      const folder = `/proc/${child.pid}/fd`;
      return readdirSync(folder).some((descriptor) => linkOf(join(folder, descriptor)) === path);
    };
    while (!isReading()) {
      if (child.exitCode !== null) throw new Error('ended before it was stopped');
      await sleep(1);
    }
    child.kill('SIGSTOP');
    change(path);
    child.kill('SIGCONT');
    return end;
  }

  const linkOf = (path: string): string => {
    try {
      return readlinkSync(path);
    } catch {
      return '';
    }
  };

  const [HEADER = '', ROW = ''] = SMALL_TRACE.split('\n').map((line) => `${line}\n`);
  /** About 20 MB. */
  const longTrace = (): string => HEADER + ROW.repeat(600_000);
  const HALF_BYTES = HEADER.length + 300_000 * ROW.length;

  it.each([
    ['grows', (path: string) => appendFileSync(path, ROW), /found it grown from \d+ to \d+ bytes; copy it first\n$/],
    [
      'is cut',
      (path: string) => truncateSync(path, HALF_BYTES),
      /found it cut from \d+ to \d+ bytes; copy it first\n$/,
    ],
  ] as const)('one that %s is refused', async (_what, change, sentence) => {
    if (!existsSync('/proc/self/fd')) return;
    const { code, stdout, stderr } = await changedMeanwhile(change);
    expect(stderr).toMatch(
      /^smmuscope: long\.csv: expected a trace file that does not change while it is read, [^\n]+\n$/,
    );
    expect(stderr).toMatch(sentence);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(sandbox.list()).toEqual(['good.csv', 'long.csv']);
  });

  it('one that is replaced is read as it was', async () => {
    if (!existsSync('/proc/self/fd')) return;
    sandbox.write('other.csv', 'nothing');
    expect(await changedMeanwhile((path) => renameSync(sandbox.path('other.csv'), path))).toEqual({
      code: 0,
      stdout: '',
      stderr: '',
    });
    expect(sandbox.read('out.txt')).toContain('600,000 translations');
  });
});

describe('pipes', () => {
  it('a reader that goes away ends a conversion in peace', async () => {
    const { code, stdout, stderr } = await runPipeline(`smmuscope convert '${LOG}' - --to csv | head -n 1`);
    expect({ code, stderr: stderr.replace(/^smmuscope: csv cannot hold[^\n]*\n/, '') }).toEqual({
      code: 0,
      stderr: '',
    });
    expect(stdout).toMatch(/^time_ns,[^\n]*\n$/);
  });

  it('named pipes are read from and written to', async () => {
    execFileSync('mkfifo', [sandbox.path('in'), sandbox.path('out')]);
    const written = finished(spawn('cat', [sandbox.path('out')]));
    const run = inSandbox('convert', 'in', 'out', '--to', 'csv');
    writeFileSync(sandbox.path('in'), SMALL_TRACE);
    expect((await run).code).toBe(0);
    const file = await inSandbox('convert', 'good.csv', '-', '--to', 'csv');
    expect((await written).stdout).toBe(file.stdout);
    expect(readFileSync(sandbox.path('good.csv'), 'utf8')).toBe(SMALL_TRACE);
  });
});
