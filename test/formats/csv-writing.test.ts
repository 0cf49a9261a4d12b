/**
 * Does an event look in CSV as a person wants to read it? (That nothing is lost: round-trip.test.ts.)
 */
import { describe, expect, it } from 'vitest';
import { CSV_HEADER, eventToCsvRow } from '../../src/formats/csv.js';
import { EventBatch, EventFlag } from '../../src/trace/events.js';

describe('a CSV row', () => {
  it('writes what a person wants to read', () => {
    const batch = new EventBatch(3);
    batch.appendCommand(10, 1, 0x00200012, 0x00030000, 0xfffdc701, 0);
    batch.appendCommand(11, 2, 0x40, 0, 0, 0);
    batch.flags[1] = EventFlag.Reconstructed | EventFlag.OpcodeOnly;
    batch.appendCommand(12, 3, 0x50, 0, 0, 0);
    batch.flags[2] = EventFlag.NoVdevice;
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
    expect(cells(2)).toEqual({
      time_ns: '12',
      event: 'cmd',
      opcode: '0x50',
      cmd0: '0x50',
      cmd1: '0x0',
      flags: 'no-vdevice',
    });
  });
});
