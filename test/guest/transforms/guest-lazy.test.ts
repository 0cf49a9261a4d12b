/**
 * Transforms tier: does --guest-lazy turn strict unmaps into the flushes that Linux's flush queue would make?
 * Facts L §2.7; O38 (test/guest/flush-queue.test.ts has the queue itself).
 */
import { describe, expect, it } from 'vitest';
import { flushLazily } from '../../support/flush-log.js';
import { replayThrough } from '../../support/replay-harness.js';
import { TraceBuilder } from '../../support/trace-builder.js';
import { linesThrough, through } from './through.js';

const LAZY = { guestLazy: true };
const UNMAP = { TG: 1, TTL: 3, LEAF: 1 } as const;

/** `count` strict unmaps of ASID 1, dealt out to `vcpus`, `stepNs` apart. */
function unmaps(count: number, stepNs: number, vcpus = 1, withCompletions = true): TraceBuilder {
  const trace = new TraceBuilder();
  for (let i = 0; i < count; i++) {
    trace.vcpu(i % vcpus).at(1000 + i * stepNs);
    trace
      .cmd('TLBI_NH_VA', { ASID: 1, ADDR: i, ...UNMAP })
      .sync()
      .doorbell();
    if (withCompletions) trace.syncDone();
  }
  return trace;
}

describe('--guest-lazy', () => {
  it.each([
    [600, 1000, 1],
    [2000, 1000, 2],
    [500, 100_000, 3],
  ])('O38: %i unmaps %i ns apart on %i vCPUs flush when the flush queue says', async (count, stepNs, vcpus) => {
    const { batches, report } = await through(unmaps(count, stepNs, vcpus), LAZY, { rows: 7 });
    const times = Array.from({ length: count }, (_, i) => ({ timeNs: 1000 + i * stepNs, cpu: i % vcpus }));
    const { flushes } = flushLazily(times);
    const rows = batches.flatMap((batch) =>
      Array.from({ length: batch.count }, (_, row) => ({ kind: batch.kind[row], timeNs: batch.timeNs[row] })),
    );
    // Each flush is TLBI_NH_ASID, SYNC, doorbell, sync-done: nothing of the unmaps is left but that they were.
    expect(rows.filter(({ kind }) => kind === 1).map(({ timeNs }) => timeNs)).toEqual(
      flushes.map(({ timeNs }) => timeNs),
    );
    expect(rows).toHaveLength(count + flushes.length * 4);
    expect(report[0]).toMatchObject({
      unmaps_deferred: count,
      flushes_ring_full: flushes.filter(({ cause }) => cause === 'ring-full').length,
      flushes_timer: flushes.filter(({ cause }) => cause === 'timer').length,
    });
  });

  it('flushes at the timer, by the vCPU that armed it, with a completion only where the trace has them', async () => {
    for (const withCompletions of [true, false]) {
      const trace = unmaps(3, 1000, 2, withCompletions).at(20_000_000).dma({ page: 1 });
      const done = withCompletions ? ['sync-done v0'] : [];
      expect(await linesThrough(trace, LAZY)).toEqual([
        'unmap v0',
        'unmap v1',
        'unmap v0',
        'cmd v0 TLBI_NH_ASID ASID=1',
        'cmd v0 SYNC',
        'doorbell v0',
        ...done,
        'dma sid=8 asid=1 0x1000 size=12 granule=12 ',
      ]);
    }
  });

  it('keeps what the driver cannot put off: non-leaf, shared address spaces, contexts, configuration', async () => {
    const trace = new TraceBuilder().dma({ sid: 8, ssid: 4, asid: 9, page: 1 }).at(10);
    trace.cmd('CFGI_STE', { SID: 8, LEAF: 1 }).sync().doorbell();
    trace.cmd('TLBI_NH_VA', { ASID: 1, ADDR: 512, SCALE: 9, TG: 1 }).sync().doorbell();
    trace
      .cmd('TLBI_NH_VA', { ASID: 9, ADDR: 1, ...UNMAP })
      .sync()
      .doorbell();
    trace.cmd('TLBI_NH_ASID', { ASID: 3 }).sync().doorbell().sync().doorbell().doorbell();
    const { report } = await through(trace, LAZY);
    expect(report[0]).toMatchObject({ unmaps_deferred: 0, commands_removed: 0, doorbells_removed: 0 });
  });

  it('takes an unmap out of a submission that has more in it', async () => {
    const trace = new TraceBuilder()
      .at(10)
      .cmd('TLBI_NH_VA', { ASID: 1, ADDR: 5, ...UNMAP })
      .sync();
    trace.cmd('TLBI_NH_ASID', { ASID: 3 }).sync().doorbell().at(20).syncDone();
    expect((await linesThrough(trace, LAZY)).slice(0, 5)).toEqual([
      'unmap v0',
      'cmd v0 TLBI_NH_ASID ASID=3',
      'cmd v0 SYNC',
      'doorbell v0',
      'sync-done v0',
    ]);
  });

  it('tells of the unmaps only where the trace does not, so that a flush is no single unmap', async () => {
    const told = new TraceBuilder().unmap({ page: 5, asid: 1 }).at(10);
    told
      .cmd('TLBI_NH_VA', { ASID: 1, ADDR: 5, ...UNMAP })
      .sync()
      .doorbell();
    expect((await linesThrough(told, LAZY)).filter((line) => line.startsWith('unmap'))).toHaveLength(1);
    const { batches } = await through(unmaps(40, 1000), LAZY);
    const lazy = new TraceBuilder();
    for (const batch of batches) for (let row = 0; row < batch.count; row++) lazy.batch.copyRow(batch, row);
    const { per_unmap } = (await replayThrough(lazy, 'ioctl')).result;
    expect(per_unmap).toMatchObject({ unmaps: 40, counted_from: 'unmap-events' });
    // A paravirtual guest is asked for what the flush covers, as before.
    const paravirtual = (await replayThrough(lazy, 'virtio-iommu')).result;
    expect(paravirtual.replay).toMatchObject({ unmaps_derived_from: 'tlbi' });
    expect(paravirtual.per_unmap?.unmaps).toBe(40);
  });

  it('refuses a trace without times', async () => {
    await expect(through(unmaps(1, 1), LAZY, { timeBase: 'order-only' })).rejects.toThrow(
      /--guest-lazy: expected .*times/,
    );
  });
});
