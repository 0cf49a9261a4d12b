/**
 * Strategies tier: paravirtual IOMMUs. What becomes a request, what it costs, and does the guest's SYNC wait for it?
 * Sources: design §5; facts L §1.4, N1b.
 */
import { describe, expect, it } from 'vitest';
import { loadProfile } from '../../src/profiles/load.js';
import { onlyLatencyNs, replayThrough } from '../support/replay-harness.js';
import { oneSubmission, TraceBuilder } from '../support/trace-builder.js';

const NAMES = ['virtio-iommu', 'vhost-iommu'] as const;

/** Host kernel and SMMU per request: unmap, insert, fetch, execute, one SYNC. */
function hostNs(p: ReturnType<typeof loadProfile>): number {
  return (
    p.number('software.host_unmap_ns') +
    p.number('software.cmdq_insert_fixed_ns') +
    p.number('software.cmdq_insert_per_cmd_ns') +
    2 * p.number('smmu.mem_latency_ns') +
    p.number('smmu.exec_tlbi_ns') +
    p.number('smmu.sync_complete_ns')
  );
}

describe('latency of n requests on an idle machine', () => {
  for (const profile of ['neoverse-mmu700', 'grace-cmdqv', 'a72-mmu600']) {
    const p = loadProfile(profile);
    it.each([1, 8, 64])(`${profile}, n=%i`, async (n) => {
      const perIoctl = p.number('software.syscall_ioctl_ns') + p.number('software.copy_fixed_ns');
      const request = p.number('software.vmm_per_cmd_ns') + perIoctl + p.number('software.copy_per_cmd_ns') + hostNs(p);
      expect(onlyLatencyNs(await replayThrough(oneSubmission(n), 'virtio-iommu', { profile }))).toBe(
        p.number('software.mmio_exit_user_ns') + p.number('software.vmm_dispatch_ns') + n * request,
      );
      expect(onlyLatencyNs(await replayThrough(oneSubmission(n), 'vhost-iommu', { profile }))).toBe(
        p.number('software.mmio_exit_kernel_ns') +
          p.number('software.worker_wake_ns') +
          n * (p.number('software.worker_read_per_cmd_ns') + hostNs(p)),
      );
    });
  }

  it('P1: 3642 and 3558 ns for one, both in the order of ioctl’s', async () => {
    expect(onlyLatencyNs(await replayThrough(oneSubmission(1), 'virtio-iommu'))).toBe(3642);
    expect(onlyLatencyNs(await replayThrough(oneSubmission(1), 'vhost-iommu'))).toBe(3558);
  });
});

describe.each(NAMES)('%s', (name) => {
  it('kicks once per submission and waits for every request', async () => {
    const { amplification } = (await replayThrough(oneSubmission(5), name)).result;
    expect(amplification.exits_by_cause).toEqual({ virtqueue_kick: 1 });
    expect(amplification.ioctls).toBe(name === 'virtio-iommu' ? 5 : 0);
    expect(amplification.host_by_opcode).toEqual({ TLBI_NH_VA: 5, SYNC: 5 });
    expect(amplification.not_forwarded_by_opcode).toEqual({ SYNC: 1 });
  });

  it('has no request for configuration, prefetch and ATC_INV: they cost nothing', async () => {
    const trace = new TraceBuilder().cmd('CFGI_STE', { SID: 8 }).cmd('CFGI_CD', { SID: 8 });
    trace.cmd('PREFETCH_CONFIG', { SID: 8 }).cmd('ATC_INV', { SID: 8, SIZE: 0, ADDR: 1 });
    const run = await replayThrough(trace.sync().doorbell(), name);
    // Not a sample of 0 ns: none at all.
    const { operation, submission } = run.result.latency;
    expect([operation.count, submission.count]).toEqual([0, 0]);
    expect(run.result.replay).toMatchObject({ publications: 1, operations_without_work: 1 });
    expect(run.result.amplification).toMatchObject({ exits: 0, ioctls: 0, host_commands: 0 });
    expect(run.result.errors).toMatchObject({ refused_by_opcode: {}, swallowed_by_opcode: {} });
  });

  it('the host invalidates the ATCs of the domain, behind the TLBI’s SYNC', async () => {
    const trace = new TraceBuilder();
    for (const sid of [1, 2]) trace.dma({ sid, asid: 1, page: 0x1000 }).cmd('ATC_INV', { SID: sid, SIZE: 0, ADDR: 1 });
    trace.cmd('TLBI_NH_VA', { ASID: 1, ADDR: 0x1000, TG: 1, TTL: 3 }).sync().doorbell();
    for (const sid of [1, 2]) trace.dma({ sid, asid: 1, page: 0x1000 });
    for (const atc of ['', ':atc=vsid', ':atc=broadcast']) {
      const { result } = await replayThrough(trace, `${name}${atc}`);
      expect(result.amplification.host_by_opcode).toEqual({ TLBI_NH_VA: 1, ATC_INV: 2, SYNC: 2 });
      expect(result.amplification.extra_by_cause).toEqual({ 'implicit-atc': 2, 'added-sync': 2 });
      expect(result.tlb?.by_sid).toMatchObject({ '0x1': { atc: { hits: 0 } }, '0x2': { atc: { hits: 0 } } });
      expect(result.safety).toMatchObject({ stale_after_sync: 0 });
    }
  });

  it('says what its requests are derived from', async () => {
    expect((await replayThrough(oneSubmission(1), name)).result.replay).toMatchObject({ unmaps_derived_from: 'tlbi' });
    expect((await replayThrough(oneSubmission(1), 'ioctl')).result.replay).not.toHaveProperty('unmaps_derived_from');
  });

  it('several vCPUs, requests with and without SYNC: all are served', async () => {
    const trace = new TraceBuilder();
    for (let i = 0; i < 60; i++) {
      trace.at(200 * i).vcpu(i % 4);
      if (i % 7 !== 0) trace.tlbis(1 + (i % 3));
      if (i % 5 === 0) trace.cmd('CFGI_CD', { SID: 8 });
      if (i % 3 !== 0) trace.sync();
      trace.doorbell();
    }
    const { result } = await replayThrough(trace, name, { pacing: 'recorded' });
    expect(result.latency.command.count).toBe(result.amplification.guest_by_opcode.TLBI_NH_VA);
    const stages = Object.values(result.latency.breakdown_total_ns).reduce((sum, ns) => sum + ns, 0);
    expect(stages).toBeCloseTo(result.latency.operation.mean_ns * result.latency.operation.count, 3);
  });
});

describe('vhost-iommu', () => {
  it('kicks that arrive while the thread runs need no wake-up', async () => {
    const trace = new TraceBuilder();
    for (let vcpu = 0; vcpu < 4; vcpu++) trace.at(vcpu).vcpu(vcpu).tlbis(2).sync().doorbell();
    const { result } = await replayThrough(trace, 'vhost-iommu', { pacing: 'recorded' });
    expect(result.host.workers).toEqual([{ drains: 1, absorbed: 3 }]);
  });
});
