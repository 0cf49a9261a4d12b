/**
 * Timing tier: for how long are interrupts off? From the reservation of slots until the SYNC of the list is seen done (facts L §3.1),
 * to the nanosecond.
 */
import { describe, expect, it } from 'vitest';
import { loadProfile } from '../../src/profiles/load.js';
import { IrqSection } from '../../src/replay/irq-section.js';
import { onlyLatencyNs, replayThrough } from '../support/replay-harness.js';
import { oneSubmission, TraceBuilder } from '../support/trace-builder.js';

const p = loadProfile('neoverse-mmu700');
/** One host block of `n` TLBIs and its SYNC. */
const blockNs = (n: number): number =>
  p.number('software.cmdq_insert_fixed_ns') +
  n * (p.number('software.cmdq_insert_per_cmd_ns') + p.number('smmu.mem_latency_ns') + p.number('smmu.exec_tlbi_ns')) +
  p.number('smmu.mem_latency_ns') +
  p.number('smmu.sync_complete_ns');

describe('host CPUs', () => {
  it.each([
    ['ioctl', 64, [64, blockNs(1), blockNs(1)]],
    ['ecmdq', 3, [3, blockNs(1), blockNs(1)]],
    ['ioctl-batched', 64, [2, blockNs(1), blockNs(63)]],
    ['sw-vcmdq', 64, [2, blockNs(1), blockNs(63)]],
    ['vhost-iommu', 3, [3, blockNs(1), blockNs(1)]],
  ] as const)('%s, %i commands: one section per block and SYNC', async (spec, n, [count, min, max]) => {
    const { guest, host } = (await replayThrough(oneSubmission(n), spec)).result;
    expect(host.irq_off_ns).toMatchObject({ count, min_ns: min, max_ns: max });
    expect(guest.irq_off_ns).toBeNull();
  });

  it('attaching a stream: three synced STE writes, and a prefetch that nobody waits for', async () => {
    const trace = new TraceBuilder().cmd('CFGI_STE', { SID: 8 }).sync().doorbell();
    const { host } = (await replayThrough(trace, 'ioctl')).result;
    expect(host.irq_off_ns).toMatchObject({ count: 4, min_ns: 60 + 4, max_ns: blockNs(1) });
  });

  it('a device that answers late holds them off as long', async () => {
    const trace = new TraceBuilder().cmd('ATC_INV', { SID: 8, SIZE: 0, ADDR: 1 }).sync().doorbell();
    const set = ['atc.rtt_ns=50000'];
    const { host } = (await replayThrough(trace, 'ioctl', { set })).result;
    expect(host.irq_off_ns?.max_ns).toBe(60 + 4 + 83 + 20 + 50_000 + 100 + 97);
  });

  it('warming up does not count', async () => {
    const trace = new TraceBuilder();
    for (let i = 0; i < 4; i++)
      trace
        .at(i * 100_000)
        .tlbis(1)
        .sync()
        .doorbell();
    const { host } = (await replayThrough(trace, 'ioctl', { warmup: 6 })).result;
    expect(host.irq_off_ns).toMatchObject({ count: 2 });
  });
});

describe('vCPUs of guests that own their queue', () => {
  it.each(['native', 'hw-vcmdq', 'hw-vcmdq-overlay'])('%s: the whole submission, doorbell included', async (spec) => {
    for (const n of [0, 1, 64]) {
      const run = await replayThrough(oneSubmission(n), spec);
      expect(run.result.guest.irq_off_ns).toMatchObject({ count: 1, max_ns: onlyLatencyNs(run) });
      expect(run.result.host.irq_off_ns).toBeNull();
    }
  });

  it('in a crowd as well, reservation and everybody else’s traffic included', async () => {
    const trace = new TraceBuilder();
    for (let round = 0; round < 5; round++) {
      for (let vcpu = 0; vcpu < 6; vcpu++) {
        trace
          .at(50_000 * round)
          .vcpu(vcpu)
          .tlbis(1 + vcpu)
          .sync()
          .doorbell();
      }
    }
    for (const spec of ['native', 'hw-vcmdq']) {
      const { metrics } = await replayThrough(trace, spec, { pacing: 'recorded' });
      expect(metrics.submission.count).toBe(30);
      expect(metrics.guestIrqsOff.sumNs).toBe(metrics.submission.sumNs);
    }
  });

  it('without a SYNC until the commands are in the queue', async () => {
    const { guest } = (await replayThrough(new TraceBuilder().tlbis(3).doorbell(), 'native')).result;
    expect(guest.irq_off_ns).toMatchObject({ count: 1, max_ns: 50 + 60 + 3 * 4 });
  });

  it('hw-vcmdq: the driver’s own SYNC before it changes queues ends a section; the trapped queue is the host’s', async () => {
    const trace = new TraceBuilder().tlbis(1).cmd('CFGI_CD', { SID: 8 }).sync().doorbell();
    const { guest, host } = (await replayThrough(trace, 'hw-vcmdq')).result;
    expect(guest.irq_off_ns).toMatchObject({ count: 1, max_ns: 417 });
    expect(host.irq_off_ns).toMatchObject({ count: 1 });
  });

  it('hw-vcmdq-overlay: through every halt, until the worker is done', async () => {
    const run = await replayThrough(
      new TraceBuilder().tlbis(1).cmd('CFGI_CD', { SID: 8 }).sync().doorbell(),
      'hw-vcmdq-overlay',
    );
    expect(run.result.guest.irq_off_ns).toMatchObject({ count: 1, max_ns: onlyLatencyNs(run) });
  });

  it('the wait for room in a full queue is left out', async () => {
    const trace = new TraceBuilder();
    for (let vcpu = 0; vcpu < 3; vcpu++) trace.vcpu(vcpu).tlbis(14).sync().doorbell();
    const { metrics } = await replayThrough(trace, 'native', { set: ['smmu.cmdq_log2=4'], pacing: 'recorded' });
    const wide = await replayThrough(trace, 'native', { pacing: 'recorded' });
    expect(wide.metrics.guestIrqsOff.sumNs).toBe(wide.metrics.submission.sumNs);
    // Two of three had to wait for the list before theirs, 14 commands and a SYNC each time.
    expect(metrics.guestIrqsOff.sumNs).toBeLessThan(metrics.submission.sumNs - 14 * (83 + 40));
  });
});

describe('a section', () => {
  it('opens once, closes once, and leaves out what it is told to', () => {
    const seen: unknown[] = [];
    const section = new IrqSection({ onIrqsOff: (...facts) => seen.push(facts) });
    section.on(5);
    section.leaveOut(7);
    section.off(true, true, 10);
    section.off(false, false, 20);
    section.leaveOut(3);
    section.on(40);
    section.on(50);
    section.off(false, false, 60);
    section.on(60);
    expect(seen).toEqual([
      [true, 27, true],
      [false, 0, false],
    ]);
  });
});
