/**
 * Does the byte scanner of plain CSV give exactly what csv-parse gives, for right, odd and wrong rows alike?
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { csvReader, readQuoted } from '../../src/formats/csv/reader.js';
import { emptyStatistics, type ReaderContext } from '../../src/formats/reader.js';
import { type ColumnName, CSV_HEADER } from '../../src/formats/rows/columns.js';
import { RowDecoder } from '../../src/formats/rows/row-decoder.js';
import { TraceFormatError } from '../../src/trace/errors.js';
import type { EventBatch } from '../../src/trace/events.js';
import { rowsOf } from '../support/traces.js';

interface Reading {
  readonly rows: Record<string, number>[];
  readonly lines: number[];
  readonly statistics: unknown;
  readonly failure: string | undefined;
}

async function* chunksOf(bytes: Uint8Array, size: number) {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

/** Everything that a reading shows. */
async function reading(
  lenient: boolean,
  open: (context: ReaderContext) => AsyncGenerator<EventBatch>,
): Promise<Reading> {
  const context: ReaderContext = { file: 't.csv', lenient, statistics: emptyStatistics('csv') };
  const batches: EventBatch[] = [];
  let failure: string | undefined;
  try {
    for await (const batch of open(context)) batches.push(batch);
  } catch (error) {
    if (!(error instanceof TraceFormatError)) throw error;
    failure = error.message;
  }
  const lines = batches.flatMap((batch) => [...batch.line.subarray(0, batch.count)]);
  return { rows: rowsOf(batches), lines, statistics: context.statistics, failure };
}

/** Read `text` both ways and compare all that shows. */
async function expectEqual(text: string, delimiter: string, lenient: boolean, chunkBytes: number): Promise<Reading> {
  const bytes = Buffer.from(text);
  const fast = await reading(lenient, (context) => csvReader.read(chunksOf(bytes, chunkBytes), context));
  const dialect = { delimiter, recordDelimiters: text.includes('\r') ? ['\r\n', '\n'] : ['\n'] };
  const slow = await reading(lenient, (context) =>
    readQuoted(chunksOf(bytes, chunkBytes), new RowDecoder(context), context, dialect, true),
  );
  // A failing reading may have handed out more or fewer whole batches before; what it says is the same.
  if (slow.failure === undefined) expect(fast).toEqual(slow);
  else expect(fast.failure).toBe(slow.failure);
  return fast;
}

const decimal = (max: number) => fc.integer({ min: 0, max }).map(String);
const hex = (max: bigint) => fc.bigInt({ min: 0n, max }).map((value) => `0x${value.toString(16)}`);
const either = (max: number) => fc.oneof(decimal(max), hex(BigInt(max)));
const opcodes = [
  'TLBI_NH_VA',
  'TLBI_NH_ASID',
  'SYNC',
  'ATC_INV',
  'CFGI_CD',
  'CMD_SYNC',
  'tlbi_nh_va',
  'CFGI_ALL',
  '0x50',
];

/** Cells as they should be, by column. */
const RIGHT: Record<ColumnName, fc.Arbitrary<string>> = {
  time_ns: decimal(1000),
  event: fc.constantFrom('cmd', 'doorbell', 'sync-done', 'dma', 'map', 'unmap'),
  vcpu: decimal(8),
  queue: decimal(3),
  opcode: fc.oneof(
    { weight: 12, arbitrary: fc.constant('TLBI_NH_VA') },
    { weight: 1, arbitrary: fc.constantFrom(...opcodes) },
  ),
  cmd0: hex(2n ** 64n - 1n),
  cmd1: hex(2n ** 64n - 1n),
  sid: either(2 ** 32 - 1),
  ssid: either(2 ** 20 - 1),
  asid: either(65535),
  vmid: either(65535),
  iova: fc.oneof(
    { weight: 1, arbitrary: fc.oneof(hex(2n ** 64n - 1n), decimal(2 ** 40)) },
    { weight: 12, arbitrary: hex(2n ** 52n - 1n).map((text) => `${text}000`) },
  ),
  num: decimal(31),
  scale: decimal(31),
  tg: decimal(3),
  ttl: decimal(3),
  leaf: decimal(1),
  size_log2: decimal(31),
  access: fc.constantFrom('r', 'w', 'rw', 'msi', 'read', 'write'),
  page_size: fc.constantFrom('4096', '65536', '0x1000', '0', '2097152', '9223372036854775808'),
  outcome: fc.constantFrom('hit', 'miss', 'fault', 'bypass', 'abort', 'disabled'),
  flags: fc.constantFrom('reconstructed', 'config-hit+stage2', 'opcode-only'),
};
/** Columns that suit each kind of row, so that many rows are right. */
const SUITABLE: Record<string, readonly ColumnName[]> = {
  cmd: ['vcpu', 'queue', 'opcode', 'asid', 'iova', 'num', 'scale', 'tg', 'ttl', 'leaf', 'flags'],
  words: ['vcpu', 'queue', 'cmd0', 'cmd1'],
  dma: ['vcpu', 'sid', 'ssid', 'asid', 'vmid', 'iova', 'tg', 'access', 'page_size', 'outcome', 'flags'],
  map: ['sid', 'asid', 'iova', 'num', 'page_size'],
  doorbell: ['vcpu', 'queue'],
};
const WRONG = ['', ' ', 'x', '-1', '1e3', ' 7 ', '0x', '0X1F', '99999999999999999999', '1.5', 'é', '\u00a05', '5\r'];

const rarely = <T>(arbitrary: fc.Arbitrary<T>) =>
  fc.oneof({ weight: 40, arbitrary: fc.constant(null) }, { weight: 1, arbitrary });

const row = fc
  .record({
    shape: fc.constantFrom(...Object.keys(SUITABLE)),
    elapsed: fc.integer({ min: 0, max: 50 }),
    cells: fc.record(RIGHT),
    keep: fc.array(fc.nat(21), { maxLength: 11 }),
    odd: rarely(fc.tuple(fc.nat(21), fc.constantFrom(...WRONG))),
    extra: rarely(fc.constantFrom('', ',', ',,')),
  })
  .map((made) => ({ ...made, event: made.shape === 'words' ? 'cmd' : made.shape }));

describe('the fast path', () => {
  it.each([
    [',', '\n'],
    [';', '\r\n'],
    ['\t', '\n'],
  ])('between %j, with lines that end in %j, equals csv-parse on any unquoted file', async (delimiter, lineEnd) => {
    let plainFiles = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(row, { maxLength: 12 }),
        fc.shuffledSubarray([...CSV_HEADER], { minLength: 22 }),
        fc.boolean(),
        fc.constantFrom(7, 64, 1 << 16),
        async (rows, header, lenient, chunkBytes) => {
          let timeNs = 0;
          const lines = rows.map(({ shape, event, elapsed, cells, keep, odd, extra }) => {
            timeNs += elapsed;
            const suitable = SUITABLE[shape];
            const chosen: Partial<Record<ColumnName, string>> = { time_ns: String(timeNs), event };
            for (const index of keep)
              chosen[suitable[index % suitable.length]] = cells[suitable[index % suitable.length]];
            if (shape === 'dma' || shape === 'map') chosen.iova ??= cells.iova;
            if (shape === 'cmd') chosen.opcode ??= cells.opcode;
            if (shape === 'words') chosen.cmd0 ??= cells.cmd0;
            if (odd !== null) chosen[CSV_HEADER[odd[0]]] = odd[1];
            return header.map((name) => chosen[name] ?? '').join(delimiter) + (extra ?? '').replaceAll(',', delimiter);
          });
          const text = [header.join(delimiter), ...lines, ''].join(lineEnd);
          const result = await expectEqual(text, delimiter, lenient, chunkBytes);
          if (result.failure === undefined && result.rows.length > 3) plainFiles++;
        },
      ),
      { numRuns: 250 },
    );
    // The comparison is worth something only if many files are read to their end.
    expect(plainFiles).toBeGreaterThan(40);
  });

  it.each([
    ['a mark at the beginning', '\ufefftime_ns,event\n1,doorbell\n'],
    ['blank lines', '\n\ntime_ns,event\n\n1,doorbell\n  \n2,doorbell'],
    ['a stray carriage return', 'time_ns,event\n1,doorbell\r\n2,doorbell\n'],
    ['one column too few', 'time_ns,event,vcpu\n1,doorbell\n'],
    ['no last line end', 'time_ns,event\n1,doorbell\n2,doorbell'],
  ])('equals it with %s', async (_what, text) => {
    for (const lenient of [false, true]) {
      for (const chunkBytes of [1, 3, 1 << 16]) await expectEqual(text, ',', lenient, chunkBytes);
    }
  });

  it('goes over to csv-parse at the first quote and back-numbers nothing', async () => {
    const plain = Array.from({ length: 20_000 }, (_, index) => `${index},doorbell,0,\n`).join('');
    const text = `time_ns,event,vcpu,x_note\n${plain}20000,doorbell,0,"two\nlines"\n20001,"doorbell",0,\n`;
    const bytes = Buffer.from(text);
    const fast = await reading(false, (context) => csvReader.read(chunksOf(bytes, 1 << 14), context));
    expect(fast.rows).toHaveLength(20_002);
    expect(fast.lines.slice(-3)).toEqual([20_001, 20_002, 20_004]);
    const broken = Buffer.from(`${text}20002,nothing,0,\n`);
    const failed = await reading(false, (context) => csvReader.read(chunksOf(broken, 1 << 14), context));
    expect(failed.failure).toMatch(/^t\.csv:20005: expected a known event/);
    const unclosed = Buffer.from(`${text}20002,"doorbell,0,\n`);
    const open = await reading(false, (context) => csvReader.read(chunksOf(unclosed, 1 << 14), context));
    expect(open.failure).toMatch(/^t\.csv:2000[56]: expected a closing quote/);
  });
});
