/**
 * The library: does each function come to what its command prints, with the same defaults; is every bad option a UserError;
 * are traces in memory the traces that they are; and does a signal end the work within a second, leaving nothing behind?
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, expectTypeOf, it } from 'vitest';
import * as library from '../../src/index.js';
import { ROOT, Sandbox } from '../support/cli.js';
import { WarmCli } from '../support/warm-cli.js';

const { compare, convert, inspect, openTrace, replay, sweep } = library;
const TRACE = 'traces/csv/ats-four-devices.csv';
const LONG = 'traces/rebind-strict.qemu-7.2.log.xz';
const STUDY = 'docs/examples/two-points.yaml';
const sandbox = new Sandbox();
const cli = new WarmCli();
afterAll(async () => {
  sandbox.remove();
  await cli.close();
});

/** What a command prints as JSON, but for the build, which is of dist/ there and of src/ here. */
const printed = async (...args: string[]) => withoutBuild(JSON.parse((await cli.run([...args, '--json'])).stdout));
const withoutBuild = (document: unknown): unknown =>
  JSON.parse(JSON.stringify(document), (key, value) => (key === 'build' || key === 'id' ? undefined : value));

describe('the same as the command', () => {
  it('replay', async () => {
    const document = await replay(TRACE, { strategy: 'ioctl' });
    expect(withoutBuild(document)).toEqual(await printed('replay', TRACE, '--strategy', 'ioctl'));
  });

  it('replay with every kind of option', async () => {
    const document = await replay(TRACE, {
      strategy: 'sw-vcmdq:worker=poll',
      set: { 'smmu.mem_latency_ns': 250 },
      atc: 'broadcast',
      vms: 2,
      vmShift: '500ns',
      background: 1000,
      pacing: 'asap',
      dma: 'timed',
      warmup: 10,
      limit: 100,
      seed: 3,
      msi: false,
      safety: false,
      transforms: { guestRil: 'off', guestKernel: '6.12', timeScale: 0.5 },
    });
    const model = '--atc broadcast --vms 2 --vm-shift 500ns --background 1000 --pacing asap --dma timed --warmup 10';
    const rest = '--limit 100 --seed 3 --no-msi --no-safety --guest-ril off --guest-kernel 6.12 --time-scale 0.5';
    const flags = `--strategy sw-vcmdq:worker=poll --set smmu.mem_latency_ns=250 ${model} ${rest}`;
    expect(withoutBuild(document)).toEqual(await printed('replay', TRACE, ...flags.split(' ')));
  });

  it('compare, with gates', async () => {
    const gates = ['latency.operation.p99_ns <= 0.5x baseline'];
    const document = await compare(TRACE, { gates, seeds: 2 });
    const { code, stdout } = await cli.run(['compare', TRACE, '--gate', gates[0], '--seeds', '2', '--json']);
    expect(withoutBuild(document)).toEqual(withoutBuild(JSON.parse(stdout)));
    expect({ passed: document.gates?.passed, code }).toEqual({ passed: false, code: 3 });
  });

  it('inspect', async () => {
    expect(withoutBuild(await inspect(TRACE))).toEqual(await printed('inspect', TRACE));
  });

  it('sweep', async () => {
    expect(withoutBuild(await sweep(STUDY, { jobs: 1 }))).toEqual(await printed('sweep', STUDY));
  });

  it('convert', async () => {
    const [mine, theirs] = [sandbox.path('mine.jsonl'), sandbox.path('theirs.jsonl')];
    const saved = await convert(TRACE, mine);
    await cli.run(['convert', TRACE, theirs]);
    expect(readFileSync(mine, 'utf8')).toBe(readFileSync(theirs, 'utf8'));
    expect(saved).toMatchObject({ format: 'jsonl', compression: 'none', events: 232 });
  });
});

it('a result type-checks down to its leaves', async () => {
  const { results } = await replay(TRACE, { strategy: 'ioctl' });
  expectTypeOf(results[0].errors.atc_timeouts).toEqualTypeOf<number>();
  expectTypeOf(results[0].host.queues[0].deepest).toEqualTypeOf<number>();
  expectTypeOf(results[0].tlb?.main.misses).toEqualTypeOf<number | undefined>();
  // @ts-expect-error a key that no result has
  expect(results[0].host.unheard_of).toBeUndefined();
  expect(results[0].errors.atc_timeouts).toBe(0);
  expect(results[0].host.queues[0].deepest).toBeGreaterThan(0);
  expect(results[0].tlb?.main.misses).toBeGreaterThan(0);
});

describe('a trace in memory', () => {
  const name = 'ats-four-devices.csv';
  const bytes = readFileSync(join(ROOT, TRACE));

  it.each([
    ['bytes', { name, data: bytes }],
    ['text', { name, data: bytes.toString('utf8') }],
  ])('is the trace that its %s are in a file', async (_, trace) => {
    expect(await replay(trace, { strategy: 'native' })).toEqual(await replay(TRACE, { strategy: 'native' }));
    expect(await inspect(trace)).toEqual(await inspect(TRACE));
  });

  it('may be compressed, nameless, and one of several', async () => {
    const packed = readFileSync(join(ROOT, LONG));
    const { provenance } = await compare([packed, TRACE], { strategies: ['native'], limit: 100 });
    expect(provenance.traces.map(({ file, compression }) => [file, compression])).toEqual([
      ['<memory>', 'xz'],
      [name, 'none'],
    ]);
  });

  it('is opened as batches of events', async () => {
    const opened = await openTrace(bytes, { format: 'csv' });
    let events = 0;
    for await (const batch of opened.batches) events += batch.count;
    expect({ events, format: opened.statistics.format }).toEqual({ events: 232, format: 'csv' });
  });
});

describe('what is wrong is a UserError', () => {
  const wrong: [what: string, run: () => Promise<unknown>, sentence: string][] = [
    [
      'no options',
      () => replay(TRACE, undefined as never),
      'options: expected an object with at least the option strategy, found none',
    ],
    ['options that are none', () => compare(TRACE, 5 as never), 'options: expected an object, found 5'],
    ['no strategy', () => replay(TRACE, {} as never), 'option strategy: expected a strategy, found none'],
    [
      'a strategy that is none',
      () => replay(TRACE, { strategy: 'ioctI' }),
      'unknown strategy ioctI; did you mean ioctl?',
    ],
    [
      'an unknown option',
      () => replay(TRACE, { strategy: 'ioctl', stratagy: 1 } as never),
      'unknown option stratagy; did you mean strategy?',
    ],
    [
      'an unknown one inside',
      () => inspect(TRACE, { transforms: { gestAts: true } } as never),
      'unknown option transforms.gestAts; did you mean guestAts?',
    ],
    [
      'a value of another type',
      () => replay(TRACE, { strategy: 'ioctl', warmup: '5' as never }),
      'option warmup: expected an integer from 0, found "5"',
    ],
    [
      'a value out of range',
      () => compare(TRACE, { vms: 257 }),
      'option vms: expected an integer from 1 to 256, found 257',
    ],
    [
      'a choice that is none',
      () => compare(TRACE, { pacing: 'fast' as never }),
      'option pacing: expected one of closed, recorded, asap, found "fast"',
    ],
    [
      'a signal that is none',
      () => inspect(TRACE, { signal: {} as never }),
      'option signal: expected an AbortSignal, found {}',
    ],
    [
      'an entry of a list',
      () => compare(TRACE, { strategies: ['ioctl', 1 as never] }),
      'option strategies: expected strategies, in a list or separated by commas',
    ],
    [
      'a text that says nothing',
      () => replay(TRACE, { strategy: 'ioctl', vmShift: 'soon' }),
      '--vm-shift: expected a time',
    ],
    [
      'no trace',
      () => replay(undefined as never, { strategy: 'ioctl' }),
      'expected the path of a trace, its bytes, or { name, data }, found none',
    ],
    ['no traces', () => compare([]), 'expected at least one trace, found none'],
    ['a file that is none', () => openTrace('none.log'), 'none.log: expected a trace file, found no such file'],
    ['content that is none', () => inspect({ name: 'x', data: 'y' }), 'x: expected'],
    ['an output that is none', () => convert(TRACE, 1 as never), 'expected the path of an output, found 1'],
    ['a study that is none', () => sweep({} as never), 'expected the path of a study, found {}'],
    ['a shard that is none', () => sweep(STUDY, { shard: 'two' }), 'shard'],
  ];

  it.each(wrong)('%s', async (_, run, sentence) => {
    const error = await run().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(library.UserError);
    expect((error as Error).message).toContain(sentence);
  });
});

describe('a signal', () => {
  const GATED = { strategies: ['all'], transforms: { repeat: 200 } };
  const works: [what: string, run: (signal: AbortSignal) => Promise<unknown>][] = [
    ['replay', (signal) => replay(LONG, { strategy: 'ioctl', transforms: { repeat: 1000 }, signal })],
    ['compare in one thread', (signal) => compare(LONG, { ...GATED, jobs: 1, signal })],
    ['compare in two threads', (signal) => compare(LONG, { ...GATED, jobs: 2, signal })],
    ['inspect', (signal) => inspect(LONG, { transforms: { repeat: 1000 }, signal })],
    ['convert', (signal) => convert(LONG, sandbox.path('long.csv'), { transforms: { repeat: 1000 }, signal })],
    ['sweep', (signal) => sweep(sandbox.write('long.yaml', LONG_STUDY), { jobs: 1, signal })],
  ];
  const LONG_STUDY = `schema: smmuscope.study/1\ntraces: ['${join(ROOT, LONG)}']\nstrategies: [ioctl]\nseeds: [${Array.from({ length: 200 }, (_, i) => i)}]\n`;

  it.each(works)('ends %s within a second', async (what, run) => {
    const controller = new AbortController();
    let abortedMs = Number.NaN;
    setTimeout(() => {
      abortedMs = performance.now();
      controller.abort(new Error('enough'));
    }, 500);
    const error = await run(controller.signal).catch((thrown: unknown) => thrown);
    expect(performance.now() - abortedMs, what).toBeLessThan(1000);
    expect(error).toBeInstanceOf(library.AbortError);
    expect(error).toMatchObject({ name: 'AbortError', cause: new Error('enough') });
    expect(sandbox.list().filter((name) => name.includes('long.csv'))).toEqual([]);
  });

  it('that is aborted already lets nothing begin', async () => {
    const onProgress = () => expect.unreachable();
    const asked = { strategy: 'ioctl', signal: AbortSignal.abort(), onProgress };
    await expect(replay(TRACE, asked)).rejects.toMatchObject({ name: 'AbortError' });
  });
});

it('progress is told', async () => {
  const told: [number, number | undefined, number][] = [];
  await replay(TRACE, { strategy: 'ioctl', onProgress: (...progress) => told.push(progress) });
  const { length } = readFileSync(join(ROOT, TRACE));
  expect(told.at(-1)).toEqual([length, length, 232]);
  const points: [number, number][] = [];
  await sweep(STUDY, { jobs: 1, onProgress: (...ended) => points.push(ended) });
  expect(points.at(-1)).toEqual([2, 2]);
});
