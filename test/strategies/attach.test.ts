/**
 * Strategies tier: what does it cost when the guest changes a stream's configuration, and what does the host send for it?
 * Sources: facts L §1.4, §5.1; upstream QEMU's STE installation; design §5.
 */
import { describe, expect, it } from 'vitest';
import { loadProfile } from '../../src/profiles/load.js';
import { onlyLatencyNs, replayThrough } from '../support/replay-harness.js';
import { TraceBuilder } from '../support/trace-builder.js';

const PATHS = ['v1-patch', 'ioctl', 'ioctl-batched', 'sw-vcmdq', 'hw-vcmdq', 'hw-vcmdq-overlay', 'ecmdq'];
const OTHERS = ['native', 'virtio-iommu', 'vhost-iommu'];

const ste = (sid = 8) => new TraceBuilder().cmd('CFGI_STE', { SID: sid, LEAF: 1 }).sync().doorbell();
const everyStream = (trace: TraceBuilder) => trace.cmd('CFGI_STE_RANGE', { RANGE: 31 }).sync().doorbell();
const amplificationOf = async (trace: TraceBuilder, spec: string, set: readonly string[] = []) =>
  (await replayThrough(trace, spec, { set })).result.amplification;

describe.each(PATHS)('%s', (spec) => {
  it('CFGI_STE: one HWPT, one attach, the host’s own commands by cause, none of them the guest’s', async () => {
    const a = await amplificationOf(ste(), spec);
    expect(a.hwpt_ioctls).toEqual({ alloc: 1, attach: 1, destroy: 0 });
    expect(a.ioctls).toBe(0);
    expect(a.extra_by_cause.attach).toBe(3 + 1);
    expect(a.host_by_opcode).toMatchObject({ CFGI_STE: 3, PREFETCH_CONFIG: 1 });
    expect(a.not_forwarded_by_opcode.CFGI_STE).toBe(1);
    expect((await amplificationOf(ste(), spec, ['software.host_ste_writes=1'])).host_by_opcode.CFGI_STE).toBe(1);
  });

  it('a stream that has an HWPT loses it; CFGI_ALL attaches every known stream to one made at start', async () => {
    const trace = ste().cmd('CFGI_STE', { SID: 8 }).cmd('CFGI_STE', { SID: 16 }).sync().doorbell();
    expect((await amplificationOf(trace, spec)).hwpt_ioctls).toEqual({ alloc: 3, attach: 3, destroy: 1 });
    const reset = new TraceBuilder();
    for (const sid of [8, 16, 24]) reset.dma({ sid, page: 1 });
    everyStream(reset.cmd('CFGI_STE', { SID: 16 }).sync().doorbell());
    const a = await amplificationOf(reset, spec);
    expect(a.hwpt_ioctls).toEqual({ alloc: 1, attach: 1 + 3, destroy: 1 });
    expect(a.host_by_opcode.CFGI_STE).toBe(4 * 3);
    const two = new TraceBuilder();
    for (const sid of [8, 9, 10]) two.dma({ sid, page: 1 });
    // 2^(RANGE+1) streams from the aligned one on: 8 and 9.
    two.cmd('CFGI_STE_RANGE', { SID: 9, RANGE: 0 }).sync().doorbell();
    expect((await amplificationOf(two, spec)).hwpt_ioctls.attach).toBe(2);
  });

  it('a stream with an ATC gets one ATC_INV of everything, with a SYNC; its entries are gone', async () => {
    const trace = (isAttached: boolean) => {
      const one = new TraceBuilder().dma({ page: 0x1000 }).cmd('ATC_INV', { SID: 8, SIZE: 0, ADDR: 1 }).sync();
      if (isAttached) one.cmd('CFGI_STE', { SID: 8 });
      return one.sync().doorbell().dma({ page: 0x1000 });
    };
    const without = (await replayThrough(trace(false), spec)).result;
    const { amplification: a, tlb, safety } = (await replayThrough(trace(true), spec)).result;
    expect(a.pcie_invalidations).toBe(without.amplification.pcie_invalidations + 1);
    expect(a.extra_by_cause.attach).toBe(3 + 1 + 1);
    expect(without.tlb).toMatchObject({ atc: { hits: 1 } });
    expect(tlb).toMatchObject({ atc: { hits: 0 } });
    expect(safety).toMatchObject({ stale_after_sync: 0 });
  });

  it('the stages sum to the latency and the queues run empty, in a crowd and with timed DMA', async () => {
    const trace = new TraceBuilder();
    for (const sid of [8, 16]) trace.dma({ sid, page: 0x1000 });
    for (let i = 0; i < 60; i++) {
      trace.at(400 * i).vcpu(i % 3);
      if (i % 3 === 0) trace.cmd('CFGI_STE', { SID: 8 * (1 + (i % 2)) });
      if (i % 10 === 5) trace.cmd('CFGI_STE_RANGE', { RANGE: 31 });
      trace.tlbis(1 + (i % 3));
      if (i % 4 === 0) trace.cmd('ATC_INV', { SID: 16, SIZE: 0, ADDR: 1 });
      if (i % 5 !== 0) trace.sync();
      trace.doorbell().dma({ sid: 8, page: 0x1000 + (i % 3) });
    }
    for (const dma of ['ordered', 'timed'] as const) {
      const { result, metrics } = await replayThrough(trace, spec, { pacing: 'recorded', dma });
      const stages = Object.values(result.latency.breakdown_total_ns).reduce((sum, ns) => sum + ns, 0);
      expect(stages).toBe(metrics.operation.sumNs);
      expect(result.latency.breakdown_total_ns.attach).toBeGreaterThan(0);
      const queues = result.host.queues;
      expect(queues.reduce((total, queue) => total + queue.consumed, 0)).toBe(result.amplification.host_commands);
      expect(result.safety).toMatchObject({ stale_after_sync: 0 });
    }
  });
});

describe.each(['neoverse-mmu700', 'grace-cmdqv', 'a72-mmu600'])('closed form on %s', (profile) => {
  const p = loadProfile(profile);
  const ns = (key: string) => p.number(key);
  const insert = ns('software.cmdq_insert_fixed_ns') + ns('software.cmdq_insert_per_cmd_ns');
  const fetch = ns('smmu.mem_latency_ns');
  const calls = (...kinds: string[]) =>
    kinds.reduce((sum, kind) => sum + ns('software.syscall_ioctl_ns') + ns(`software.hwpt_${kind}_ns`), 0);
  const steps = 3 * (insert + 2 * fetch + ns('smmu.exec_cfgi_ns') + ns('smmu.sync_complete_ns'));

  it('CFGI_STE, SYNC: trap, two system calls, three steps of CFGI_STE + SYNC, and the prefetch put into the queue', async () => {
    // The VMM decodes two commands, CFGI_STE and CMD_SYNC.
    const decoded = 2 * ns('software.vmm_per_cmd_ns');
    const trapped = ns('software.mmio_exit_user_ns') + ns('software.vmm_dispatch_ns') + decoded;
    const cons = ns('software.mmio_exit_user_ns');
    for (const spec of ['ioctl', 'ioctl-batched', 'ecmdq', 'v1-patch', 'hw-vcmdq']) {
      const run = await replayThrough(ste(), spec, { profile });
      expect(onlyLatencyNs(run)).toBe(trapped + calls('alloc', 'attach') + steps + insert + cons);
      expect(run.result.latency.breakdown_total_ns.attach).toBe(
        ns('software.hwpt_alloc_ns') + ns('software.hwpt_attach_ns'),
      );
    }
  });

  it('with an ATC: the ATC_INV waits behind the prefetch, and for the device', async () => {
    const trace = new TraceBuilder().dma({ page: 1 }).cmd('ATC_INV', { SID: 8, SIZE: 0, ADDR: 1 }).sync().doorbell();
    trace.at(1_000_000).cmd('CFGI_STE', { SID: 8 }).sync().doorbell();
    const run = await replayThrough(trace, 'ioctl', { profile });
    const plain = onlyLatencyNs(await replayThrough(ste(), 'ioctl', { profile }));
    const device = ns('smmu.exec_atc_issue_ns') + ns('atc.rtt_ns') + ns('atc.exec_per_request_ns');
    // The prefetch is fetched while the next command is inserted; what is left of the fetch is waited for.
    const prefetch = fetch + ns('smmu.exec_prefetch_ns');
    const inserted = Math.max(insert, prefetch);
    expect(run.result.latency.submission.max_ns).toBe(
      plain + inserted + fetch + Math.max(device, ns('smmu.exec_atc_issue_ns') + fetch) + ns('smmu.sync_complete_ns'),
    );
  });
});

describe('who spends the time', () => {
  it('sw-vcmdq: the VMM’s own thread, not the worker', async () => {
    const cpu = async (extra: boolean) => {
      const trace = new TraceBuilder();
      if (extra) trace.cmd('CFGI_STE', { SID: 8 });
      return (await replayThrough(trace.tlbis(1).sync().doorbell(), 'sw-vcmdq')).result.host.cpu_ns;
    };
    const p = loadProfile('neoverse-mmu700');
    const [plain, attaching] = [await cpu(false), await cpu(true)];
    expect(attaching.worker - plain.worker).toBe(p.number('software.worker_read_per_cmd_ns'));
    const calls = 2 * 180 + p.number('software.hwpt_alloc_ns') + p.number('software.hwpt_attach_ns');
    const sent = 3 * (60 + 4 + 83 + 40 + 83 + 97) + 60 + 4;
    const vmm = p.number('software.vmm_dispatch_ns') + p.number('software.vmm_per_cmd_ns');
    expect(attaching.vmm - plain.vmm).toBe(vmm + calls + sent);
  });

  it.each(OTHERS)('%s has no virtual SMMU to attach streams for', async (spec) => {
    const a = await amplificationOf(ste(), spec);
    expect(a.hwpt_ioctls).toEqual({ alloc: 0, attach: 0, destroy: 0 });
    expect(a.extra_by_cause.attach).toBeUndefined();
  });
});

describe('CFGI_CD', () => {
  /** Streams 1 and 2 of ASID 1, stream 3 of ASID 2. */
  function threeStreams(): TraceBuilder {
    return new TraceBuilder()
      .dma({ sid: 1, asid: 1, page: 1 })
      .dma({ sid: 2, asid: 1, page: 2 })
      .dma({ sid: 3, asid: 2, page: 1 });
  }

  it.each(['CFGI_CD', 'CFGI_CD_ALL'] as const)(
    'v1-patch: %s reaches every stream of the CD table, one SYNC',
    async (name) => {
      const trace = threeStreams().cmd(name, { SID: 1 }).sync().doorbell();
      for (const sid of [1, 2, 3]) trace.dma({ sid, asid: sid === 3 ? 2 : 1, page: 1 });
      const { amplification: a, tlb } = (await replayThrough(trace, 'v1-patch')).result;
      expect(a.host_by_opcode).toEqual({ [name]: 2, SYNC: 1 });
      expect(a.extra_by_cause).toEqual({ 'cd-broadcast': 1, 'added-sync': 1 });
      // Stream 2 lost its configuration to a command that named stream 1.
      expect(tlb).toMatchObject({ config: { invalidated: 2 } });
    },
  );

  it('v1-patch follows streams into other domains', async () => {
    const trace = threeStreams().dma({ sid: 2, asid: 2, page: 1 }).cmd('CFGI_CD', { SID: 3 }).sync().doorbell();
    expect((await amplificationOf(trace, 'v1-patch')).extra_by_cause['cd-broadcast']).toBe(1);
    const alone = threeStreams().dma({ sid: 2, asid: 2, page: 1 }).cmd('CFGI_CD', { SID: 1 }).sync().doorbell();
    expect((await amplificationOf(alone, 'v1-patch')).extra_by_cause['cd-broadcast']).toBeUndefined();
  });

  it.each(PATHS.filter((spec) => spec !== 'v1-patch'))(
    '%s: the named stream only, as the merged ioctl',
    async (spec) => {
      const a = await amplificationOf(threeStreams().cmd('CFGI_CD', { SID: 1 }).sync().doorbell(), spec);
      expect(a.host_by_opcode.CFGI_CD).toBe(1);
    },
  );
});

describe('what a path does not take', () => {
  it.each(['ioctl', 'ioctl-batched', 'sw-vcmdq', 'hw-vcmdq', 'hw-vcmdq-overlay', 'ecmdq'])(
    '%s takes no stage-2 forms, passes over EL2 and EL3 forms (N26 §E1), emulates PREFETCH, rewrites NSNH_ALL',
    async (spec) => {
      const illegal = ['TLBI_S12_VMALL', 'TLBI_S2_IPA'] as const;
      const passedOver = ['TLBI_EL2_ALL', 'TLBI_EL2_VA', 'TLBI_EL3_ALL'] as const;
      const trace = new TraceBuilder();
      for (const name of [...illegal, ...passedOver]) trace.cmd(name);
      trace.cmd('PREFETCH_CONFIG', { SID: 8 }).cmd('PREFETCH_ADDR', { SID: 8 }).cmd('TLBI_NSNH_ALL').sync().doorbell();
      const { result } = await replayThrough(trace, spec);
      expect(result.errors).toMatchObject({
        refused_by_opcode: Object.fromEntries(illegal.map((name) => [name, 1])),
        swallowed_by_opcode: Object.fromEntries(passedOver.map((name) => [name, 1])),
        incidents: { 'trace:illegal-opcode': { occurrences: 2, lost_silently: 0 } },
      });
      const { SYNC: _syncs, ...sent } = result.amplification.host_by_opcode;
      expect(sent).toEqual({ TLBI_NH_ALL: 1 });
    },
  );
});
