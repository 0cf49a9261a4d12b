/**
 * Does the column-wise decoder of Arrow take exactly the rows that have a value, whatever stands where there is none and
 * wherever a slice begins, and does it leave every wrong row to the decoder that explains it?
 */
import { makeData, RecordBatch, Struct, tableFromIPC } from 'apache-arrow';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NativeBatchDecoder } from '../../src/formats/arrow/native-batch.js';
import { nativeColumns } from '../../src/formats/arrow/native-buffers.js';
import type { NativeName } from '../../src/formats/arrow/native-columns.js';
import { writerByName } from '../../src/formats/output-registry.js';
import { writerContext } from '../../src/formats/writer.js';
import { ABSENT, EventBatch, EventKind } from '../../src/trace/events.js';
import { rowsOf } from '../support/traces.js';

async function recordBatchOf(batch: EventBatch): Promise<RecordBatch> {
  const pieces: Uint8Array[] = [];
  const batches = (async function* () {
    yield batch;
  })();
  for await (const piece of writerByName('arrow-stream').write(batches, writerContext())) pieces.push(piece.slice());
  return tableFromIPC(Buffer.concat(pieces)).batches[0];
}

type Values = { [index: number]: number | bigint; length: number };
const valuesOf = (batch: RecordBatch, name: NativeName) => batch.getChild(name)?.data[0].values as Values;

function decode(batch: RecordBatch): EventBatch | undefined {
  const columns = nativeColumns(batch);
  return columns && new NativeBatchDecoder().decode(columns, 0, batch.numRows, 1);
}

/** Put ones under every null: Arrow leaves open what stands there. */
function scramble(batch: RecordBatch): void {
  for (const { name } of batch.schema.fields) {
    const column = batch.getChild(name);
    const values = column?.data[0].values as Values;
    for (let row = 0; row < batch.numRows; row++) {
      if (column?.isValid(row)) continue;
      values[row] = typeof values[row] === 'bigint' ? 2n ** 63n - 1n : 0xff;
    }
  }
}

const maybe = (arbitrary: fc.Arbitrary<number>) => fc.oneof(fc.constant(ABSENT), arbitrary);
const word = fc.integer({ min: 0, max: 2 ** 32 - 1 });
const rows = fc.array(
  fc.record({
    kind: fc.integer({ min: 0, max: 5 }) as fc.Arbitrary<EventKind>,
    vcpu: maybe(fc.integer({ min: 0, max: 2 ** 31 - 1 })),
    queue: fc.integer({ min: 0, max: 2 ** 31 - 1 }),
    words: fc.tuple(word, word, word, word),
    sid: maybe(word),
    ssid: maybe(fc.integer({ min: 0, max: 2 ** 20 - 1 })),
    id: maybe(fc.integer({ min: 0, max: 2 ** 16 - 1 })),
    page: fc.integer({ min: 0, max: 2 ** 52 - 1 }),
    log2: fc.constantFrom(0, 12, 14, 16, 21, 31, 32, 63),
    tg: fc.constantFrom(0, 12, 14, 16),
    small: fc.integer({ min: 0, max: 3 }),
  }),
  { minLength: 1, maxLength: 70 },
);

function batchOf(model: typeof rows extends fc.Arbitrary<infer Rows> ? Rows : never): EventBatch {
  const batch = new EventBatch(model.length);
  model.forEach(({ kind, vcpu, queue, words, sid, ssid, id, page, log2, tg, small }, index) => {
    const row =
      kind === EventKind.Cmd ? batch.appendCommand(index, index + 1, ...words) : batch.append(kind, index, index + 1);
    batch.vcpu[row] = vcpu;
    batch.queue[row] = queue;
    if (kind < EventKind.Dma) return;
    batch.sid[row] = sid;
    batch.ssid[row] = ssid;
    batch.asid[row] = id;
    batch.vmid[row] = id === ABSENT ? 7 : ABSENT;
    batch.iovaPage[row] = page;
    batch.iovaOffset[row] = page % 4096;
    batch.pageSizeLog2[row] = log2;
    if (kind === EventKind.Dma) {
      batch.granuleLog2[row] = tg;
      batch.access[row] = small;
      batch.outcome[row] = small;
      batch.flags[row] = small;
    } else batch.pages[row] = small + 1;
  });
  return batch;
}

describe('columns', () => {
  it('give back any rows, with anything under the nulls and from any row on', async () => {
    await fc.assert(
      fc.asyncProperty(rows, fc.integer({ min: 0, max: 20 }), async (model, from) => {
        const batch = batchOf(model);
        const written = await recordBatchOf(batch);
        scramble(written);
        const begin = Math.min(from, batch.count - 1);
        const decoded = decode(written.slice(begin));
        expect(decoded).toBeDefined();
        expect(rowsOf([decoded as EventBatch])).toEqual(rowsOf([batch]).slice(begin));
      }),
      { seed: 5, numRuns: 150 },
    );
  });
});

/** A command, a doorbell, a dma and a map that are right. */
function sound(): EventBatch {
  const batch = new EventBatch(4);
  batch.appendCommand(0, 1, 0x46, 0, 0, 0);
  batch.append(EventKind.Doorbell, 1, 2);
  for (const kind of [EventKind.Dma, EventKind.Map]) {
    const row = batch.append(kind, 2, 3);
    batch.sid[row] = 1;
    batch.iovaPage[row] = 5;
    batch.pageSizeLog2[row] = 12;
    batch.pages[row] = kind === EventKind.Map ? 1 : 0;
  }
  return batch;
}

const CMD = 0;
const DOORBELL = 1;
const DMA = 2;
const MAP = 3;

/** Give row `row` of `name` a value, or take the one it has. */
function setNull(batch: RecordBatch, name: NativeName, row: number, isNull: boolean): RecordBatch {
  const index = batch.schema.fields.findIndex((field) => field.name === name);
  const children = [...batch.data.children];
  const data = children[index];
  const bits = data.nullBitmap?.length ? data.nullBitmap.slice() : new Uint8Array(8).fill(0xff);
  bits[0] = isNull ? bits[0] & ~(1 << row) : bits[0] | (1 << row);
  let nulls = 0;
  for (let at = 0; at < batch.numRows; at++) if ((bits[0] & (1 << at)) === 0) nulls++;
  children[index] = makeData({
    type: data.type,
    length: data.length,
    nullCount: nulls,
    nullBitmap: bits,
    data: data.values,
    dictionary: data.dictionary,
  } as never);
  const struct = makeData({ type: new Struct(batch.schema.fields), length: batch.numRows, nullCount: 0, children });
  return new RecordBatch(batch.schema, struct as never);
}

describe('a row that is wrong is left to the decoder that says why', () => {
  it('while the sound ones are taken', async () => {
    expect(decode(await recordBatchOf(sound()))).toBeDefined();
  });

  it.each([
    ['an opcode that is not the word’s', 'opcode', CMD, 0x30],
    ['a page size of 0 on a dma', 'page_size', DMA, 0n],
    ['a page size that is no power of two', 'page_size', DMA, 0x3000n],
    ['a page size below 4 KiB', 'page_size', MAP, 2048n],
    ['a negative vCPU', 'vcpu', DOORBELL, -1],
    ['a negative queue', 'queue', DOORBELL, -1],
    ['a TG beyond 3', 'tg', DMA, 4],
    ['a SubstreamID of 21 bits', 'ssid', DMA, 2 ** 20],
    ['a SID on a doorbell', 'sid', DOORBELL, 1],
    ['an IOVA on a command', 'iova', CMD, 0n],
    ['a number of pages on a dma', 'num', DMA, 1n],
    ['a map of no page', 'num', MAP, 0n],
    ['an outcome on a map', 'outcome', MAP, 1],
    ['a word on a dma', 'cmd0', DMA, 0x46n],
    ['an opcode on a dma', 'opcode', DMA, 0x46],
    ['a time that goes back', 'time_ns', MAP, 1n],
    ['a time beyond 2^53', 'time_ns', MAP, 2n ** 53n],
    ['an event that is not ours', 'event', MAP, 200],
  ] as const)('%s', async (_, name, row, value) => {
    const written = setNull(await recordBatchOf(sound()), name, row, false);
    valuesOf(written, name)[row] = value;
    expect(decode(written)).toBeUndefined();
  });

  it.each([
    ['an IOVA missing on a dma', 'iova', DMA],
    ['an IOVA missing on a map', 'iova', MAP],
    ['a first word missing', 'cmd0', CMD],
    ['a time missing', 'time_ns', MAP],
    ['an event missing', 'event', MAP],
  ] as const)('%s', async (_, name, row) => {
    expect(decode(setNull(await recordBatchOf(sound()), name, row, true))).toBeUndefined();
  });

  it('a command with neither opcode nor word', async () => {
    let written = await recordBatchOf(sound());
    for (const name of ['opcode', 'cmd0', 'cmd1'] as const) written = setNull(written, name, CMD, true);
    expect(decode(written)).toBeUndefined();
  });

  it('but a command of which only the opcode is known is right', async () => {
    let written = await recordBatchOf(sound());
    for (const name of ['cmd0', 'cmd1'] as const) written = setNull(written, name, CMD, true);
    expect(decode(written)?.cmd0Low[CMD]).toBe(0x46);
  });
});
