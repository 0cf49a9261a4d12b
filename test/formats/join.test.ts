/**
 * Do two recordings of one run agree, command for command, and is the joined trace the guest's commands and latencies with
 * QEMU's translations?
 */

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { InspectCollector } from '../../src/analysis/inspect/collector.js';
import { RecordedOracle } from '../../src/analysis/oracle/recorded-oracle.js';
import { fitClocks } from '../../src/formats/join/clocks.js';
import type { JoinReport } from '../../src/formats/join/report.js';
import { openRecording, requireSingleTrace } from '../../src/formats/open-recording.js';
import { type EventBatch, EventFlag, EventKind } from '../../src/trace/events.js';
import { callText, eventLine, RETURN_TEXT } from '../support/ftrace-lines.js';
import { messageOf, readTrace, rowsOf, tracePath } from '../support/traces.js';

interface Joined {
  readonly batches: EventBatch[];
  readonly report: JoinReport;
  readonly version: string;
  readonly counts: ReturnType<InspectCollector['counts']>;
}

async function joined(path: string, second: string): Promise<Joined> {
  const trace = await openRecording(path, { with: second });
  const batches: EventBatch[] = [];
  const collector = new InspectCollector();
  for await (const batch of trace.batches) {
    batches.push(batch);
    collector.add(batch);
  }
  const report = trace.join?.report();
  if (report === undefined) throw new Error('expected a report of the joining');
  return { batches, report, version: trace.join?.recorderVersion() ?? '', counts: collector.counts(true) };
}

const pair = (name: string, log: string) =>
  joined(tracePath(`${name}.ftrace.txt.xz`), tracePath(`${name}.${log}.log.xz`));

describe.each([
  ['rebind-strict', 6842, 72, 1],
  ['bigsg-strict', 19_247, 30, 10],
  ['vtd-rebind-4ats-k61', 17_976, 4, 0],
])('%s', (name, matched, before, outOfOrder) => {
  it('the ftrace and the QEMU log give the same commands over the common part, boot excluded', async () => {
    const { report, counts, batches } = await pair(name, 'qemu-7.2');
    expect(report.commands).toEqual({
      matched,
      only_in_commands_from: 0,
      only_before: before,
      only_within: 0,
      only_after: 0,
    });
    expect(report.submissions).toMatchObject({ unmatched: 0, out_of_order: outOfOrder });
    expect(Math.abs(report.clock?.drift_ppm ?? 99)).toBeLessThan(1);
    expect(counts.commands.total).toBe(matched + before);
    expect(counts.commands.unpublished).toBe(0);
    let last = 0;
    for (const batch of batches) {
      for (let row = 0; row < batch.count; row++) {
        if (batch.timeNs[row] < last) expect(batch.timeNs[row]).toBeGreaterThanOrEqual(last);
        last = batch.timeNs[row];
      }
    }
  });
});

describe('a joined trace', () => {
  it('has the raw words and latencies of the ftrace and the translations and mappings of both', async () => {
    const { counts, batches } = await pair('rebind-strict', 'qemu-7.2');
    const alone = await readTrace(tracePath('rebind-strict.ftrace.txt.xz'));
    const log = await readTrace(tracePath('rebind-strict.qemu-7.2.log.xz'));
    const words = (all: readonly EventBatch[]) =>
      rowsOf(all)
        .filter(({ kind, flags }) => kind === EventKind.Cmd && (flags & EventFlag.Reconstructed) === 0)
        .map(({ cmd0Low, cmd0High, cmd1Low, cmd1High }) => [cmd0Low, cmd0High, cmd1Low, cmd1High].join());
    // The order is the queue's, which differs from that of the probes at one place.
    expect(words(batches).sort()).toEqual(words(alone.batches).sort());
    const translations = (all: readonly EventBatch[]) =>
      rowsOf(all)
        .filter(({ kind }) => kind === EventKind.Dma)
        .map(({ timeNs: _, ...rest }) => rest);
    expect(translations(batches)).toEqual(translations(log.batches));
    expect(counts).toMatchObject({ maps: 6948, unmaps: 3343, sync_dones: 3465 });
    const ofGuest = (all: readonly EventBatch[]) => {
      const collector = new InspectCollector();
      for (const batch of all) collector.add(batch);
      return collector.counts(true).recorded_latency;
    };
    // 38 completions of the boot, which only QEMU's log has, stand beside those of the ftrace.
    expect(ofGuest(batches)?.count).toBe(3465);
    expect(ofGuest(batches)?.max_ns).toBe(ofGuest(alone.batches)?.max_ns);
  });

  it('O53: predicts every hit and miss as the log alone does', async () => {
    const { batches, version } = await pair('rebind-strict', 'qemu-7.2');
    const oracle = new RecordedOracle({ version: () => version });
    for (const batch of batches) oracle.consume(batch);
    expect(oracle.result.recorded).toMatchObject({ compared: 15_880, mismatches: 0 });
    expect(oracle.result.config).toMatchObject({ compared: 15_880, mismatches: 0 });
  });

  it('is the same whichever recording is named first', async () => {
    const one = await pair('vtd-rebind-4ats-k61', 'qemu-7.2');
    const other = await joined(
      tracePath('vtd-rebind-4ats-k61.qemu-7.2.log.xz'),
      tracePath('vtd-rebind-4ats-k61.ftrace.txt.xz'),
    );
    expect(other.batches).toEqual(one.batches);
    expect(other.report.commands).toEqual(one.report.commands);
  });
});

describe('made-up runs', () => {
  /** A submission on `cpu` that enters at `us` and returns after `tookUs`. */
  interface Call {
    readonly page: number;
    readonly us: number;
    readonly tookUs: number;
    readonly cpu: number;
  }
  const calls: Call[] = Array.from({ length: 40 }, (_, index) => ({
    page: 0x1000 + ((index * 7) % 11),
    us: 1000 + index * 500 + ((index * index * 37) % 90),
    tookUs: 60 + (index % 5) * 20,
    cpu: index % 2,
  }));

  function ftraceOf(list: readonly Call[]): string {
    const lines = list.flatMap(({ page, us, tookUs, cpu }) => [
      {
        us,
        text: eventLine('trace', {
          event: 'smmu_cmdq',
          us,
          cpu,
          pid: 10 + cpu,
          text: callText(['0x1000000000012', `0x${(page * 4096 + 0x701).toString(16)}`]),
        }),
      },
      {
        us: us + tookUs,
        text: eventLine('trace', { event: 'smmu_cmdq_ret', us: us + tookUs, cpu, pid: 10 + cpu, text: RETURN_TEXT }),
      },
    ]);
    return lines
      .sort((a, b) => a.us - b.us)
      .map(({ text }) => text)
      .join('');
  }

  function logOf(list: readonly Call[], offsetUs: number): string {
    let prod = 0;
    return list
      .map(({ page, us, cpu }) => {
        const at = (more: number) => `${20 + cpu}@${((us + offsetUs + more) / 1e6).toFixed(6)}:`;
        prod += 2;
        return [
          `${at(10)}smmuv3_cmdq_opcode <--- SMMU_CMD_TLBI_NH_VA`,
          `${at(11)}smmuv3_s1_range_inval vmid=0 asid=1 addr=0x${(page * 4096).toString(16)} tg=1 num_pages=0x1 ttl=3 leaf=1`,
          `${at(12)}smmuv3_cmdq_opcode <--- SMMU_CMD_SYNC`,
          `${at(13)}smmuv3_write_mmio addr: 0x98 val:0x${prod.toString(16)} size: 0x4(0)`,
          `30@${((us + offsetUs + 300) / 1e6).toFixed(6)}:smmu_iotlb_lookup_miss IOTLB cache MISS asid=1 addr=0x1000 hit=0 miss=1 hit rate=0`,
          `30@${((us + offsetUs + 301) / 1e6).toFixed(6)}:smmuv3_translate_success smmuv3-iommu-memory-region-8-1 sid=0x8 iova=0x1000 translated=0x2000 perm=0x3`,
          '',
        ].join('\n');
      })
      .join('');
  }

  async function join2(guest: string, qemu: string): Promise<Joined> {
    const directory = await mkdtemp(join(tmpdir(), 'smmuscope-'));
    try {
      await writeFile(join(directory, 'guest.txt'), guest);
      await writeFile(join(directory, 'qemu.log'), qemu);
      return await joined(join(directory, 'guest.txt'), join(directory, 'qemu.log'));
    } finally {
      await rm(directory, { recursive: true });
    }
  }

  it('the offset of the clocks is found to the microsecond', async () => {
    const { report } = await join2(ftraceOf(calls.slice(5)), logOf(calls, 7_000_000));
    expect(report.commands).toMatchObject({ matched: 70, only_before: 10, only_within: 0 });
    // Times count from each recording's first line: the calls left out lie between, and the drain begins 10 us inside.
    expect(report.clock?.offset_ns).toBe((calls[5].us - calls[0].us) * 1000);
  });

  it('a command of the guest that the VMM kept from the host says so', async () => {
    const [at, event] = [
      900_000,
      (name: string, us: number, text: string) => eventLine('trace', { event: name, us, cpu: 0, pid: 10, text }),
    ];
    const guest =
      event('smmu_cmdq', at, callText(['0x0000000000000005', '0x1'])) + event('smmu_cmdq_ret', at + 60, RETURN_TEXT);
    const log = [
      '20@0.900009:iommufd_backend_alloc_viommu  iommufd=17 dev_id=1 type=1 hwpt_id=3 data_ptr=0x0 data_len=0x0 viommu_id=4 (0)',
      '20@0.900010:smmuv3_cmdq_opcode <--- SMMU_CMD_CFGI_CD',
      '20@0.900011:smmuv3_cmdq_cfgi_cd sid=0x0',
      '20@0.900012:smmuv3_cmdq_opcode <--- SMMU_CMD_SYNC',
      '20@0.900013:smmuv3_write_mmio addr: 0x98 val:0x99 size: 0x4(0)\n',
    ].join('\n');
    const { batches } = await join2(ftraceOf(calls) + guest, logOf(calls, 0) + log);
    const kept = batches.flatMap(({ flags, cmd0Low, cmd1Low, count }) =>
      [...flags.subarray(0, count).keys()]
        .filter((row) => (flags[row] & EventFlag.NoVdevice) !== 0)
        .map((row) => [cmd0Low[row], cmd1Low[row]]),
    );
    // The raw words of the guest (LEAF), with what only the log knows.
    expect(kept).toEqual([[5, 1]]);
  });

  it('latencies are those of the probes to the nanosecond, on swapped submissions too', async () => {
    const swapped = [...calls];
    [swapped[10], swapped[11]] = [swapped[11], swapped[10]];
    const times = swapped.map((call, index) => ({
      ...call,
      us: index === 10 || index === 11 ? calls[11].us + index : call.us,
    }));
    const { report, counts } = await join2(ftraceOf(calls), logOf(times, 0));
    expect(report.submissions).toEqual({ matched: 40, unmatched: 0, out_of_order: 1 });
    const mean = calls.reduce((sum, { tookUs }) => sum + tookUs * 1000, 0) / calls.length;
    expect(counts.recorded_latency).toMatchObject({ count: 40, mean_ns: mean, max_ns: 140_000, min_ns: 60_000 });
  });

  it('what the guest’s recorder lost is kept from the log, what the log lacks is left out', async () => {
    const { report, counts } = await join2(
      ftraceOf(calls.filter((_, index) => index !== 20 && index !== 21)),
      logOf(calls, 0),
    );
    expect(report.commands).toMatchObject({ matched: 76, only_within: 4, only_in_commands_from: 0 });
    expect(counts.commands).toMatchObject({ total: 80, unpublished: 0 });
    const cut = await join2(ftraceOf(calls), logOf(calls.slice(0, 30), 0));
    expect(cut.report.commands).toMatchObject({ matched: 60, only_in_commands_from: 20 });
  });

  it('without a clock on one side are joined by order alone', async () => {
    const log = logOf(calls, 0).replaceAll(/^\d+@\d+\.\d+:/gm, '');
    const { report, batches, counts } = await join2(ftraceOf(calls), log);
    expect(report).toMatchObject({ clock: null, commands: { matched: 80, only_within: 0 } });
    expect(counts).toMatchObject({ sync_dones: 40, dma: { total: 40 }, commands: { unpublished: 0 } });
    expect(rowsOf(batches).map(({ timeNs }) => timeNs)).toEqual(rowsOf(batches).map((_, index) => index));
  });

  it('of different runs are refused', async () => {
    const others = calls.map((call) => ({ ...call, page: call.page + 0x5000 }));
    expect(await messageOf(() => join2(ftraceOf(calls), logOf(others, 0)))).toMatch(
      /qemu\.log: expected commands of the same run as .*guest\.txt, found no common sequence of commands$/,
    );
  });
});

describe('refused', () => {
  const ftrace = tracePath('rebind-strict.ftrace.txt.xz');
  it.each([
    [ftrace, ftrace, `--with: expected another recording of the same run, found ${ftrace} again`],
    [
      tracePath('boot-strict.qemu-7.2.log.xz'),
      tracePath('faults-strict.qemu-7.2.log.xz'),
      `--with ${tracePath('faults-strict.qemu-7.2.log.xz')}: expected one recording with translations (a QEMU log) and one without (ftrace), found translations in both`,
    ],
    [
      ftrace,
      tracePath('bigsg-strict.ftrace.txt.xz'),
      `--with ${tracePath('bigsg-strict.ftrace.txt.xz')}: expected one recording with translations (a QEMU log) and one without (ftrace), found translations in neither`,
    ],
  ])('%s with %s', async (first, second, sentence) => {
    expect(await messageOf(() => joined(first, second))).toBe(`UsageError: ${sentence}`);
  });
});

describe('one trace', () => {
  it('is all that can be joined', () => {
    expect(() => requireSingleTrace(['a', 'b'], 'c')).toThrow('--with: expected one trace to join c with, found 2');
    expect(() => requireSingleTrace(['a', 'b'], undefined)).not.toThrow();
    expect(() => requireSingleTrace(['a'], 'c')).not.toThrow();
  });
});

describe('clocks', () => {
  it('a drift is found from the least differences, whatever the delays above them', () => {
    const from = Array.from({ length: 5000 }, (_, index) => index * 1e6);
    const to = from.map(
      (ns, index) => Math.round(ns * (1 + 20e-6)) + 5e9 + ((index * 7919) % 13 === 0 ? 2000 : 300_000),
    );
    const clock = fitClocks(from, to);
    expect(clock.driftPpm).toBeCloseTo(20, 1);
    expect(Math.abs(clock.map(2.5e9) - (2.5e9 * (1 + 20e-6) + 5e9 + 2000))).toBeLessThan(1000);
  });
});
