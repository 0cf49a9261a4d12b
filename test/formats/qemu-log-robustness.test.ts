/**
 * Does the QEMU reader give the same events however its bytes arrive, and survive any damage to them?
 */
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { TraceFormatError } from '../../src/trace/errors.js';
import { failureOf, readContent, readTrace, rowsOf, traceBytes, tracePath, traceText } from '../support/traces.js';

const BOOT = 'boot-strict.qemu-7.2.log.xz';
let bootText = '';
let bootLines: string[] = [];

beforeAll(async () => {
  bootText = await traceText(BOOT);
  bootLines = bootText.split('\n');
});

describe('chunks', () => {
  it.each([1, 7, 64, 4096])('of %i bytes give identical events', async (chunkBytes) => {
    const whole = await readTrace(tracePath(BOOT));
    const pieces = await readTrace(tracePath(BOOT), { chunkBytes });
    expect(rowsOf(pieces.batches)).toEqual(rowsOf(whole.batches));
    expect(pieces.trace.statistics).toEqual(whole.trace.statistics);
  });

  it('of 64 bytes give identical events on a log with faults', async () => {
    const name = 'faults-strict.qemu-7.2.log.xz';
    const whole = await readTrace(tracePath(name));
    const pieces = await readTrace(tracePath(name), { chunkBytes: 64 });
    expect(rowsOf(pieces.batches)).toEqual(rowsOf(whole.batches));
  });
});

/** Draw `text`; anything but success or a TraceFormatError fails the test. */
async function survives(text: string | Uint8Array, lenient: boolean): Promise<void> {
  try {
    const { batches } = await readContent(text, { format: 'qemu-log', lenient });
    for (const batch of batches) expect(batch.timeNs.subarray(0, batch.count).every(Number.isSafeInteger)).toBe(true);
  } catch (error) {
    if (!(error instanceof TraceFormatError)) throw error;
  }
}

describe('damage', () => {
  it('to any byte of any line ends in events or a TraceFormatError', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.nat(),
        fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { minLength: 1, maxLength: 6 }),
        fc.boolean(),
        async (from, changes, lenient) => {
          const first = from % bootLines.length;
          const bytes = Buffer.from(`${bootLines.slice(first, first + 40).join('\n')}\n`, 'latin1');
          for (const [at, value] of changes) bytes[at % bytes.length] = value;
          await survives(bytes, lenient);
        },
      ),
      { numRuns: 600 },
    );
  });

  it('by lines that are lost, doubled or out of order ends in events or a TraceFormatError', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(), { minLength: 1, maxLength: 60 }), fc.boolean(), async (picks, lenient) => {
        await survives(`${picks.map((pick) => bootLines[pick % bootLines.length]).join('\n')}\n`, lenient);
      }),
      { numRuns: 400 },
    );
  });

  it('by a cut at any byte loses at most what is behind the cut', async () => {
    const { batches } = await readContent(bootText);
    const whole = rowsOf(batches);
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 3000, max: bootText.length }), async (length) => {
        const cut = await readContent(bootText.slice(0, length));
        const rows = rowsOf(cut.batches);
        // What was under way at the cut may end early; all before it is the same.
        const sure = Math.max(0, rows.length - 2);
        expect(rows.slice(0, sure)).toEqual(whole.slice(0, sure));
        if (bootText[length - 1] !== '\n') expect(cut.trace.statistics.lossy.length).toBeGreaterThan(0);
      }),
      { numRuns: 60 },
    );
  });

  it('random bytes ends in a TraceFormatError', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 300 }), async (bytes) => {
        await survives(bytes, false);
      }),
      { numRuns: 200 },
    );
  });
});

describe('malformed lines', () => {
  const PROD = 'smmuv3_write_mmio addr: 0x98 val:0x2 size: 0x4(0)\n';
  const range = (tail: string) => `smmuv3_range_inval vmid=0 asid=1 addr=0x1000 ${tail}`;
  it.each([
    'smmu_iotlb_lookup_hit IOTLB cache MISS asid=1 addr=0x1000 hit=1 miss=0 hit rate=100',
    'smmu_iotlb_lookup_hit IOTLB cache HIT asid=65536 addr=0x1000 hit=1 miss=0 hit rate=100',
    'smmu_iotlb_lookup_hit IOTLB cache HIT asid=1 addr=0x1000g hit=1 miss=0 hit rate=100',
    'smmu_iotlb_lookup_hit IOTLB cache HIT asid=1 addr=0x hit=1 miss=0 hit rate=100',
    'smmu_iotlb_lookup_hit IOTLB cache HIT asid=1 addr=0x11112222333344445 hit=1 miss=0 hit rate=100',
    'smmu_iotlb_lookup_hit IOTLB cache HIT asid=1 addr=0x1000 hit=1 miss=0 hit rate=100 more',
    'smmu_iotlb_insert IOTLB ++ asid=1 addr=0x1000 tg=4 level=3',
    'smmu_iotlb_insert IOTLB ++ asid=1 addr=0x1000 tg=1 level=4',
    range('tg=1 num_pages=0x1 ttl=4 leaf=1'),
    range('tg=1 num_pages=0x1 ttl=3 leaf=2'),
    range('tg=1 num_pages=0xffffffffffffffff ttl=3 leaf=1'),
    range('tg=1 num_pages=0x1 ttl=3'),
    'smmuv3_cmdq_cfgi_ste streamid= 0x100000000',
    'smmuv3_cmdq_opcode SMMU_CMD_SYNC',
    'smmuv3_cmdq_consume prod=2 cons=x prod.wrap=0 cons.wrap=0',
  ])('%s', async (line) => {
    const event = line.split(' ')[0];
    const text = `${PROD}smmuv3_cmdq_opcode <--- SMMU_CMD_TLBI_NH_VA\n${line}\n${PROD}`;
    expect(await failureOf(text)).toBe(
      `TraceFormatError: <stdin>:3: expected the arguments that QEMU 7.2 to 10.x prints for ${event}, found "${line}"`,
    );
    const { trace } = await readContent(text, { lenient: true });
    expect(trace.statistics.skippedRows).toBe(1);
    expect(trace.statistics.lossy).toContainEqual({ line: 3, what: `malformed ${event} line: skipped`, count: 1 });
  });

  it('longer than 1 MiB are refused, whatever the chunks', async () => {
    const long = `${PROD}${'x'.repeat(2 ** 20 + 1)}\n${PROD}`;
    const expected = 'TraceFormatError: <stdin>:2: expected lines of at most 1048576 bytes, found a longer one';
    expect(await failureOf(long)).toBe(expected);
    expect(await failureOf(long, { chunkBytes: 65_536 })).toBe(expected);
    const { trace } = await readContent(`${PROD}${'x'.repeat(2 ** 20)}\n${PROD}`);
    expect(trace.statistics.foreignLines).toBe(1);
  });
});

describe('compression', () => {
  it('of the recording does not matter to its digest, which is of the bytes as given', async () => {
    const { createHash } = await import('node:crypto');
    const given = await traceBytes(BOOT);
    const { trace } = await readTrace(tracePath(BOOT));
    expect(trace.sha256()).toBe(createHash('sha256').update(given).digest('hex'));
    expect(trace).toMatchObject({ compression: 'xz', totalBytes: given.length });
    expect(trace.bytesRead()).toBe(given.length);
  });
});
