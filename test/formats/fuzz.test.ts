/**
 * Does every reader, whatever bytes it is given, end in sound events or in a TraceFormatError, at once? `npm run fuzz` has
 * many more inputs, and watches time and memory from outside (test/fuzz/).
 */
import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { beforeAll, describe, expect, it } from 'vitest';
import { openTrace } from '../../src/formats/open-trace.js';
import { writerByName } from '../../src/formats/output-registry.js';
import { readerNames } from '../../src/formats/registry.js';
import { writerContext } from '../../src/formats/writer.js';
import { collectCorpus } from '../fuzz/corpus.js';
import { inputOf } from '../fuzz/inputs.js';
import { readInput, Soundness } from '../fuzz/round.js';
import { damaged } from '../support/damage.js';
import { simpleTraceOf } from '../support/simple-trace.js';
import { readTrace, traceBytes, tracePath, traceText } from '../support/traces.js';

/** Damaged copies per sample. */
const ROUNDS = 80;
/** Changed recordings of the whole corpus, with a seed that `npm run fuzz` has only if it is told to. */
const CORPUS_INPUTS = 1500;
const TEST_SEED = 77;
/** A reading of a damaged copy of at most this size takes milliseconds. */
const SAMPLE_BYTES = 30_000;
const MAX_MILLISECONDS = 2000;

/** Tables of other programs. */
const FOREIGN_ARROW = ['duckdb.arrow', 'pandas.feather', 'polars.arrow', 'polars.arrows'];

const samples = new Map<string, Uint8Array>();

async function written(format: string, name: string): Promise<Uint8Array> {
  const { batches } = await readTrace(tracePath(name));
  const pieces: Uint8Array[] = [];
  for await (const piece of writerByName(format).write(Readable.from(batches), writerContext())) {
    pieces.push(piece.slice());
  }
  return Buffer.concat(pieces);
}

beforeAll(async () => {
  const log = (await traceText('faults-strict.qemu-7.2.log.xz')).slice(0, SAMPLE_BYTES);
  const sample = 'csv/ats-four-devices.csv';
  samples.set('qemu-log', Buffer.from(log));
  samples.set(
    'qemu-vtd-log',
    Buffer.from((await traceText('vtd-onedomain-head.qemu-7.2.log.xz')).slice(0, SAMPLE_BYTES)),
  );
  samples.set('ftrace', Buffer.from((await traceText('rebind-strict.ftrace.txt.xz')).slice(0, SAMPLE_BYTES)));
  samples.set('vtd ftrace', Buffer.from((await traceText('vtd-rebind-4ats-k61.ftrace.txt.xz')).slice(0, SAMPLE_BYTES)));
  samples.set('qemu-simple', simpleTraceOf(`${log.slice(0, 8000)}\n`.replace(/\n[^\n]*\n$/, '\n'), '7.2'));
  samples.set('csv', await traceBytes(sample));
  for (const format of ['jsonl', 'arrow', 'raw']) samples.set(format, await written(format, sample));
  for (const ending of FOREIGN_ARROW) {
    samples.set(`arrow of ${ending}`, await traceBytes(`arrow/granules-and-blocks.${ending}`));
  }
  samples.set('arrow stream', await written('arrow-stream', 'csv/granules-and-blocks.csv'));
  samples.set('gz', gzipSync(log));
  samples.set('zst', await traceBytes('zst/boot-strict.qemu-7.2.log.zst'));
  samples.set('xz', await traceBytes('boot-strict.qemu-7.2.log.xz'));
});

/** Read `bytes`; throws unless it ends as it may. */
async function survive(bytes: Uint8Array, format: string | undefined, lenient: boolean, chunkBytes: number) {
  const started = performance.now();
  await readInput(bytes, { format, lenient, chunkBytes });
  if (performance.now() - started > MAX_MILLISECONDS) throw new Error('too slow');
}

const SAMPLES = [
  'qemu-log',
  'qemu-simple',
  'qemu-vtd-log',
  'ftrace',
  'vtd ftrace',
  'csv',
  'jsonl',
  'arrow',
  'raw',
  'arrow stream',
  ...FOREIGN_ARROW.map((ending) => `arrow of ${ending}`),
  'gz',
  'zst',
  'xz',
];
/** The format of a sample; undefined: recognised by content. */
const formatOf = (sample: string): string | undefined =>
  sample === 'vtd ftrace' ? 'ftrace' : readerNames().find((reader) => reader === sample.split(' ')[0]);

describe.each(SAMPLES)('%s', (name) => {
  it('survives damage', async () => {
    const sample = samples.get(name) as Uint8Array;
    const format = formatOf(name);
    for (let round = 0; round < ROUNDS; round++) {
      const seed = 1 + round;
      const bytes = damaged(sample, seed);
      const chunkBytes = [64, 1000, 1 << 16][seed % 3];
      try {
        await survive(bytes, seed % 5 === 0 ? undefined : format, seed % 2 === 0, chunkBytes);
      } catch (error) {
        throw new Error(`${name} with seed ${seed}: ${(error as Error).stack}`);
      }
    }
  });
});

it('all recordings of traces/ survive changes that know their format', async () => {
  const corpus = await collectCorpus(tracePath(''));
  expect(new Set(corpus.seeds.map(({ layout }) => layout))).toEqual(
    new Set(['text', 'arrow', 'raw', 'qemu-simple', 'gz', 'xz', 'zst', 'bytes']),
  );
  const verdicts = { read: 0, refused: 0 };
  for (let number = 0; number < CORPUS_INPUTS; number++) {
    const { seed, bytes, giving } = inputOf(corpus, TEST_SEED, number);
    try {
      verdicts[await readInput(bytes, giving)]++;
    } catch (error) {
      throw new Error(`--seed ${TEST_SEED} --input ${number} (${seed.name}): ${(error as Error).stack}`);
    }
  }
  // Changes that leave nothing to be read, or all of it, would find little.
  expect(verdicts.read).toBeGreaterThan(CORPUS_INPUTS / 10);
  expect(verdicts.refused).toBeGreaterThan(CORPUS_INPUTS / 10);
});

/** `bytes` as a transfer in text mode leaves them. */
const transferred = (bytes: Uint8Array, ...[from, to]: readonly [string, string]): Buffer =>
  Buffer.from(Buffer.from(bytes).toString('latin1').replaceAll(from, to), 'latin1');

it.each(SAMPLES)('%s survives a transfer as text', async (name) => {
  const sample = samples.get(name) as Uint8Array;
  for (const bytes of [
    transferred(sample, '\n', '\r\n'),
    transferred(sample, '\r', ''),
    transferred(sample, '\n', ''),
  ]) {
    await survive(bytes, formatOf(name), false, 1 << 16);
  }
});

/** Damage that was not survived once. */
const FOUND: readonly [string, number, string][] = [
  ['arrow stream', 1001051, 'a dictionary that claims 167 million names in a few hundred bytes'],
  ['arrow', 5000443, 'a column name with control characters, which the message repeats'],
];

it.each(FOUND)('%s with seed %i: %s', async (name, seed) => {
  const started = performance.now();
  await survive(damaged(samples.get(name) as Uint8Array, seed), formatOf(name), false, 1 << 16);
  expect(performance.now() - started).toBeLessThan(1000);
});

it('every reader has a sample', () => {
  expect(SAMPLES).toEqual(expect.arrayContaining(readerNames()));
});

describe('each reader on the samples of all others', () => {
  it.each(readerNames())('%s', async (format) => {
    for (const bytes of samples.values()) {
      await survive(bytes, format, false, 1 << 16);
      await survive(bytes.subarray(0, 3), format, true, 64);
    }
  });
});

/** Noise of BYTES bytes is skipped within the limit of a reading, a thousand times what it takes if nothing in it is walked twice. */
describe('lines of noise', () => {
  const BYTES = 2 ** 16;
  const PIECES = [' ', ',', '"', '{', '[', '(', '0', 'x', '=', ':', '.', '-', 'smmu', '0x1 '];
  const TEXTS = ['qemu-log', 'qemu-vtd-log', 'ftrace', 'csv', 'jsonl'];

  it.each(TEXTS)('take %s no longer than others, whatever they are of', async (format) => {
    const lines = Buffer.from(samples.get(format) as Uint8Array)
      .toString('latin1')
      .split('\n');
    const beginning = `${lines.slice(0, 5).join('\n')}\n`;
    const line = lines.find((text) => text.length > 40) ?? '';
    for (const piece of ['\n', ...PIECES.map((text) => `${text}\n`)]) {
      await survive(Buffer.from(beginning + piece.repeat(BYTES / piece.length / 4)), format, true, 1 << 16);
    }
    for (const piece of PIECES) {
      const middle = `${line.slice(0, 30)}${piece.repeat(BYTES / piece.length)}${line.slice(30)}\n`;
      await survive(Buffer.from(beginning + middle), format, true, 1 << 16);
    }
  });
});

describe('a line of a gigabyte', () => {
  const LIMIT = /expected (lines|rows) of at most 1048576 bytes, found a longer one$/;

  it.each([
    ['csv', 'time_ns,event\n0,doorbell\n1,'],
    ['csv', 'time_ns,event,x_note\n0,doorbell,"'],
    ['jsonl', '{"time_ns":0,"event":"doorbell","x_note":"'],
    ['qemu-log', 'smmuv3_write_mmio addr: 0x98 val:0x2 size: 0x4(0)\n'],
    ['qemu-vtd-log', 'vtd_inv_qi_tail write tail 1\n'],
    ['ftrace', '# tracer: nop\n#\n'],
  ])('is refused by %s before it is held', async (format, beginning) => {
    const block = Buffer.alloc(2 ** 16, 'x');
    let given = 0;
    async function* endless() {
      yield Buffer.from(beginning);
      for (; given < 2 ** 30; given += block.length) yield block;
    }
    const drawn = async () => {
      const soundness = new Soundness(format);
      const trace = await openTrace('-', { stdin: Readable.from(endless()), format });
      for await (const batch of trace.batches) soundness.check(batch);
    };
    await expect(drawn()).rejects.toThrow(LIMIT);
    expect(given).toBeLessThan(2 ** 23);
  });
});
