/** Replays in several threads: the same bytes as in one, the same errors, and an end when it is asked for? (Needs dist/.) */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pathToFileURL } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import type * as Run from '../../src/session/run.js';
import type { RunHooks, RunOptions } from '../../src/session/run.js';
import type * as Division from '../../src/session/threads/division.js';
import { finished, ROOT, runCli, runPipeline, Sandbox, startCli } from '../support/cli.js';
import { OPTIONS } from '../topology/run.js';

// Threads run what is built, so that this does, too.
const built = (module: string) => import(join(ROOT, 'dist/session', module));
const { runReplays } = (await built('run.js')) as typeof Run;
const { divide } = (await built('threads/division.js')) as typeof Division;

const sandbox = new Sandbox();
afterAll(() => sandbox.remove());

/** Threads from the first event on. */
const NOW: RunHooks = { threadsPayFrom: 0 };
const REBIND = 'traces/rebind-strict.qemu-7.2.log.xz';
const ATS = 'traces/csv/ats-four-devices.csv';

async function documentOf(jobs: number, trace: string, options: Partial<RunOptions>): Promise<string> {
  return JSON.stringify(await runReplays([trace], { ...OPTIONS, ...options }, { ...NOW, jobs }));
}

/** What a run ends with: its document, or what it says of its failure. */
async function endOf(jobs: number, trace: string, options: Partial<RunOptions>): Promise<unknown> {
  try {
    return await documentOf(jobs, trace, options);
  } catch (error) {
    const { name, message, exitCode } = error as Error & { exitCode?: number };
    return { name, message, exitCode, isError: error instanceof Error };
  }
}

const CASES: [string, string, Partial<RunOptions>][] = [
  ['all strategies, with what QEMU recorded', REBIND, { strategies: ['all'], profile: 'qemu-iotlb', curves: true }],
  [
    'a trace of more batches than may be on their way',
    'traces/bigsg-strict.qemu-7.2.log.xz',
    { strategies: ['ioctl,hw-vcmdq,native'] },
  ],
  [
    'transforms',
    REBIND,
    { strategies: ['all'], limit: 6000, transforms: { guestAts: true, repeat: 2, timeScale: 0.5 } },
  ],
  [
    'several VMs and traffic of the host',
    REBIND,
    { strategies: ['all'], limit: 6000, vms: 3, vmShiftNs: 500, backgroundPerS: 5000 },
  ],
  [
    'timed DMA after a warm-up',
    REBIND,
    { strategies: ['all'], limit: 9000, dma: 'timed', pacing: 'recorded', warmup: 700 },
  ],
  [
    'random replacement',
    REBIND,
    { strategies: ['all'], limit: 9000, profile: 'a72-mmu600', seed: 7, safety: false, msi: false },
  ],
  [
    'faults',
    ATS,
    { strategies: ['v1-patch,ioctl,ioctl-batched,sw-vcmdq,native'], faults: ['illegal@20', 'unknown-vsid@30'] },
  ],
  [
    'devices that move',
    ATS,
    { strategies: ['ioctl,hw-vcmdq,native'], atc: ['broadcast', 'vsid'], topology: 'docs/examples/topology.yaml' },
  ],
  [
    'two SMMUs',
    ATS,
    { strategies: ['ioctl,ioctl:routing=broadcast,hw-vcmdq'], topology: 'docs/examples/two-smmus.yaml' },
  ],
  [
    'a change of paths',
    REBIND,
    { strategies: ['hw-vcmdq,hw-vcmdq:lvcmdqs=4,ecmdq'], migrate: { atNs: 7_700_000_000, to: 'sw-vcmdq' } },
  ],
  [
    'a strategy of the user',
    ATS,
    { strategies: ['ioctl,./docs/examples/deferred-ioctl.mjs:limit=2,native,./docs/examples/deferred-ioctl.mjs'] },
  ],
  ['two strategies', ATS, { strategies: ['ioctl,native'] }],
];

describe('the document', () => {
  it.each(CASES)('is the same with one, two and three threads: %s', async (_what, trace, options) => {
    const alone = await documentOf(1, trace, options);
    expect(JSON.parse(alone).results.length).toBeGreaterThan(1);
    for (const jobs of [2, 3]) expect((await documentOf(jobs, trace, options)) === alone, `${jobs} threads`).toBe(true);
  });

  it('is the same for a trace beyond the survey, which threads read on', async () => {
    const options = { strategies: ['ioctl,native,hw-vcmdq'], transforms: { repeat: 6 } };
    const [one, two] = [1, 2].map((jobs) => documentOf(jobs, 'traces/bigsg-strict.qemu-7.2.log.xz', options));
    const alone = await one;
    expect(JSON.parse(alone).provenance.traces[0].topology.source).toBe('inferred from its beginning');
    expect((await two) === alone).toBe(true);
  });

  it('is the same for a trace from a pipe', async () => {
    const bytes = readFileSync(join(ROOT, REBIND));
    const piped = (jobs: number) => {
      const pieces = Array.from({ length: Math.ceil(bytes.length / 5000) }, (_, i) =>
        bytes.subarray(5000 * i, 5000 * (i + 1)),
      );
      return documentOf(jobs, '-', { strategies: ['all'], limit: 9000, stdin: Readable.from(pieces) });
    };
    expect((await piped(2)) === (await piped(1))).toBe(true);
  });
});

/** A strategy that does `action` when its `forward` is called for the `at`-th time in a replay. */
function failing(name: string, at: number, action: string): string {
  const base = pathToFileURL(join(ROOT, 'docs/examples/deferred-ioctl.mjs')).href;
  return sandbox.write(
    `${name}.mjs`,
    `import base from '${base}';

export default (kit) => ({
  ...base(kit),
  name: '${name}',
  create(setup) {
    const made = base(kit).create(setup);
    let calls = 0;
    return {
      ...made,
      forward(...command) {
        if (++calls === ${at}) ${action};
        return made.forward(...command);
      },
    };
  },
});
`,
  );
}

describe('an error', () => {
  it.each([
    ['thrown by a strategy', 'ioctl,native,FAIL'],
    ['thrown by the strategy that this thread replays', 'FAIL,ioctl,native'],
    ['thrown by two, of which the later in the list fails first', 'ioctl,LATE,native,FAIL'],
    ['thrown by two, of which the earlier in the list fails first', 'ioctl,FAIL,native,LATE'],
  ])('%s is that of one thread', async (_what, list) => {
    const fail = failing('early-fault', 3000, "throw new RangeError('too early')");
    const late = failing('late-fault', 6500, "throw new RangeError('too late')");
    const strategies = [list.replace('FAIL', fail).replace('LATE', late)];
    const alone = await endOf(1, REBIND, { strategies });
    expect(alone).toMatchObject({ name: 'UsageError', exitCode: 2 });
    expect(alone).toMatchObject({ message: expect.stringContaining('too early') });
    for (const jobs of [2, 3]) expect(await endOf(jobs, REBIND, { strategies }), `${jobs} threads`).toEqual(alone);
  });

  it('in the trace comes after that of a strategy before it, and before one behind it', async () => {
    const rows = readFileSync(join(ROOT, ATS), 'utf8').trimEnd().split('\n');
    const [header, ...events] = rows;
    const times = (round: number) =>
      events.map((row) => row.replace(/^\d+/, (ns) => String(Number(ns) + 1_000_000 * round))).join('\n');
    const long = Array.from({ length: 700_000 / events.length }, (_, round) => times(round));
    const trace = sandbox.write('malformed.csv', `${[header, ...long, 'nonsense'].join('\n')}\n`);
    const behind = await endOf(1, trace, { strategies: ['ioctl,native'] });
    expect(behind).toMatchObject({ name: 'TraceFormatError', exitCode: 4 });
    expect(await endOf(2, trace, { strategies: ['ioctl,native'] })).toEqual(behind);
    const strategies = [`ioctl,${failing('in-time', 90_000, "throw new Error('first')")}`];
    const before = await endOf(1, trace, { strategies });
    expect(before).toMatchObject({ name: 'UsageError', message: expect.stringContaining('first') });
    expect(await endOf(2, trace, { strategies })).toEqual(before);
  });

  it('that nobody can foresee ends the run, too', async () => {
    const strategies = [`ioctl,native,${failing('leaving', 3000, 'process.exit(7)')}`];
    expect(await endOf(2, REBIND, { strategies })).toMatchObject({
      message: 'a thread of the replay ended with 7',
      isError: true,
    });
    const later = [`ioctl,native,${failing('later', 3000, "setTimeout(() => { throw new Error('afterwards'); })")}`];
    expect(await endOf(2, REBIND, { strategies: later, transforms: { repeat: 20 } })).toMatchObject({
      message: 'afterwards',
    });
  });
});

it('ends when it is interrupted', async () => {
  const abort = new AbortController();
  const onProgress = (_bytes: number, _total: number | undefined, events: number) => {
    if (events > 600_000) abort.abort(new Error('enough'));
  };
  const options = { ...OPTIONS, strategies: ['ioctl,native'], transforms: { repeat: 100 } };
  const hooks = { ...NOW, jobs: 2, signal: abort.signal, onProgress };
  await expect(runReplays(['traces/bigsg-strict.qemu-7.2.log.xz'], options, hooks)).rejects.toThrow('enough');
});

describe('the command', () => {
  /** So long that threads pay, and with Ctrl-C in the middle, never at its end. */
  const long = (repeat: number, strategy: string) => [
    'compare',
    'traces/bigsg-strict.qemu-7.2.log.xz',
    ...['--repeat', String(repeat), '--strategies', `ioctl,${strategy}`, '--jobs', '2', '--json'],
  ];

  it('ends with 130 on Ctrl-C, threads included, and leaves nothing behind', async () => {
    // Thread 1 is the command's own.
    const say = "threadId <= 1 || writeSync(2, 'in a thread')";
    const strategy = failing('saying', 2000, say);
    writeFileSync(
      strategy,
      `import { writeSync } from 'node:fs';\nimport { threadId } from 'node:worker_threads';\n${readFileSync(strategy, 'utf8')}`,
    );
    const output = new Sandbox();
    const child = startCli([...long(1000, strategy), '--output', output.path('out.json')]);
    const end = finished(child);
    await new Promise((resolve) => child.stderr?.once('data', resolve));
    child.kill('SIGINT');
    expect(await end).toEqual({ code: 130, stdout: '', stderr: 'in a thread' });
    expect(output.list()).toEqual([]);
    output.remove();
  });

  it('says in one sentence what a strategy in a thread has thrown', async () => {
    const strategy = failing('broken', 3000, "throw new RangeError('too early')");
    expect(await runCli(long(1000, strategy))).toEqual({
      code: 2,
      stdout: '',
      stderr: `smmuscope: ${strategy}:12: forward(): expected a value of Fate, found RangeError: too early\n`,
    });
  });

  it('ends in peace when the reader of the report goes away', async () => {
    const { code, stderr } = await runPipeline(`smmuscope ${long(6, 'native').join(' ')} | head -c 10`);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  });
});

describe('the division', () => {
  it.each([
    [10, 2, 0],
    [10, 2, 0.0005],
    [10, 3, 0],
    [2, 2, 0.01],
    [3, 8, 0.0002],
    [8, 3, 0],
    [3, 2, 0],
    [1, 2, 0],
    [7, 1, 0.0005],
  ])('of %i strategies among %i threads has each once, and all threads at work', (strategies, threads, decodingMs) => {
    const [own, ...others] = divide(strategies, threads, decodingMs);
    expect([...own, ...others.flat()].sort((a, b) => a - b)).toEqual(Array.from({ length: strategies }, (_, i) => i));
    expect(others).toHaveLength(Math.min(strategies, threads) - 1);
    for (const other of others) expect(other.length).toBeGreaterThanOrEqual(Math.max(1, own.length));
  });

  it('leaves a thread that has much to decode nothing else', () => {
    expect(divide(4, 2, 0.01)).toEqual([[], [0, 1, 2, 3]]);
  });
});
