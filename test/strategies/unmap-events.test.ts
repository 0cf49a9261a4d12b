/**
 * Strategies tier: with unmap events in the trace, does a paravirtual guest request exactly those, at the right doorbell, and
 * is nothing that it asked for left behind? Sources: design §5; facts L §2.2, §2.5, §2.6.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeRange } from '../../src/guest/driver/range-encoder.js';
import { onlyLatencyNs, replayThrough } from '../support/replay-harness.js';
import { oneSubmission, TraceBuilder } from '../support/trace-builder.js';

const NAMES = ['virtio-iommu', 'vhost-iommu'] as const;

describe.each(NAMES)('%s', (name) => {
  it('one request per unmap event, none per TLBI, and the result says so', async () => {
    const trace = new TraceBuilder();
    for (let i = 0; i < 5; i++) trace.unmap({ page: 0x1000 + i, asid: 1 });
    // One flush of a lazy guest for all five.
    trace.cmd('TLBI_NH_ASID', { ASID: 1 }).sync().doorbell();
    const { amplification: a, replay } = (await replayThrough(trace, name)).result;
    expect(a.host_by_opcode).toEqual({ TLBI_NH_VA: 5, SYNC: 5 });
    expect(a.extra_by_cause).toEqual({ 'unmap-request': 5, 'added-sync': 5 });
    expect(a.not_forwarded_by_opcode).toEqual({ TLBI_NH_ASID: 1, SYNC: 1 });
    expect(a.exits_by_cause).toEqual({ virtqueue_kick: 1 });
    expect(a.ioctls).toBe(name === 'virtio-iommu' ? 5 : 0);
    expect(replay).toMatchObject({
      unmaps_derived_from: 'unmap-events',
      unmap_requests: 5,
      unmap_requests_without_asid: 0,
      unpublished_unmaps: 0,
    });
  });

  it.each([1, 8, 64])('%i unmaps of a page take what as many TLBIs take where there are no events', async (n) => {
    const trace = new TraceBuilder();
    for (let i = 0; i < n; i++) trace.unmap({ page: 0x1000 + i, asid: 1 });
    const derived = await replayThrough(oneSubmission(n), name);
    expect(onlyLatencyNs(await replayThrough(trace.sync().doorbell(), name))).toBe(onlyLatencyNs(derived));
    expect(derived.result.replay).toMatchObject({ unmaps_derived_from: 'tlbi' });
  });

  it('a range is one request, whatever commands the host’s driver encodes it in', async () => {
    for (const pages of [1, 31, 33, 511, 1023, 65_535]) {
      const trace = new TraceBuilder().unmap({ page: 7, pages, asid: 1 }).sync().doorbell();
      const encoded = encodeRange({ page: 7, bytes: pages * 4096, granuleLog2: 12, leaf: true }, 12).length;
      const a = (await replayThrough(trace, name)).result.amplification;
      expect(a.host_by_opcode).toEqual({ TLBI_NH_VA: encoded, SYNC: 1 });
      expect(a.ioctls).toBe(name === 'virtio-iommu' ? 1 : 0);
    }
    const all = new TraceBuilder()
      .unmap({ page: 0, pages: 2 ** 20, pageSizeLog2: 30, asid: 3 })
      .sync()
      .doorbell();
    expect((await replayThrough(all, name)).result.amplification.host_by_opcode).toEqual({ TLBI_NH_ASID: 1, SYNC: 1 });
  });

  it('belongs to the next doorbell of its own vCPU; without one it is never requested, and counted', async () => {
    const trace = new TraceBuilder().vcpu(0).unmap({ page: 1, asid: 1 }).vcpu(1).unmap({ page: 2, asid: 1 });
    trace.at(10).vcpu(1).sync().doorbell();
    trace.at(20).vcpu(0).sync().doorbell().unmap({ page: 3, asid: 1 }).unmap({ page: 4, asid: 1 });
    const { result } = await replayThrough(trace, name);
    expect(result.latency.command.count).toBe(2);
    expect(result.amplification.exits).toBe(2);
    expect(result.replay).toMatchObject({ unmap_requests: 2, unpublished_unmaps: 2 });
  });

  it('invalidates the ATCs of the domain once per request, behind the TLBIs’ SYNC', async () => {
    const trace = new TraceBuilder();
    for (const sid of [1, 2, 3]) {
      trace.dma({ sid, asid: sid === 3 ? 2 : 1, page: 0x1000 }).cmd('ATC_INV', { SID: sid, SIZE: 0, ADDR: 1 });
    }
    trace.unmap({ page: 0x1000, pages: 33, asid: 1 }).sync().doorbell();
    for (const sid of [1, 2, 3]) trace.dma({ sid, asid: sid === 3 ? 2 : 1, page: 0x1000 });
    const { amplification, tlb, safety } = (await replayThrough(trace, name)).result;
    expect(amplification.host_by_opcode).toEqual({ TLBI_NH_VA: 2, ATC_INV: 2, SYNC: 2 });
    const hits = (n: number) => ({ atc: { hits: n } });
    expect(tlb?.by_sid).toMatchObject({ '0x1': hits(0), '0x2': hits(0), '0x3': hits(1) });
    expect(safety).toMatchObject({ stale_after_sync: 0 });
  });

  it('finds the domain by the stream, and without one takes every ASID', async () => {
    const known = new TraceBuilder().dma({ sid: 8, asid: 5, page: 1 }).unmap({ page: 1, sid: 8 }).sync().doorbell();
    const byStream = (await replayThrough(known, name)).result;
    expect(byStream.amplification.host_by_opcode).toEqual({ TLBI_NH_VA: 1, SYNC: 1 });
    expect(byStream.tlb).toMatchObject({ utlb: { invalidated: 1 } });
    const unknown = new TraceBuilder().dma({ sid: 8, asid: 5, page: 1 }).unmap({ page: 1 }).sync().doorbell();
    const result = (await replayThrough(unknown, name)).result;
    expect(result.amplification.host_by_opcode).toEqual({ TLBI_NH_VAA: 1, SYNC: 1 });
    expect(result.tlb).toMatchObject({ utlb: { invalidated: 1 } });
    expect(result.replay).toMatchObject({ unmap_requests_without_asid: 1 });
  });

  it('leaves nothing that was unmapped in use, ordered or timed, on random guests', async () => {
    const steps = fc.array(fc.integer({ min: 0, max: 100_000 }), { maxLength: 120 });
    await fc.assert(
      fc.asyncProperty(steps, async (guest) => {
        const trace = new TraceBuilder();
        for (const [index, step] of guest.entries()) {
          trace.at(150 * index).vcpu(step % 3);
          const page = 0x1000 + ((step * 31) % 64);
          const asid = 1 + (step % 2);
          if (step % 8 < 5) trace.dma({ sid: 8 * asid, asid, page });
          else trace.unmap({ page, pages: 1 + (step % 40), asid });
          if (step % 8 === 6) trace.sync().doorbell();
          if (step % 8 === 7) trace.tlbis(1, page).sync().doorbell();
        }
        for (const dma of ['ordered', 'timed'] as const) {
          const { result, metrics } = await replayThrough(trace, name, { dma, pacing: 'recorded' });
          expect(result.safety?.stale_after_sync ?? 0).toBe(0);
          const stages = Object.values(result.latency.breakdown_total_ns).reduce((sum, ns) => sum + ns, 0);
          expect(stages).toBe(metrics.submission.sumNs);
          const { amplification: a } = result;
          const extra = Object.values(a.extra_by_cause).reduce((sum, count) => sum + count, 0);
          expect(a.host_commands).toBe(extra);
        }
      }),
      { numRuns: 25 },
    );
  });
});

describe('a trace with unmap events', () => {
  it('is the same as without them for every path that takes commands', async () => {
    const trace = (withUnmaps: boolean) => {
      const one = new TraceBuilder().dma({ page: 0x1000 });
      if (withUnmaps) one.unmap({ page: 0x1000, asid: 1 });
      return one.tlbis(1).sync().doorbell().dma({ page: 0x1000 });
    };
    for (const spec of ['ioctl', 'sw-vcmdq', 'native']) {
      const [plain, mapped] = [await replayThrough(trace(false), spec), await replayThrough(trace(true), spec)];
      // The doorbell's number, and its place among the events, count the unmap event before it; nothing else differs.
      const slowest = plain.result.slowest_operations?.map((one) => ({ ...one, event: one.event + 1 }));
      expect(slowest).toHaveLength(1);
      expect(mapped.result).toEqual({
        ...plain.result,
        per_unmap: { ...plain.result.per_unmap, counted_from: 'unmap-events' },
        slowest_operations: slowest,
        operations_over_events: mapped.result.operations_over_events,
      });
    }
  });
});
