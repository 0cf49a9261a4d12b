/**
 * Strategies tier: per-vCPU emulated queues. Sources: facts L §7.2 N5, §9.7; design §5.
 */
import { describe, expect, it } from 'vitest';
import { onlyLatencyNs, replayThrough } from '../support/replay-harness.js';
import { oneSubmission, TraceBuilder } from '../support/trace-builder.js';

/** `vcpus` vCPUs that publish at the same time, `rounds` times. */
function crowd(vcpus: number, rounds: number, configure = false): TraceBuilder {
  const trace = new TraceBuilder();
  for (let round = 0; round < rounds; round++) {
    for (let vcpu = 0; vcpu < vcpus; vcpu++) {
      trace.at(round * 100_000).vcpu(vcpu);
      if (configure) trace.cmd('CFGI_STE', { SID: 8 });
      trace.tlbis(4).sync().doorbell();
    }
  }
  return trace;
}

describe('ecmdq', () => {
  it.each([0, 1, 63, 64])(
    'alone, %i commands take what ioctl takes, with the same exits, ioctls and SYNCs',
    async (n) => {
      const [own, shared] = [
        await replayThrough(oneSubmission(n), 'ecmdq'),
        await replayThrough(oneSubmission(n), 'ioctl'),
      ];
      expect(onlyLatencyNs(own)).toBe(onlyLatencyNs(shared));
      expect(own.result.amplification).toEqual(shared.result.amplification);
    },
  );

  it('several vCPUs wait for the one consumer, not for the VMM', async () => {
    const own = (await replayThrough(crowd(8, 5), 'ecmdq', { pacing: 'recorded' })).result;
    const shared = (await replayThrough(crowd(8, 5), 'ioctl', { pacing: 'recorded' })).result;
    expect(own.host.vmm_lock).toMatchObject({ acquisitions: 0 });
    expect(own.latency.breakdown_total_ns.vmm_lock).toBe(0);
    expect(own.latency.breakdown_total_ns.queue_wait).toBeGreaterThan(0);
    expect(own.latency.submission.max_ns).toBeLessThan(shared.latency.submission.max_ns / 2);
    expect(own.amplification).toEqual(shared.amplification);
    // The consumer's work is the same.
    expect(own.host.command_engine).toEqual(shared.host.command_engine);
  });

  it('emulated commands still take the VMM’s lock', async () => {
    const { result } = await replayThrough(crowd(8, 5, true), 'ecmdq', { pacing: 'recorded' });
    expect(result.host.vmm_lock).toMatchObject({ acquisitions: 40 });
  });

  it('each vCPU has a physical queue of its own, modulo the option', async () => {
    const used = async (spec: string) =>
      (await replayThrough(crowd(8, 1), spec)).result.host.queues.filter((queue) => queue.produced > 0).length;
    expect(await used('ecmdq')).toBe(8);
    expect(await used('ecmdq:queues=3')).toBe(3);
  });

  it('a SYNC speaks for its own vCPU only: another’s unfinished invalidation is in its window, not a violation', async () => {
    const trace = new TraceBuilder().dma({ page: 0x1000 });
    trace.at(10_000).vcpu(0).tlbis(60, 0x5000).tlbis(1, 0x1000).sync().doorbell();
    trace.at(10_001).vcpu(1).tlbis(1, 0x9000).sync().doorbell();
    const { result } = await replayThrough(trace.at(20_000).dma({ page: 0x1000 }), 'ecmdq', {
      dma: 'timed',
      pacing: 'recorded',
    });
    expect(result.safety).toMatchObject({ stale_in_window: 1, stale_after_sync: 0 });
  });
});
