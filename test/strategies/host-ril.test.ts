/**
 * Strategies tier: what does a host without range invalidation make of the guest's ranges? Never less than they cover.
 * Sources: facts N26 §B1, §H; limits L §2.3; causes design §7–8.
 */
import { describe, expect, it } from 'vitest';
import type { CommandFields } from '../../src/trace/command.js';
import { replayThrough } from '../support/replay-harness.js';
import { TraceBuilder } from '../support/trace-builder.js';

const REJECT = ['host.ril=reject'];
const EMULATE = ['host.ril=emulate'];
const IOCTL_PATHS = ['ioctl', 'ioctl-batched', 'sw-vcmdq', 'ecmdq'];
const HARDWARE_PATHS = ['native', 'hw-vcmdq', 'hw-vcmdq-overlay'];

/** Commands that were in error, by kind. */
function refusals(errors: unknown): Record<string, number> {
  const { incidents = {} } = errors as { incidents?: Record<string, { occurrences: number }> };
  return Object.fromEntries(Object.entries(incidents).map(([name, { occurrences }]) => [name, occurrences]));
}

/** A queue that the SMMU reads itself stops; elsewhere the host kernel refuses. */
const refusalOn = (spec: string) =>
  spec === 'native' || spec === 'hw-vcmdq' ? { 'trace:reserved-fields': 1 } : { 'trace:refused-by-host': 1 };

/** One TLBI_NH_VA of ASID 1 and a SYNC. */
const one = (fields: CommandFields, trace = new TraceBuilder()) =>
  trace
    .cmd('TLBI_NH_VA', { ASID: 1, LEAF: 1, ...fields })
    .sync()
    .doorbell();
/** (NUM + 1) · 2^SCALE granules from page 0x1000 on. */
const range = (pages: CommandFields, tg = 1): CommandFields => ({ ADDR: 0x1000, TG: tg, TTL: 3, ...pages });

describe('host.ril=emulate', () => {
  it.each(IOCTL_PATHS)('%s: a range becomes its pages, in blocks of 63, each page converted', async (spec) => {
    const set = EMULATE;
    // 31 · 2^2 = 124 pages.
    const { amplification, latency } = (await replayThrough(one(range({ NUM: 30, SCALE: 2 })), spec, { set })).result;
    expect(amplification.host_by_opcode).toEqual({ TLBI_NH_VA: 124, SYNC: 2 });
    expect(amplification.extra_by_cause).toEqual({ 'range-expansion': 123, 'added-sync': 2 });
    const plain = (await replayThrough(one(range({})), spec)).result;
    const convertNs = 15;
    const grownNs = latency.breakdown_total_ns.copy_convert - plain.latency.breakdown_total_ns.copy_convert;
    expect(grownNs).toBe(123 * convertNs);
  });

  it.each([
    ['511 pages of 4 KiB', range({ NUM: 6, SCALE: 6 }), 448],
    ['512 pages of 4 KiB', range({ SCALE: 9 }), 0],
    ['1984 pages of 16 KiB', range({ NUM: 30, SCALE: 6 }, 2), 1984],
    ['2048 pages of 16 KiB', range({ SCALE: 11 }, 2), 0],
    ['8192 pages of 64 KiB', range({ SCALE: 13 }, 3), 0],
    ['one page', range({}), 1],
    ['ten pages from inside a granule of 64 KiB on', { ADDR: 0x1001, TG: 3, TTL: 3, NUM: 9 }, 11],
    ['two pages at the top of the address space', { ADDR: 2 ** 52 - 1, TG: 1, TTL: 3, NUM: 1 }, 1],
  ])('%s', async (_, fields, pages) => {
    const { amplification, errors } = (await replayThrough(one(fields), 'ioctl', { set: EMULATE })).result;
    if (pages > 0) {
      expect(amplification.host_by_opcode.TLBI_NH_VA).toBe(pages);
      expect(amplification.extra_by_cause['range-expansion'] ?? 0).toBe(pages - 1);
      expect(amplification.extra_by_cause.widened).toBeUndefined();
    } else {
      expect(amplification.host_by_opcode).toEqual({ TLBI_NH_ASID: 1, SYNC: 1 });
      expect(amplification.extra_by_cause).toEqual({ widened: 1, 'added-sync': 1 });
      // The range itself is not sent, so that the account still balances.
      expect(amplification.not_forwarded_by_opcode).toEqual({ SYNC: 1, TLBI_NH_VA: 1 });
    }
    expect(refusals(errors)).toEqual({});
  });

  it('NH_VAA has no ASID to fall back on: everything of the VM goes', async () => {
    const trace = new TraceBuilder().cmd('TLBI_NH_VAA', { ADDR: 0x1000, TG: 1, TTL: 2, SCALE: 9 }).sync().doorbell();
    const { amplification } = (await replayThrough(trace, 'ioctl', { set: EMULATE })).result;
    expect(amplification.host_by_opcode.TLBI_NH_ALL).toBe(1);
    expect(amplification.extra_by_cause.widened).toBe(1);
  });

  it.each(['ioctl', 'virtio-iommu', 'v1-patch', 'hw-vcmdq'])(
    '%s: whatever the range, nothing that it covers is used after its SYNC; what only the wider command took is collateral',
    async (spec) => {
      // A CFGI_CD ahead: with hw-vcmdq the batch is on the trapped queue.
      for (const scale of [0, 3, 9]) {
        const pages = 2 ** scale;
        const covered = [0x1000, 0x1000 + pages - 1];
        const outside = 0x9000;
        const trace = new TraceBuilder();
        for (const page of [...covered, outside]) trace.dma({ page });
        trace.cmd('CFGI_CD', { SID: 8, LEAF: 1 });
        one(range({ SCALE: scale }), trace);
        for (const page of [...covered, outside]) trace.dma({ page });
        const { safety, tlb } = (await replayThrough(trace, spec, { set: EMULATE })).result;
        expect(safety?.stale_after_sync).toBe(0);
        const main = tlb?.main as { misses_by_cause: Record<string, number> } | undefined;
        expect(main?.misses_by_cause.invalidated).toBe(new Set(covered).size);
        expect(main?.misses_by_cause.collateral ?? 0).toBe(scale === 9 ? 1 : 0);
      }
    },
  );

  it('ATC_INVs that a host derives cover the range once', async () => {
    const trace = new TraceBuilder().dma({ page: 1 }).cmd('ATC_INV', { SID: 8, SIZE: 0, ADDR: 1 }).sync().doorbell();
    one(range({ NUM: 7 }), trace);
    for (const spec of ['ioctl:atc=implicit', 'v1-patch:atc=implicit', 'virtio-iommu']) {
      const { amplification } = (await replayThrough(trace, spec, { set: EMULATE })).result;
      expect([spec, amplification.host_by_opcode.TLBI_NH_VA]).toEqual([spec, 8]);
      expect([spec, amplification.extra_by_cause['implicit-atc']]).toEqual([spec, 1]);
    }
  });
});

describe('host.ril=reject', () => {
  it.each([...IOCTL_PATHS, ...HARDWARE_PATHS])('%s refuses a range, and takes a page', async (spec) => {
    const run = async (fields: CommandFields) => (await replayThrough(one(fields), spec, { set: REJECT })).result;
    const refused = await run(range({ NUM: 3 }));
    expect(refusals(refused.errors)).toEqual(refusalOn(spec));
    expect(refused.amplification.host_by_opcode.TLBI_NH_VA).toBeUndefined();
    const taken = await run({ ADDR: 0x1000 });
    expect(refusals(taken.errors)).toEqual({});
    expect(taken.amplification.host_by_opcode.TLBI_NH_VA).toBe(1);
  });

  it('the seed patch drops it without a word', async () => {
    const { errors } = (await replayThrough(one(range({ NUM: 3 })), 'v1-patch', { set: REJECT })).result;
    expect(errors).toMatchObject({ swallowed_by_opcode: { TLBI_NH_VA: 1 }, findings: { range_dropped: 1 } });
  });
});

it.each(HARDWARE_PATHS)('%s: nobody emulates ranges for a queue of the hardware itself', async (spec) => {
  const { errors } = (await replayThrough(one(range({ NUM: 3 })), spec, { set: EMULATE })).result;
  expect(refusals(errors)).toEqual(refusalOn(spec));
});

it.each(['virtio-iommu', 'vhost-iommu'])('%s: the host’s own unmap does without ranges', async (spec) => {
  const tlbis = async (set: string[], pages: number, pageSizeLog2 = 12, page = 0x10000) => {
    const trace = new TraceBuilder().unmap({ page, pages, asid: 1, pageSizeLog2 }).sync().doorbell();
    return (await replayThrough(trace, spec, { set })).result.amplification.host_by_opcode;
  };
  expect(await tlbis(['host.ril=on'], 63)).toEqual({ TLBI_NH_VA: 2, SYNC: 1 });
  for (const set of [REJECT, EMULATE]) {
    expect(await tlbis(set, 63)).toEqual({ TLBI_NH_VA: 63, SYNC: 1 });
    expect(await tlbis(set, 512)).toEqual({ TLBI_NH_ASID: 1, SYNC: 1 });
    // Blocks of 2 MiB, one TLBI each; two pages of 16 KiB that do not begin at one: as 4 KiB pages.
    expect(await tlbis(set, 3, 21)).toEqual({ TLBI_NH_VA: 3, SYNC: 1 });
    expect(await tlbis(set, 2, 14, 0x10001)).toEqual({ TLBI_NH_VA: 8, SYNC: 1 });
  }
});
