/**
 * Is every input that is no trace refused in one clear sentence, and every source given up when the reader stops early?
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTrace } from '../../src/formats/open-trace.js';
import { SNIFF_BYTES } from '../../src/formats/reader.js';
import { READERS, readerNames, writerByName } from '../../src/formats/registry.js';
import { writerContext } from '../../src/formats/writer.js';
import { simpleTraceOf } from '../support/simple-trace.js';
import {
  failureOf,
  messageOf,
  readContent,
  readTrace,
  rowsOf,
  traceBytes,
  tracePath,
  traceText,
} from '../support/traces.js';

const BOOT = 'boot-strict.qemu-7.2.log.xz';
const COLUMNS =
  'time_ns, event, vcpu, queue, opcode, cmd0, cmd1, sid, ssid, asid, vmid, iova, num, scale, tg, ttl, leaf, ' +
  'size_log2, access, page_size, outcome, flags';
const UNKNOWN = `expected a known trace format (${readerNames().join(', ')}), found`;

let directory = '';
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'smmuscope-'));
});
afterAll(() => rm(directory, { recursive: true }));

/** A file of this content below the temporary directory. */
async function file(name: string, content: string | Uint8Array): Promise<string> {
  const path = join(directory, name);
  await writeFile(path, content);
  return path;
}

/** The sentence behind `TraceFormatError: PATH` for a sample of `traces/invalid/`. */
async function refusal(name: string): Promise<string> {
  const path = tracePath(`invalid/${name}`);
  const message = await messageOf(() => readTrace(path));
  expect(message.startsWith(`TraceFormatError: ${path}:`)).toBe(true);
  return message.slice(`TraceFormatError: ${path}:`.length).trim();
}

describe('invalid samples', () => {
  const cases: [name: string, sentence: string][] = [
    ['empty.log', 'expected a trace, found an empty file'],
    ['binary.bin', `${UNKNOWN} binary data that starts with 0b 30 55 7a 9f c4 e9 0e`],
    ['plain-text.txt', `${UNKNOWN} text that starts with "Dear trace reader,"`],
    [
      'vtd-malformed.qemu.log',
      '11: expected the arguments that QEMU prints for vtd_inv_desc, found ' +
        '"27753@1795433190.636486:vtd_inv_desc invalidate desc type iotlb high 0x0"',
    ],
    ['bzip2.log.bz2', 'expected plain text, gz, xz or zst, found bzip2 compression; unpack it first'],
    ['truncated.log.zst', 'expected a complete zst stream, found the end of the file inside the stream (truncated)'],
    ['corrupt.log.zst', 'expected a complete zst stream, found corrupt data (162828 bytes where 162829 are declared)'],
    ['truncated.log.gz', 'expected a complete gz stream, found the end of the file inside the stream (truncated)'],
    ['truncated.log.xz', 'expected a complete xz stream, found the end of the file inside the stream (truncated)'],
    ['corrupt.log.gz', 'expected a complete gz stream, found corrupt data'],
    [
      'sha256-check.csv.xz',
      'expected xz of LZMA2 with CRC32, CRC64 or no check, found another filter or check; pack it with xz --check=crc64',
    ],
    [
      'dictionary-128-mib.csv.xz',
      'expected an xz dictionary of at most 64 MiB, found a larger one; pack it with xz -9 or less',
    ],
    ['corrupt.log.xz', 'expected a complete xz stream, found corrupt data'],
    [
      'malformed-range.qemu.log',
      '8: expected the arguments that QEMU 7.2 to 10.x prints for smmuv3_s1_range_inval, found ' +
        '"24725@1795426083.991854:smmuv3_s1_range_inval vmid=0 asid=4 addr=0xffffc000 tg=7 num_pages=0x1 ttl=3 leaf=1"',
    ],
    [
      'legacy-5.2.qemu.log',
      '3: expected the arguments that QEMU 7.2 to 10.x prints for smmuv3_cmdq_cfgi_ste, found ' +
        '"smmuv3_cmdq_cfgi_ste streamid =16"',
    ],
    ['header-only.csv', 'expected at least one csv event, found none in one line'],
    [
      'unknown-column.csv',
      `1: expected a known column (${COLUMNS}, or x_… to have it ignored), found opcod; did you mean opcode?`,
    ],
    ['duplicate-column.csv', '1: expected every column once, found a second column sid'],
    ['missing-column.csv', '1: expected a column time_ns in the header, found none'],
    ['time-goes-back.csv', '3: expected time_ns not below the 200 of the row before, found 100'],
    ['fractional-time.csv', '2: expected time_ns as an integer of ns from 0 to 2^53 - 1, found "1.5"'],
    [
      'unknown-event.csv',
      '2: expected a known event, found "doorbel"; did you mean doorbell? known: cmd, doorbell, sync-done, dma, map, unmap',
    ],
    ['contradiction.csv', '2: expected asid to agree with the command\'s words, which say ASID=3, found "4"'],
    ['field-the-opcode-lacks.csv', '2: expected no asid on SYNC, which has no such field, found "3"'],
    ['meaningless-column.csv', '2: expected an empty opcode on a doorbell row, found "SYNC"'],
    ['short-row.csv', '3: expected 3 cells, found 2'],
    ['unclosed-quote.csv', '3: expected a closing quote, found the end of the file'],
  ];
  it.each(cases)('%s', async (name, sentence) => {
    expect(await refusal(name)).toBe(sentence);
  });

  it('unknown-opcode.csv names the nearest opcode', async () => {
    expect(await refusal('unknown-opcode.csv')).toBe(
      '2: expected a known opcode name or a number, found "TLBI_NH_VAB"; did you mean TLBI_NH_VA?',
    );
  });

  it('cut-last-line.qemu.log is read up to the cut and says so', async () => {
    const { trace } = await readTrace(tracePath('invalid/cut-last-line.qemu.log'));
    expect(trace.statistics.lossy).toEqual([
      { line: 40, what: 'last line is cut off: not read', count: 1 },
      { line: 36, what: 'command that no doorbell publishes', count: 1 },
    ]);
  });
});

describe('paths', () => {
  it('that do not exist, are directories or cannot be read are usage errors', async () => {
    const missing = join(directory, 'missing.log');
    expect(await messageOf(() => openTrace(missing))).toBe(
      `UsageError: ${missing}: expected a trace file, found no such file`,
    );
    expect(await messageOf(() => openTrace(directory))).toBe(
      `UsageError: ${directory}: expected a trace file, found a directory`,
    );
    const below = join(tracePath(BOOT), 'x');
    expect(await messageOf(() => openTrace(below))).toBe(
      `UsageError: ${below}: expected a readable trace file, found an error (ENOTDIR) while reading`,
    );
  });

  it('empty streams inside a compression are empty files', async () => {
    const path = await file('empty.gz', gzipSync(''));
    expect(await messageOf(() => openTrace(path))).toBe(
      `TraceFormatError: ${path}: expected a trace, found an empty file inside the gz stream`,
    );
  });

  it('- is standard input, of any compression', async () => {
    const { trace, batches } = await readContent(await traceBytes(BOOT));
    expect(trace).toMatchObject({ file: '<stdin>', compression: 'xz', totalBytes: undefined });
    expect(rowsOf(batches)).toEqual(rowsOf((await readTrace(tracePath(BOOT))).batches));
    expect(trace.bytesRead()).toBe((await traceBytes(BOOT)).length);
  });

  it('a standard input that gives text instead of bytes is read too', async () => {
    const stdin = Readable.from(['time_ns,event\n', '0,doorbell\n']);
    const { batches } = await readTrace('-', { stdin });
    expect(rowsOf(batches)).toHaveLength(1);
  });
});

describe('formats', () => {
  it('are recognised by content, not by name', async () => {
    const path = await file('log.csv', 'smmuv3_write_mmio addr: 0x98 val:0x2 size: 0x4(0)\n');
    expect((await readTrace(path)).trace.statistics.format).toBe('qemu-log');
    const csv = await file('csv.log', 'event,time_ns\ndoorbell,0\n');
    expect((await readTrace(csv)).trace.statistics.format).toBe('csv');
  });

  it('are recognised behind foreign lines', async () => {
    const foreign = 'pci_cfg_read dev 00:1 @0x0 -> 0x1\n'.repeat(500);
    const { trace } = await readContent(`${foreign}smmuv3_write_mmio addr: 0x98 val:0x2 size: 0x4(0)\n`);
    expect(trace.statistics.foreignLines).toBe(500);
  });

  it('can be named; an unknown name is a usage error with a suggestion', async () => {
    expect(await failureOf('x', { format: 'qemu' })).toBe(
      `UsageError: unknown trace format qemu; did you mean qemu-simple or qemu-log? known: ${readerNames().join(', ')}`,
    );
    expect(await failureOf('x', { format: 'qemu-logs' })).toBe(
      `UsageError: unknown trace format qemu-logs; did you mean qemu-log? known: ${readerNames().join(', ')}`,
    );
    expect(await failureOf('plain text\n', { format: 'qemu-log' })).toBe(
      'TraceFormatError: <stdin>: expected at least one qemu-log event, found none in one line',
    );
  });

  it('claim nothing of each other', async () => {
    const samples: Record<string, Uint8Array> = {
      'qemu-log': Buffer.from((await traceText(BOOT)).slice(0, SNIFF_BYTES)),
      'qemu-simple': simpleTraceOf((await traceText(BOOT)).slice(0, 3000).replace(/[^\n]*$/, ''), '7.2'),
      'qemu-vtd-log': Buffer.from((await traceText('vtd-onedomain-head.qemu-7.2.log.xz')).slice(0, SNIFF_BYTES)),
      ftrace: Buffer.from((await traceText('rebind-strict.ftrace.txt.xz')).slice(0, SNIFF_BYTES)),
      csv: await traceBytes('csv/strict-unmap.csv'),
    };
    for (const format of ['jsonl', 'arrow', 'raw']) {
      const { batches } = await readTrace(tracePath(BOOT));
      const first = writerByName(format).write(Readable.from(batches), writerContext());
      const pieces: Uint8Array[] = [];
      for await (const piece of first) pieces.push(piece.slice());
      samples[format] = Buffer.concat(pieces).subarray(0, SNIFF_BYTES);
    }
    expect(Object.keys(samples).sort()).toEqual(readerNames().sort());
    for (const [format, head] of Object.entries(samples)) {
      expect(READERS.filter((reader) => reader.sniff(head)).map(({ name }) => name)).toEqual([format]);
    }
  });
});

describe('compression', () => {
  it('gz, xz and plain text give identical events', async () => {
    const text = await traceText(BOOT);
    const plain = await readContent(text);
    const gz = await readContent(gzipSync(text));
    const xz = await readTrace(tracePath(BOOT));
    expect([plain, gz, xz].map(({ trace }) => trace.compression)).toEqual(['none', 'gz', 'xz']);
    expect(rowsOf(gz.batches)).toEqual(rowsOf(plain.batches));
    expect(rowsOf(xz.batches)).toEqual(rowsOf(plain.batches));
  });

  it('concatenated members are one content', async () => {
    const text = await traceText(BOOT);
    const gz = await readContent(Buffer.concat([gzipSync(text.slice(0, 777)), gzipSync(text.slice(777))]));
    expect(rowsOf(gz.batches)).toEqual(rowsOf((await readContent(text)).batches));
    const member = await traceBytes(BOOT);
    const xz = await readContent(Buffer.concat([member, member]), { lenient: true });
    expect(xz.trace.statistics.lines).toBe(2 * 1547);
  });

  it('any cut of a compressed file is refused as truncated or unknown, never with a raw message', async () => {
    for (const bytes of [await traceBytes(BOOT), gzipSync(await traceText(BOOT))]) {
      for (let length = 1; length < bytes.length; length += 997) {
        const message = await failureOf(bytes.subarray(0, length));
        expect(message).toMatch(
          /^TraceFormatError: <stdin>: expected (a complete (xz|gz) stream|a known trace format)/,
        );
      }
    }
  });

  it('two xz traces can be open at once', async () => {
    const first = await openTrace(tracePath(BOOT));
    const second = await openTrace(tracePath(BOOT));
    const lines = [];
    for (const trace of [second, first]) {
      for await (const batch of trace.batches) lines.push(batch.count);
    }
    expect(lines).toEqual([441, 441]);
  });
});

describe('a consumer that stops early', () => {
  it.each(['rebind-strict.qemu-7.2.log.xz', 'csv/ats-four-devices.csv'])('closes %s', async (name) => {
    const trace = await openTrace(tracePath(name));
    for await (const batch of trace.batches) {
      expect(batch.count).toBeGreaterThan(0);
      break;
    }
    expect((await trace.batches.next()).done).toBe(true);
    expect(trace.sha256()).toMatch(/^[0-9a-f]{64}$/);
  });

  it('destroys its standard input, even before the first batch', async () => {
    for (const draw of [0, 1]) {
      const stdin = Readable.from((await traceText(BOOT)).match(/.{1,2000}/gs) ?? []);
      const trace = await openTrace('-', { stdin });
      for (let drawn = 0; drawn < draw; drawn++) await trace.batches.next();
      await trace.batches.return(undefined);
      expect(stdin.destroyed).toBe(true);
    }
  });
});

describe('batches', () => {
  it('are fresh: drawing on does not change those drawn before', async () => {
    const trace = await openTrace(tracePath('rebind-strict.qemu-7.2.log.xz'));
    const first = (await trace.batches.next()).value;
    const before = rowsOf([first]);
    for await (const batch of trace.batches) expect(batch).not.toBe(first);
    expect(rowsOf([first])).toEqual(before);
  });
});
