/**
 * Is writing an event as a CSV row and reading it back lossless for every kind?
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ALL_FLAGS } from '../../src/readers/csv/flags.js';
import { CSV_HEADER, eventToCsvRow } from '../../src/readers/csv.js';
import { ABSENT, Access, EventBatch, EventFlag, EventKind } from '../../src/trace/events.js';
import { readContent, readTrace, rowsOf, tracePath } from '../support/traces.js';

/** `batches` as CSV text. */
function csvOf(batches: readonly EventBatch[]): string {
  const lines = [CSV_HEADER.join(',')];
  for (const batch of batches) {
    for (let row = 0; row < batch.count; row++) lines.push(eventToCsvRow(batch, row).join(','));
  }
  return `${lines.join('\n')}\n`;
}

async function expectRoundTrip(batches: readonly EventBatch[]): Promise<void> {
  const back = await readContent(csvOf(batches), { format: 'csv' });
  expect(rowsOf(back.batches)).toEqual(rowsOf(batches));
}

const word = fc.integer({ min: 0, max: 0xffffffff });
const id = (bits: number) => fc.oneof(fc.constant(ABSENT), fc.integer({ min: 0, max: 2 ** bits - 1 }));
const page = fc.bigInt({ min: 0n, max: 2n ** 52n - 1n }).map(Number);
const accesses = fc.constantFrom(...Object.values(Access));

const anyRow = fc.record({
  kind: fc.constantFrom(...Object.values(EventKind)),
  elapsed: fc.integer({ min: 0, max: 1e9 }),
  vcpu: id(10),
  queue: fc.integer({ min: 0, max: 3 }),
  words: fc.tuple(word, word, word, word),
  sid: id(32),
  ssid: id(20),
  asid: id(16),
  vmid: id(16),
  page,
  offset: fc.integer({ min: 0, max: 4095 }),
  size: fc.integer({ min: 12, max: 63 }),
  isSizeKnown: fc.boolean(),
  granule: fc.constantFrom(0, 12, 14, 16),
  pages: fc.bigInt({ min: 1n, max: 2n ** 52n }).map(Number),
  access: accesses,
  flags: fc.integer({ min: 0, max: ALL_FLAGS }),
  outcome: fc.integer({ min: 0, max: 6 }),
});

type AnyRow = typeof anyRow extends fc.Arbitrary<infer Row> ? Row : never;

/** A batch of these rows, each with the columns that its kind has. */
function batchOf(rows: readonly AnyRow[]): EventBatch {
  const batch = new EventBatch(rows.length);
  let timeNs = 0;
  for (const row of rows) {
    timeNs += row.elapsed;
    const at = batch.append(row.kind, timeNs, 1);
    batch.vcpu[at] = row.vcpu;
    batch.queue[at] = row.queue;
    batch.flags[at] = row.flags;
    if (row.kind === EventKind.Cmd) {
      [batch.cmd0Low[at], batch.cmd0High[at], batch.cmd1Low[at], batch.cmd1High[at]] = row.words;
    } else if (row.kind !== EventKind.Doorbell && row.kind !== EventKind.SyncDone) {
      batch.sid[at] = row.sid;
      batch.ssid[at] = row.ssid;
      batch.asid[at] = row.asid;
      batch.vmid[at] = row.vmid;
      batch.iovaPage[at] = row.page;
      batch.iovaOffset[at] = row.offset;
      const isDma = row.kind === EventKind.Dma;
      batch.pageSizeLog2[at] = row.isSizeKnown ? row.size : 0;
      if (isDma) {
        batch.granuleLog2[at] = row.granule;
        batch.access[at] = row.access;
        batch.outcome[at] = row.outcome;
      } else {
        batch.pages[at] = row.pages;
      }
    }
  }
  return batch;
}

describe('round trip', () => {
  it('of any events, raw command words included', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(anyRow, { minLength: 1, maxLength: 30 }), (rows) => expectRoundTrip([batchOf(rows)])),
      { numRuns: 150 },
    );
  });

  it.each([
    'boot-strict.qemu-7.2.log.xz',
    'faults-strict.qemu-7.2.log.xz',
    'csv/ats-four-devices.csv',
    'csv/granules-and-blocks.csv',
    'csv/raw-words.csv',
    'csv/strict-unmap.csv',
  ])('of %s', async (name) => {
    await expectRoundTrip((await readTrace(tracePath(name))).batches);
  });

  it('writes what a person wants to read', () => {
    const batch = new EventBatch(3);
    batch.appendCommand(10, 1, 0x00200012, 0x00030000, 0xfffdc701, 0);
    batch.appendCommand(11, 2, 0x40, 0, 0, 0);
    batch.flags[1] = EventFlag.Reconstructed | EventFlag.OpcodeOnly;
    batch.appendCommand(12, 3, 0x50, 0, 0, 0);
    const cells = (row: number) =>
      Object.fromEntries(
        eventToCsvRow(batch, row)
          .map((cell, index) => [CSV_HEADER[index], cell] as const)
          .filter(([, cell]) => cell !== ''),
      );
    expect(cells(0)).toEqual({
      time_ns: '10',
      event: 'cmd',
      opcode: 'TLBI_NH_VA',
      cmd0: '0x3000000200012',
      cmd1: '0xfffdc701',
      asid: '3',
      vmid: '0',
      iova: '0xfffdc000',
      num: '0',
      scale: '2',
      tg: '1',
      ttl: '3',
      leaf: '1',
    });
    expect(cells(1)).toEqual({ time_ns: '11', event: 'cmd', opcode: 'ATC_INV', flags: 'reconstructed+opcode-only' });
    expect(cells(2)).toEqual({ time_ns: '12', event: 'cmd', opcode: '0x50', cmd0: '0x50', cmd1: '0x0' });
  });
});
