/**
 * Strategies tier: a hardware main queue that halts at what it cannot run. Sources: design §5; facts L §6.4, §7.4.
 */
import { describe, expect, it } from 'vitest';
import { loadProfile } from '../../src/profiles/load.js';
import { onlyLatencyNs, replayThrough } from '../support/replay-harness.js';
import { oneSubmission, TraceBuilder } from '../support/trace-builder.js';

const P1 = loadProfile('neoverse-mmu700');
const ns = (key: string): number => P1.number(key);

/** From the fetch of a command that the hardware cannot run to the fetch of its replacement, without the VMM's work on it. */
const HALT =
  ns('smmu.mem_latency_ns') +
  ns('software.queue_halt_irq_ns') +
  ns('software.worker_wake_ns') +
  ns('software.vmm_dispatch_ns') +
  ns('software.vmm_per_cmd_ns') +
  ns('software.mmio_write_posted_ns') +
  ns('smmu.mem_latency_ns');

const SPEC = 'hw-vcmdq-overlay';

describe('without unsupported commands', () => {
  it.each([1, 8, 64])('%i commands take what hw-vcmdq takes, free of exits', async (n) => {
    const [own, other] = [
      await replayThrough(oneSubmission(n), SPEC),
      await replayThrough(oneSubmission(n), 'hw-vcmdq'),
    ];
    expect(onlyLatencyNs(own)).toBe(onlyLatencyNs(other));
    expect(own.result.amplification).toEqual(other.result.amplification);
  });
});

describe('a halt', () => {
  it('costs interrupt, wake-up, the VMM’s work and a restart: 5128 ns for PREFETCH_CONFIG, SYNC on P1', async () => {
    const run = await replayThrough(new TraceBuilder().cmd('PREFETCH_CONFIG', { SID: 8 }).sync().doorbell(), SPEC);
    const queue = ns('software.mmio_write_posted_ns') + ns('software.cmdq_insert_fixed_ns');
    const sync = ns('smmu.mem_latency_ns') + ns('smmu.sync_complete_ns');
    expect(onlyLatencyNs(run)).toBe(queue + ns('software.cmdq_insert_per_cmd_ns') + HALT + sync);
    expect(onlyLatencyNs(run)).toBe(5128);
    expect(run.result.amplification).toMatchObject({ exits_by_cause: { queue_halt: 1 }, ioctls: 0, added_syncs: 1 });
    // The replacement and the guest's own.
    expect(run.result.amplification.host_by_opcode).toEqual({ SYNC: 2 });
  });

  it('every unsupported command is one; a forwardable one costs an ioctl and a host SYNC too', async () => {
    const trace = new TraceBuilder().tlbis(2).cmd('CFGI_CD', { SID: 8 }).cmd('TLBI_NSNH_ALL').tlbis(1).sync();
    const { amplification } = (await replayThrough(trace.cmd('PREFETCH_CONFIG').sync().doorbell(), SPEC)).result;
    expect(amplification).toMatchObject({ exits_by_cause: { queue_halt: 3 }, ioctls: 2, added_syncs: 3 + 2 });
    expect(amplification.host_by_opcode).toEqual({ TLBI_NH_VA: 3, CFGI_CD: 1, TLBI_NH_ALL: 1, SYNC: 2 + 3 + 2 });
  });

  it('what a vCPU publishes behind it, without a SYNC in between, does not pass it', async () => {
    const trace = new TraceBuilder().dma({ page: 0x1000 }).at(100_000);
    trace.cmd('PREFETCH_CONFIG').tlbis(60, 0x5000).tlbis(1, 0x1000).doorbell().tlbis(1, 0x9000).sync().doorbell();
    // The page is used all the while; the second publication alone would be done long before the first.
    for (let i = 0; i < 80; i++) trace.at(100_000 + 200 * i).dma({ page: 0x1000 });
    const { result } = await replayThrough(trace, SPEC, { dma: 'timed', pacing: 'recorded' });
    expect(result.safety?.stale_in_window).toBeGreaterThan(0);
    expect(result.safety).toMatchObject({ stale_after_sync: 0 });
  });

  it('the stages sum to the latency', async () => {
    const trace = new TraceBuilder().tlbis(2).cmd('CFGI_CD', { SID: 8 }).cmd('ATC_INV', { SID: 8, SIZE: 0, ADDR: 1 });
    const run = await replayThrough(trace.sync().doorbell(), SPEC);
    const stages = Object.values(run.result.latency.breakdown_total_ns).reduce((sum, spent) => sum + spent, 0);
    expect(stages).toBe(onlyLatencyNs(run));
  });

  it('without a SYNC behind it the vCPU goes on', async () => {
    const { result } = await replayThrough(new TraceBuilder().cmd('PREFETCH_CONFIG', { SID: 8 }).doorbell(), SPEC);
    expect(result.guest.stall_ns.max_ns).toBe(
      ns('software.mmio_write_posted_ns') + ns('software.cmdq_insert_fixed_ns') + ns('software.cmdq_insert_per_cmd_ns'),
    );
    expect(result.latency.command.count).toBe(1);
  });

  it('holds up the supported commands of every other vCPU until the restart', async () => {
    const trace = new TraceBuilder().at(0).vcpu(0).cmd('CFGI_STE', { SID: 8 }).sync().doorbell();
    trace.at(1_000).vcpu(1).tlbis(1).sync().doorbell();
    const overlay = (await replayThrough(trace, SPEC, { pacing: 'recorded' })).result.latency.submission;
    expect(overlay.min_ns).toBeGreaterThan(HALT - 1_000);
    const separate = (await replayThrough(trace, 'hw-vcmdq', { pacing: 'recorded' })).result.latency.submission;
    expect(separate.min_ns).toBe(417);
  });

  it('commands before it are executed before it is emulated, those behind afterwards', async () => {
    const order: number[] = [];
    const trace = new TraceBuilder().tlbis(1).cmd('CFGI_STE', { SID: 8 }).cmd('TLBI_NH_ASID', { ASID: 1 });
    const { ReplayMetrics } = await import('../../src/metrics/replay-metrics.js');
    class Order extends ReplayMetrics {
      override onCommandEffect(opcode: number): void {
        order.push(opcode);
      }
    }
    await replayThrough(trace.sync().doorbell(), SPEC, { metrics: new Order() });
    expect(order).toEqual([0x12, 0x03, 0x11]);
  });

  it('many vCPUs, halts and plain commands mixed: everything is executed', async () => {
    const trace = new TraceBuilder();
    for (let i = 0; i < 80; i++) {
      trace
        .at(300 * i)
        .vcpu(i % 5)
        .tlbis(1 + (i % 3));
      if (i % 4 === 0) trace.cmd('CFGI_CD', { SID: 8 });
      if (i % 6 === 0) trace.cmd('CFGI_STE', { SID: 8 });
      if (i % 5 !== 0) trace.sync();
      trace.doorbell();
    }
    for (const pacing of ['recorded', 'closed', 'asap'] as const) {
      const { result } = await replayThrough(trace, SPEC, { pacing });
      const { guest_by_opcode, host_by_opcode } = result.amplification;
      expect(host_by_opcode.TLBI_NH_VA).toBe(guest_by_opcode.TLBI_NH_VA);
      const { TLBI_NH_VA, CFGI_CD, CFGI_STE } = guest_by_opcode;
      expect(result.latency.command.count).toBe(TLBI_NH_VA + CFGI_CD + CFGI_STE);
      for (const queue of result.host.queues) expect(queue.pending).toBe(0);
    }
  });

  it('an ATC_INV without a SID slot halts the queue', async () => {
    const trace = new TraceBuilder();
    for (const sid of [1, 2]) trace.cmd('ATC_INV', { SID: sid, SIZE: 0, ADDR: 1 }).sync().doorbell();
    const { amplification } = (await replayThrough(trace, SPEC, { set: ['smmu.vcmdq_sid_slots=1'] })).result;
    expect(amplification).toMatchObject({ exits_by_cause: { queue_halt: 1 }, ioctls: 1 });
    expect(amplification.host_by_opcode.ATC_INV).toBe(2);
  });
});
