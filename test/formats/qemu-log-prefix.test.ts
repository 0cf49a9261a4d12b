/**
 * Are thread and time read from each of the three line forms, and is the time base what the log has?
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { failureOf, readContent, rowsOf } from '../support/traces.js';

const SYNC = 'smmuv3_cmdq_opcode <--- SMMU_CMD_SYNC';
const PROD = 'smmuv3_write_mmio addr: 0x98 val:0x2 size: 0x4(0)';

/** Times and vCPUs of the events of these lines, with the statistics. */
async function read(...lines: string[]) {
  const { trace, batches } = await readContent(`${lines.join('\n')}\n`);
  const rows = rowsOf(batches);
  return { times: rows.map((row) => row.timeNs), vcpus: rows.map((row) => row.vcpu), statistics: trace.statistics };
}

describe('line forms', () => {
  it('TID@SEC.USEC: time relative to the first timestamped line, vCPUs by first use', async () => {
    const { times, vcpus, statistics } = await read(
      '4@1795426079.999990:pci_cfg_read virtio-blk-pci',
      `77@1795426080.000005:${SYNC}`,
      `77@1795426080.000006:${PROD}`,
      `5@1795426081.000000:${PROD}`,
      `77@1795426082.000000:${PROD}`,
    );
    expect(times).toEqual([15_000, 15_000, 1_000_010_000, 2_000_010_000]);
    expect(vcpus).toEqual([0, 0, 1, 0]);
    expect(statistics).toMatchObject({ timeBase: 'clock', foreignLines: 1 });
  });

  it('ISO-8601 with Z (from 10.1): time, no threads', async () => {
    const { times, vcpus, statistics } = await read(
      `2024-02-28T23:59:59.999999Z ${PROD}`,
      `2024-02-29T00:00:00.000001Z ${PROD}`,
      `2024-03-01T00:00:00.000001Z ${PROD}`,
    );
    expect(times).toEqual([0, 2000, 86_400_000_002_000]);
    expect(vcpus).toEqual([0, 0, 0]);
    expect(statistics.timeBase).toBe('clock');
  });

  it('no prefix: order only, an ordinal for each event', async () => {
    const { times, vcpus, statistics } = await read(SYNC, 'smmu_iotlb_inv_all IOTLB invalidate all', PROD, SYNC, PROD);
    expect(times).toEqual([0, 1, 2, 3]);
    expect(vcpus).toEqual([0, 0, 0, 0]);
    expect(statistics).toMatchObject({ timeBase: 'order-only', contextLines: 1 });
  });

  it('agree on everything but time and thread', async () => {
    const iso = await read(`2025-07-24T14:12:21.000001Z ${SYNC}`, `2025-07-24T14:12:21.000004Z ${PROD}`);
    const tid = await read(`1@9.000001:${SYNC}`, `1@9.000004:${PROD}`);
    // The form of the time betrays the version.
    expect(iso).toEqual({ ...tid, statistics: { ...tid.statistics, version: '10.x' } });
  });
});

describe('irregular times', () => {
  it('that run backwards are noted and held', async () => {
    const { times, statistics } = await read(`1@9.000005:${PROD}`, `1@9.000003:${PROD}`, `1@9.000007:${PROD}`);
    expect(times).toEqual([0, 0, 2000]);
    const what = 'time ran backwards: the line takes the time of the line before';
    expect(statistics.lossy).toEqual([{ line: 2, what, count: 1 }]);
  });

  it('beyond 2^53 ns, which would not be exact, are refused', async () => {
    const lines = `1@9.000000:${PROD}\n1@9007209.000000:${PROD}\n1@9.000001:${PROD}\n`;
    expect(await failureOf(lines)).toBe(
      `TraceFormatError: <stdin>:2: expected a time within 104 days of the first line, found "1@9007209.000000:${PROD}"`,
    );
    const { trace, batches } = await readContent(lines, { lenient: true });
    expect(rowsOf(batches).map((row) => row.timeNs)).toEqual([0, 1000]);
    expect(trace.statistics.skippedRows).toBe(1);
    expect((await read(`1@9.000000:${PROD}`, `1@9007208.000000:${PROD}`)).times).toEqual([0, 9_007_199e9]);
  });

  it('of foreign lines do not count', async () => {
    const { times } = await read(`1@9.000005:${PROD}`, '1@99999999999.000000:other', `1@9.000006:${PROD}`);
    expect(times).toEqual([0, 1000]);
  });

  it('that lines lack are those of the line before', async () => {
    const { times } = await read(`1@9.000005:${PROD}`, `1@9.000008:${PROD}`, PROD);
    expect(times).toEqual([0, 3000, 3000]);
  });

  it('any microsecond is exact', async () => {
    const second = fc.integer({ min: 0, max: 4e9 });
    const micros = fc.integer({ min: 0, max: 999_999 });
    const stamp = (s: number, us: number) => `1@${s}.${String(us).padStart(6, '0')}:${PROD}`;
    await fc.assert(
      fc.asyncProperty(second, micros, fc.integer({ min: 0, max: 1e6 }), micros, async (s, us, later, us2) => {
        fc.pre(later > 0 || us2 >= us);
        const { times } = await read(stamp(s, us), stamp(s + later, us2));
        expect(times).toEqual([0, (later * 1e6 + us2 - us) * 1000]);
      }),
      { numRuns: 50 },
    );
  });
});

describe('broken prefixes are foreign lines', () => {
  it.each([
    `@9.000005:${PROD}`,
    `x@9.000005:${PROD}`,
    `1@.000005:${PROD}`,
    `1@9.00005:${PROD}`,
    `1@9.0000055:${PROD}`,
    `1@9.000005 ${PROD}`,
    `1@9.000005: ${PROD}`,
    `1@9000005:${PROD}`,
    `2025-07-24 14:12:21.123456Z ${PROD}`,
    `2025-13-24T14:12:21.123456Z ${PROD}`,
    `2025-07-24T14:12:21.12345Z ${PROD}`,
    ` ${PROD}`,
    `qemu(cpu0): ${PROD}`,
  ])('%s', async (line) => {
    const { times, statistics } = await read(PROD, line);
    expect(times).toEqual([0]);
    expect(statistics.foreignLines).toBe(1);
  });
});

describe('line ends', () => {
  it('may be CR LF', async () => {
    const { times } = await read(`1@9.000005:${PROD}\r`, `1@9.000006:${PROD}\r`);
    expect(times).toEqual([0, 1000]);
  });

  it('may be missing after the last line, which is noted', async () => {
    const { trace, batches } = await readContent(`${SYNC}\n${PROD}`);
    expect(rowsOf(batches)).toHaveLength(2);
    const what = 'last line has no line end: the log may be cut there';
    expect(trace.statistics.lossy).toEqual([{ line: 2, what, count: 1 }]);
  });

  it('cut inside a name or its arguments lose the line, which is noted', async () => {
    const inName = await readContent(`${PROD}\nsmmuv3_write_m`);
    expect(inName.trace.statistics.lossy).toEqual([{ line: 2, what: 'last line is cut off: not read', count: 1 }]);
    const inArguments = await readContent(`${PROD}\nsmmuv3_write_mmio addr: 0x98 va`);
    const what = 'last line has no line end: the log may be cut there';
    expect(inArguments.trace.statistics.lossy).toEqual([{ line: 2, what, count: 1 }]);
    expect([rowsOf(inName.batches).length, rowsOf(inArguments.batches).length]).toEqual([1, 1]);
  });
});

describe('foreign lines', () => {
  it('are counted and change nothing', async () => {
    const { times, statistics } = await read(
      SYNC,
      'Illegal command type: 7',
      '',
      'vtd_inv_desc invalidate desc type wait high 0 low 0',
      'smmu',
      '1@9.000005:',
      PROD,
    );
    expect(times).toEqual([0, 1]);
    expect(statistics).toMatchObject({ lines: 7, foreignLines: 5 });
  });

  it('of the SMMU with a name that is not known are noted', async () => {
    const { statistics } = await read(PROD, 'smmuv3_new_event x=1', 'smmu_other ');
    const what = 'SMMU event of a name that this reader does not know: not read';
    expect(statistics).toMatchObject({ foreignLines: 2, lossy: [{ line: 2, what, count: 2 }] });
  });
});
