/**
 * Arbitrary events of every kind, each with the columns that its kind may have, for round trips.
 */
import fc from 'fast-check';
import { ALL_FLAGS } from '../../src/formats/rows/flags.js';
import { ABSENT, Access, EventBatch, EventKind } from '../../src/trace/events.js';

const word = fc.integer({ min: 0, max: 0xffffffff });
const id = (bits: number) => fc.oneof(fc.constant(ABSENT), fc.integer({ min: 0, max: 2 ** bits - 1 }));
const page = fc.bigInt({ min: 0n, max: 2n ** 52n - 1n }).map(Number);
const accesses = fc.constantFrom(Access.Unknown, Access.Read, Access.Write, Access.ReadWrite);

/** One event. */
export const anyRow = fc.record({
  kind: fc.constantFrom(
    EventKind.Cmd,
    EventKind.Doorbell,
    EventKind.SyncDone,
    EventKind.Dma,
    EventKind.Map,
    EventKind.Unmap,
  ),
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

export type AnyRow = typeof anyRow extends fc.Arbitrary<infer Row> ? Row : never;

/** A batch of these rows, each with the columns that its kind has. */
export function batchOf(rows: readonly AnyRow[]): EventBatch {
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
