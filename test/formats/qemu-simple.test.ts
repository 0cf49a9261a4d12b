/**
 * Does a file of QEMU's simple backend give the events that the log of the same run gives, whoever recorded it, and is
 * everything that it lost or that is wrong in it said?
 */
import { describe, expect, it } from 'vitest';
import { eventNameOf, QEMU_EVENT_NAMES, Version } from '../../src/formats/qemu-log/event-names.js';
import { layoutFor } from '../../src/formats/qemu-simple/layouts.js';
import { isWithoutArguments } from '../../src/formats/qemu-simple/reader.js';
import { SimpleTrace, simpleTraceOf } from '../support/simple-trace.js';
import { failureOf, readContent, rowsOf, traceText } from '../support/traces.js';

const LAZY = 'rebind-lazy.qemu-10.0.log.xz';
const MICROSECOND = 1000n;

/** The same log as QEMU 10.1 writes it: with times, but without the threads that a simple trace lacks too. */
function withoutThreads(log: string): string {
  return log.replace(/^\d+@(\d+)\.(\d{6}):/gm, (_all, second: string, microsecond: string) => {
    const date = new Date(Number(second) * 1000).toISOString();
    return `${date.slice(0, 19)}.${microsecond}Z `;
  });
}

/** A file with these names and then `fill`. */
function file(names: readonly string[], fill: (trace: SimpleTrace) => void): Buffer {
  const trace = new SimpleTrace();
  for (const name of names) trace.name(name);
  fill(trace);
  return trace.bytes();
}

const text = (value: string): Buffer => {
  const length = Buffer.alloc(4);
  length.writeUInt32LE(value.length);
  return Buffer.concat([length, Buffer.from(value)]);
};
const words = (...values: bigint[]): Buffer =>
  Buffer.concat(
    values.map((value) => {
      const word = Buffer.alloc(8);
      word.writeBigUInt64LE(value);
      return word;
    }),
  );
const NAMES = ['smmuv3_cmdq_opcode', 'smmuv3_write_mmio'];
const PROD = words(0x98n, 1n, 4n, 0n);
const oneSync = (trace: SimpleTrace) =>
  trace.named(NAMES[0], 5n * MICROSECOND, text('SMMU_CMD_SYNC')).named(NAMES[1], 5n * MICROSECOND + 7n, PROD);

describe('O54: the same run as log and as simple trace', () => {
  it.each([
    ['boot-strict.qemu-7.2.log.xz', '7.2', 100_000],
    ['faults-strict.qemu-7.2.log.xz', '7.2', 4000],
    [LAZY, '10.x', 6000],
  ] as const)('%s as a simple trace gives the events of its log', async (name, version, lines) => {
    const log = `${(await traceText(name)).split('\n').slice(0, lines).join('\n')}\n`;
    const asLog = await readContent(withoutThreads(log));
    for (const isLittleEndian of [true, false]) {
      const { trace, batches } = await readContent(simpleTraceOf(log, version, isLittleEndian));
      expect(trace.statistics).toMatchObject({ format: 'qemu-simple', version, timeBase: 'clock' });
      expect(rowsOf(batches)).toEqual(rowsOf(asLog.batches));
    }
    expect(rowsOf(asLog.batches).length).toBeGreaterThan(400);
  });

  it('is read the same in pieces of 1 and 64 bytes', async () => {
    const bytes = simpleTraceOf(await traceText('boot-strict.qemu-7.2.log.xz'), '7.2');
    const whole = await readContent(bytes);
    for (const chunkBytes of [1, 64]) {
      const pieces = await readContent(bytes, { chunkBytes });
      expect(rowsOf(pieces.batches)).toEqual(rowsOf(whole.batches));
      expect(pieces.trace.statistics).toEqual(whole.trace.statistics);
    }
  });
});

describe('records', () => {
  it('keep their time to the nanosecond and their number as line', async () => {
    const twice = (trace: SimpleTrace) => oneSync(trace).named(NAMES[1], 5n * MICROSECOND + 11n, PROD);
    const { batches } = await readContent(file(NAMES, twice));
    expect([...batches[0].timeNs.subarray(0, 3)]).toEqual([0, 0, 11]);
    expect([...batches[0].line.subarray(0, 3)]).toEqual([3, 4, 5]);
  });

  it('that QEMU dropped are counted', async () => {
    const dropped = file(NAMES, (trace) => {
      oneSync(trace).event(0xfffffffffffffffen, 6n * MICROSECOND, words(41n));
      trace.event(0xfffffffffffffffen, 7n * MICROSECOND, words(1n));
    });
    const { trace } = await readContent(dropped);
    const what = 'records that QEMU dropped because its buffer was full';
    expect(trace.statistics.lossy).toEqual([{ line: 5, what, count: 42 }]);
  });

  it('of other devices are foreign, of unknown SMMU events too, with a note', async () => {
    const other = file([...NAMES, 'pci_cfg_read', 'smmu_of_the_future'], (trace) => {
      oneSync(trace)
        .named('pci_cfg_read', 8n * MICROSECOND)
        .named('smmu_of_the_future', 9n * MICROSECOND, words(1n));
    });
    const { statistics } = (await readContent(other)).trace;
    expect(statistics).toMatchObject({ lines: 8, contextLines: 4, foreignLines: 2 });
    expect(statistics.lossy.map(({ line }) => line)).toEqual([8]);
  });

  it('may end anywhere: the last one is then not read, and that is said', async () => {
    const bytes = file(NAMES, oneSync);
    const { trace, batches } = await readContent(bytes.subarray(0, bytes.length - 3));
    expect(batches[0].count).toBe(1);
    expect(trace.statistics.lossy[0]).toEqual({ line: 4, what: 'last record is cut off: not read', count: 1 });
  });
});

describe('every event whose arguments matter', () => {
  it.each(['7.2', '8.x', '9.x', '10.x'])('has a layout in %s', (name) => {
    const version = { '7.2': Version.V7, '8.x': Version.V8, '9.x': Version.V9, '10.x': Version.V10 }[name] ?? 0;
    [...QEMU_EVENT_NAMES].forEach((event, index) => {
      expect(eventNameOf(index)).toBe(event);
      if (!isWithoutArguments(index)) expect(layoutFor(event, version)).toBeDefined();
    });
  });
});

describe('a damaged file', () => {
  const good = file(NAMES, oneSync);
  const changed = (at: number, value: bigint) => {
    const bytes = Buffer.from(good);
    bytes.writeBigUInt64LE(value, at);
    return bytes;
  };
  const firstMapping = 24;
  const firstEvent = firstMapping + 2 * 20 + NAMES.join('').length;

  it.each([
    ['of another version', changed(16, 3n), ': expected a simple trace of version 4, found version 3'],
    ['with an unknown kind', changed(firstMapping, 9n), ':1: expected a record of kind 0 or 1, found kind 9'],
    [
      'with an event of no name',
      changed(firstEvent + 8, 99n),
      ':3: expected an event of a known number, found number 99',
    ],
    [
      'with an impossible length',
      changed(firstEvent + 24, 1n),
      ':3: expected a record of 24 to 65536 bytes, found 1 bytes',
    ],
  ])('%s is refused', async (_what, bytes, sentence) => {
    expect(await failureOf(bytes)).toContain(`TraceFormatError: <stdin>${sentence}`);
  });

  it('with arguments of another version is refused, or skipped if lenient', async () => {
    const names = [...NAMES, 'smmuv3_range_inval', 'smmuv3_cmdq_tlbi_nsnh'];
    const short = file(names, (trace) =>
      oneSync(trace).named('smmuv3_range_inval', 9n * MICROSECOND, words(0n, 1n, 0x1000n, 0n, 1n, 0n, 1n)),
    );
    expect(await failureOf(short)).toBe(
      'TraceFormatError: <stdin>:7: expected the arguments of smmuv3_range_inval in QEMU 9.x, found 56 bytes of others',
    );
    const { trace } = await readContent(short, { lenient: true });
    expect(trace.statistics.skippedRows).toBe(1);
  });
});
