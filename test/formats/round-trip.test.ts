/**
 * Is every format recognised without its name, and does every event come back through it exactly, however the bytes are
 * cut? One check, applied to every sample and every format.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { writerByName, writerNames } from '../../src/formats/output-registry.js';
import { writerContext } from '../../src/formats/writer.js';
import { ABSENT, EventBatch, EventKind } from '../../src/trace/events.js';
import { anyRow, batchOf } from '../support/any-events.js';
import { readContent, readTrace, rowsOf, tracePath } from '../support/traces.js';

type Rows = Record<string, number>[];

const SAMPLES = [
  'boot-strict.qemu-7.2.log.xz',
  'faults-strict.qemu-7.2.log.xz',
  'csv/ats-four-devices.csv',
  'csv/granules-and-blocks.csv',
  'csv/raw-words.csv',
  'csv/strict-unmap.csv',
];
/** Formats that hold every event. */
const COMPLETE = ['csv', 'jsonl', 'arrow', 'arrow-stream'];

async function* stream(batches: readonly EventBatch[]) {
  yield* batches;
}

/** What a format makes of `batches`, and what it says it lost. */
async function written(batches: readonly EventBatch[], format: string) {
  const context = writerContext();
  const pieces: Uint8Array[] = [];
  for await (const piece of writerByName(format).write(stream(batches), context)) pieces.push(piece.slice());
  return { bytes: Buffer.concat(pieces), losses: context.losses.entries() };
}

/** The check: write, recognise, read whole and in pieces of 64 bytes; what comes back is `expected`. */
async function expectRoundTrip(batches: readonly EventBatch[], format: string, expected: Rows): Promise<void> {
  const { bytes } = await written(batches, format);
  const back = await readContent(bytes);
  expect(back.trace.statistics.format).toBe(format.replace('-stream', ''));
  expect(rowsOf(back.batches)).toEqual(expected);
  const pieces = await readContent(bytes, { chunkBytes: 64 });
  expect(rowsOf(pieces.batches)).toEqual(expected);
  expect(pieces.trace.statistics).toEqual(back.trace.statistics);
}

/** What a raw dump keeps: commands, doorbells and completions, in order. */
function rawRows(rows: Rows): Rows {
  return rows
    .filter(({ kind }) => kind <= EventKind.SyncDone)
    .map((row, ordinal) => ({ ...row, timeNs: ordinal, vcpu: ABSENT, queue: 0, flags: 0 }));
}

describe.each(SAMPLES)('%s', (name) => {
  it('is recognised and read the same in pieces of 64 bytes', async () => {
    const whole = await readTrace(tracePath(name));
    const pieces = await readTrace(tracePath(name), { chunkBytes: 64 });
    expect(rowsOf(pieces.batches)).toEqual(rowsOf(whole.batches));
    expect(pieces.trace.statistics).toEqual(whole.trace.statistics);
  });

  it.each(COMPLETE)('comes back whole through %s', async (format) => {
    const { batches } = await readTrace(tracePath(name));
    await expectRoundTrip(batches, format, rowsOf(batches));
  });

  it('comes back through raw as far as it holds', async () => {
    const { batches } = await readTrace(tracePath(name));
    const expected = rawRows(rowsOf(batches));
    if (expected.length > 0) await expectRoundTrip(batches, 'raw', expected);
  });
});

describe('any events', () => {
  it.each(COMPLETE)('come back whole through %s, and nothing is said to be lost', async (format) => {
    await fc.assert(
      fc.asyncProperty(fc.array(anyRow, { minLength: 1, maxLength: 30 }), async (rows) => {
        const batches = [batchOf(rows), new EventBatch(4)];
        const { bytes, losses } = await written(batches, format);
        expect(losses).toEqual([]);
        expect(rowsOf((await readContent(bytes)).batches)).toEqual(rowsOf(batches));
      }),
      { numRuns: 120 },
    );
  });

  it('come back through raw without what raw counts as lost', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(anyRow, { minLength: 1, maxLength: 30 }), async (rows) => {
        const batches = [batchOf(rows)];
        const before = rowsOf(batches);
        const { bytes, losses } = await written(batches, 'raw');
        const kept = before.filter(({ kind }) => kind <= EventKind.SyncDone);
        const count = (what: string) => losses.find((loss) => loss.what.startsWith(what))?.count ?? 0;
        expect(count('dma events') + count('map events') + count('unmap events')).toBe(before.length - kept.length);
        expect(count('vCPU numbers')).toBe(kept.filter(({ vcpu }) => vcpu !== ABSENT).length);
        expect(count('queue numbers')).toBe(kept.filter(({ queue }) => queue !== 0).length);
        expect(count('flags')).toBe(kept.filter(({ flags }) => flags !== 0).length);
        expect(count('times')).toBe(kept.filter(({ timeNs }, ordinal) => timeNs !== ordinal).length);
        if (kept.length > 0) expect(rowsOf((await readContent(bytes)).batches)).toEqual(rawRows(before));
      }),
      { numRuns: 120 },
    );
  });

  it('have a writer for every name', () => {
    expect(writerNames()).toEqual([...COMPLETE, 'raw']);
  });
});
