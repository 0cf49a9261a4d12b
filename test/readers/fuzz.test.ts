/**
 * Does every reader, whatever bytes it is given, end in events or in a TraceFormatError: no crash, no hang, no memory
 * beyond a limit? `npm run fuzz` runs many more rounds with other seeds.
 */
import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { beforeAll, describe, expect, it } from 'vitest';
import { openTrace } from '../../src/readers/open-trace.js';
import { readerNames } from '../../src/readers/registry.js';
import { TraceFormatError } from '../../src/trace/errors.js';
import { EVENT_NAMES, type EventBatch, EventKind } from '../../src/trace/events.js';
import { writerByName } from '../../src/writers/registry.js';
import { writerContext } from '../../src/writers/writer.js';
import { damaged } from '../support/damage.js';
import { simpleTraceOf } from '../support/simple-trace.js';
import { readTrace, traceBytes, tracePath, traceText } from '../support/traces.js';

/** Damaged copies per sample; FUZZ_ROUNDS and FUZZ_SEED are for `npm run fuzz`. */
const ROUNDS = Number(process.env.FUZZ_ROUNDS ?? 120);
const FIRST_SEED = Number(process.env.FUZZ_SEED ?? 1);
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

/** Everything that an event may be. */
function expectSound(batch: EventBatch, before: number): number {
  let last = before;
  for (let row = 0; row < batch.count; row++) {
    const timeNs = batch.timeNs[row];
    if (!Number.isSafeInteger(timeNs) || timeNs < last) throw new Error(`time ${timeNs} after ${last}`);
    if (batch.kind[row] >= EVENT_NAMES.length) throw new Error(`kind ${batch.kind[row]}`);
    if (batch.kind[row] >= EventKind.Dma && !(batch.iovaPage[row] < 2 ** 52)) throw new Error('IOVA');
    last = timeNs;
  }
  return last;
}

/** Read `bytes`; throws unless it ends as it may. */
async function survive(bytes: Uint8Array, format: string | undefined, lenient: boolean, chunkBytes: number) {
  const started = performance.now();
  let last = 0;
  let events = 0;
  try {
    const trace = await openTrace('-', { stdin: Readable.from([bytes]), format, lenient, chunkBytes });
    for await (const batch of trace.batches) {
      last = expectSound(batch, last);
      events += batch.count;
    }
  } catch (error) {
    if (!(error instanceof TraceFormatError)) throw error;
    if (/\n/.test(error.message) || error.message.length > 2000) throw new Error(`message: ${error.message}`);
  }
  if (performance.now() - started > MAX_MILLISECONDS) throw new Error('too slow');
  // No damage makes many events of few bytes.
  if (events > 50 * (bytes.length + 1) && !['gz', 'zst', 'xz'].includes(format ?? ''))
    throw new Error(`${events} events`);
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
      const seed = FIRST_SEED + round;
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
      const trace = await openTrace('-', { stdin: Readable.from(endless()), format });
      for await (const batch of trace.batches) expectSound(batch, 0);
    };
    await expect(drawn()).rejects.toThrow(LIMIT);
    expect(given).toBeLessThan(2 ** 23);
  });
});
