/**
 * Strategies tier: several VMs, several SMMUs and the host's own traffic. Is what each VM is told still about itself only, is
 * nothing lost or doubled, and does every SMMU do its own part? Oracles: O33, O45, conservation.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { runReplays } from '../../src/session/run.js';
import { strategyNames } from '../../src/strategies/registry.js';
import { parseTopology } from '../../src/topology/load.js';
import { severalVms } from '../../src/topology/several-vms.js';
import { VM_SIDS } from '../../src/topology/topology.js';
import { EventBatch, EventKind } from '../../src/trace/events.js';
import { onlyLatencyNs, replayThrough } from '../support/replay-harness.js';
import { oneSubmission, TraceBuilder } from '../support/trace-builder.js';
import { tracePath } from '../support/traces.js';
import { OPTIONS } from '../topology/run.js';

const sum = (counts: Readonly<Record<string, number>>): number => Object.values(counts).reduce((x, y) => x + y, 0);

/** Rows of a batch as text, in order. */
function rowsOf(batches: readonly EventBatch[]): string[] {
  return batches.flatMap((b) =>
    Array.from({ length: b.count }, (_, i) =>
      [
        b.kind[i],
        b.timeNs[i],
        b.vcpu[i],
        b.queue[i],
        b.sid[i],
        b.asid[i],
        b.vmid[i],
        b.iovaPage[i],
        b.cmd0High[i],
      ].join(' '),
    ),
  );
}

async function collected(batches: readonly EventBatch[], vms: number, shiftNs: number): Promise<EventBatch[]> {
  const source = (async function* () {
    yield* batches;
  })();
  const out: EventBatch[] = [];
  for await (const batch of severalVms(source, { vms, shiftNs })) out.push(batch);
  return out;
}

describe('merging copies', () => {
  it('equals sorting all copies by time and VM, however the trace is cut into batches', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.integer({ min: 0, max: 40 }), fc.integer({ min: 0, max: 3 })), { maxLength: 60 }),
        fc.integer({ min: 1, max: 7 }),
        fc.integer({ min: 2, max: 4 }),
        fc.integer({ min: 0, max: 50 }),
        async (steps, cut, vms, shiftNs) => {
          const batches: EventBatch[] = [];
          let now = 0;
          for (const [index, [gap, kind]] of steps.entries()) {
            now += gap;
            if (index % cut === 0) batches.push(new EventBatch(cut));
            const batch = batches.at(-1) as EventBatch;
            const row =
              kind === 0 ? batch.appendCommand(now, 1, 0x12, 0x70000, 0x1000, 0) : batch.append(EventKind.Dma, now, 1);
            batch.vcpu[row] = kind;
            if (kind > 0) batch.sid[row] = kind;
          }
          const merged = rowsOf(await collected(batches, vms, shiftNs));
          const expected: { time: number; vm: number; at: number; text: string }[] = [];
          for (let vm = 0; vm < vms; vm++) {
            for (const [at, row] of rowsOf(batches).entries()) {
              const [kind, time, vcpu, queue, sid, asid, vmid, page, high] = row.split(' ').map(Number);
              const isCommand = kind === EventKind.Cmd;
              const shifted = time + vm * shiftNs;
              const text = [
                kind,
                shifted,
                vcpu * vms + vm,
                queue * vms + vm,
                isCommand ? sid : sid + vm * VM_SIDS,
                asid,
                isCommand ? vmid : vm,
                page,
                isCommand ? high + vm : high,
              ].join(' ');
              expected.push({ time: shifted, vm, at, text });
            }
          }
          expected.sort((a, b) => a.time - b.time || a.vm - b.vm || a.at - b.at);
          expect(merged).toEqual(expected.map(({ text }) => text));
        },
      ),
    );
  });
});

describe('VMs on one host', () => {
  const run = (strategies: string, more: object) =>
    runReplays([tracePath('rebind-strict.qemu-7.2.log.xz')], {
      ...OPTIONS,
      limit: 4000,
      strategies: [strategies],
      ...more,
    });

  it('O45: n VMs cause n times the commands of one, and no VM’s commands leave another’s entries unsafe', async () => {
    const one = (await run('all', {})).results;
    const three = (await run('all', { vms: 3, vmShiftNs: 1700 })).results;
    for (const [i, result] of three.entries()) {
      expect(result.amplification.guest_commands).toBe(3 * one[i].amplification.guest_commands);
      expect(result.amplification.host_commands).toBe(3 * one[i].amplification.host_commands);
      expect(result.amplification.exits).toBe(3 * one[i].amplification.exits);
      expect(result.safety?.stale_after_sync).toBe(0);
    }
  });

  it('an ASID-wide invalidation of one VM takes no entry of another with the same ASID', async () => {
    // VM k is 300·k ns behind: its second translation comes after the invalidations of the VMs before it.
    const trace = new TraceBuilder().at(0).dma({ page: 1 }).at(900).dma({ page: 1 });
    trace.at(1000).cmd('TLBI_NH_ASID', { ASID: 1 }).sync().doorbell().at(1500).dma({ page: 1 });
    const mainOf = async (vms: number) => {
      const merged = new TraceBuilder();
      for (const batch of await collected([trace.batch], vms, 300)) {
        for (let i = 0; i < batch.count; i++) merged.batch.copyRow(batch, i);
      }
      const { tlb } = (await replayThrough(merged, 'native', { vms, set: ['tlb.utlb.enable=false'] })).result;
      const { main } = tlb as unknown as Record<string, Record<string, number>>;
      return { hits: main.hits, misses: main.misses, invalidated: main.invalidated };
    };
    expect(await mainOf(1)).toEqual({ hits: 1, misses: 2, invalidated: 1 });
    expect(await mainOf(3)).toEqual({ hits: 3, misses: 6, invalidated: 3 });
  });

  it('the VMM lock is each VM’s own: two VMs that trap at once wait for the queue only', async () => {
    const batches = await collected([oneSubmission(1).batch], 2, 0);
    const merged = new TraceBuilder();
    for (const batch of batches) for (let i = 0; i < batch.count; i++) merged.batch.copyRow(batch, i);
    const apart = await replayThrough(merged, 'ioctl', { vms: 2 });
    expect(apart.result.latency.breakdown_total_ns.vmm_lock).toBe(0);
    expect(apart.result.latency.submission.max_ns).toBeGreaterThan(4520);
  });

  it('background traffic delays guests, is reported apart and leaves every count as it was', async () => {
    const quiet = (await run('ioctl', { pacing: 'asap' })).results[0];
    const busy = (await run('ioctl', { backgroundPerS: 2_000_000, pacing: 'asap' })).results[0];
    const again = (await run('ioctl', { backgroundPerS: 2_000_000, pacing: 'asap' })).results[0];
    expect(busy).toEqual(again);
    expect(busy.amplification).toEqual(quiet.amplification);
    expect(busy.tlb).toEqual(quiet.tlb);
    expect(busy.latency.submission.mean_ns).toBeGreaterThan(quiet.latency.submission.mean_ns);
    const { background } = busy.host as unknown as { background: { latency: { count: number; min_ns: number } } };
    // Alone on the queue: insertion, two fetches, one execution, completion.
    expect(background.latency.min_ns).toBe(60 + 4 + 83 + 40 + 83 + 97);
    // 2 M/s for as long as the guest is at work, within five standard deviations of a Poisson count.
    const seconds = Number((busy.throughput as { duration_ns: number }).duration_ns) / 1e9;
    expect(Math.abs(background.latency.count - 2e6 * seconds)).toBeLessThan(5 * Math.sqrt(2e6 * seconds));
  });
});

describe('several SMMUs', () => {
  const TWO = `schema: smmuscope.topology/1
smmus: [{}, {}]
devices: [{ sid: 8, smmu: 0, ats: true }, { sid: 16, smmu: 1, ats: true }, { sid: 24, smmu: 1 }]
`;
  const routed = strategyNames().flatMap((name) =>
    ['hw-vcmdq', 'hw-vcmdq-overlay', 'native'].includes(name) ? [name] : [name, `${name}:routing=broadcast`],
  );

  /** Three devices; 8 and 16 share domain 1, 24 has domain 2; every kind of TLBI, ATC_INV and CFGI. */
  function devices(): TraceBuilder {
    const trace = new TraceBuilder();
    for (let i = 0; i < 90; i++) {
      trace.at(900 * i).vcpu(i % 2);
      trace.dma({ sid: 8, asid: 1, page: 0x1000 + (i % 5) }).dma({ sid: 16, asid: 1, page: 0x1000 + (i % 5) });
      trace.dma({ sid: 24, asid: 2, page: 0x1000 + (i % 3) });
      trace.cmd('TLBI_NH_VA', { ASID: 1 + (i % 2), ADDR: 0x1000 + (i % 5), TG: 1, TTL: 3, LEAF: 1 }).sync();
      if (i % 2 === 0) {
        for (const sid of [8, 16]) trace.cmd('ATC_INV', { SID: sid, ADDR: 0x1000 + (i % 5), SIZE: 0 });
        trace.sync();
      }
      if (i % 6 === 5) trace.cmd('CFGI_CD', { SID: 16 }).sync();
      if (i % 9 === 8) trace.cmd('TLBI_NH_ASID', { ASID: 2 }).sync();
      if (i % 30 === 29) trace.cmd('TLBI_NSNH_ALL').sync();
      trace.doorbell();
    }
    return trace;
  }

  it.each(routed)('%s: conservation, O33 and no stale use after SYNC (O45)', async (spec) => {
    for (const dma of ['ordered', 'timed'] as const) {
      const run = await replayThrough(devices(), spec, {
        topology: TWO,
        dma,
        pacing: dma === 'timed' ? 'recorded' : 'closed',
      });
      const { amplification: a, host, latency, safety } = run.result;
      expect(a.host_commands).toBe(a.guest_commands - sum(a.not_forwarded_by_opcode) + sum(a.extra_by_cause));
      const queues = host.queues;
      expect(queues.reduce((total, queue) => total + queue.consumed, 0)).toBe(a.host_commands);
      for (const queue of queues) expect(queue.pending).toBe(0);
      expect(sum(latency.breakdown_total_ns)).toBe(run.metrics.submission.sumNs);
      // The paravirtual paths send no ATC_INV of the guest's; the seed patch is the one that may be stale.
      if (!spec.startsWith('v1-patch')) expect(safety?.stale_after_sync).toBe(0);
      // Both SMMUs worked, and none for a stream of the other.
      expect(new Set(queues.filter(({ consumed }) => consumed > 0).map(({ smmu }) => smmu))).toEqual(new Set([0, 1]));
    }
  });

  it('per-instance sends an ASID’s TLBI where it has devices, broadcast to every SMMU, with an ioctl for each', async () => {
    const one = (asid: number) =>
      new TraceBuilder()
        .dma({ sid: 8, asid: 1, page: 1 })
        .dma({ sid: 16, asid: 1, page: 1 })
        .dma({ sid: 24, asid: 2, page: 1 })
        .cmd('TLBI_NH_VA', { ASID: asid, ADDR: 1, TG: 1, TTL: 3 })
        .sync()
        .doorbell();
    const counts = async (asid: number, spec: string) => {
      const { amplification: a } = (await replayThrough(one(asid), spec, { topology: TWO })).result;
      return [a.ioctls, a.host_by_opcode.TLBI_NH_VA, a.added_syncs, a.extra_by_cause['instance-broadcast'] ?? 0];
    };
    expect(await counts(1, 'ioctl')).toEqual([2, 2, 2, 1]); // the domain spans both
    expect(await counts(2, 'ioctl')).toEqual([1, 1, 1, 0]);
    expect(await counts(2, 'ioctl:routing=broadcast')).toEqual([2, 2, 2, 1]);
    expect(await counts(2, 'ioctl-batched:routing=broadcast')).toEqual([2, 2, 2, 1]);
    expect(await counts(2, 'sw-vcmdq:routing=broadcast')).toEqual([0, 2, 2, 1]);
  });

  it('two SMMUs in turn take exactly twice the kernel’s part of one: closed form', async () => {
    const trace = new TraceBuilder().dma({ sid: 8, asid: 1, page: 1 }).dma({ sid: 16, asid: 1, page: 1 });
    trace.tlbis(1).sync().doorbell();
    const alone = onlyLatencyNs(await replayThrough(trace, 'ioctl'));
    const both = onlyLatencyNs(await replayThrough(trace, 'ioctl', { topology: TWO }));
    // ioctl, copy and convert, insertion, fetches, execution, SYNC.
    const { result } = await replayThrough(trace, 'ioctl');
    const stages = result.latency.breakdown_total_ns;
    const measured = stages.ioctl + stages.copy_convert + stages.insert + stages.fetch + stages.execute + stages.sync;
    expect(both - alone).toBe(measured);
  });

  it('the vSMMU of a guest queue keeps its commands to its SMMU', async () => {
    const trace = new TraceBuilder().dma({ sid: 8, asid: 1, page: 1 }).dma({ sid: 16, asid: 1, page: 1 });
    trace.tlbis(1, 1).sync().doorbell(0);
    const queued = TWO.replace('[{}, {}]', '[{ queue: 0 }, { queue: 1 }]');
    const { result } = await replayThrough(trace, 'ioctl', { topology: queued });
    expect(result.amplification.host_by_opcode.TLBI_NH_VA).toBe(1);
    expect((result.tlb as unknown as Record<string, { invalidated: number }>).main.invalidated).toBe(1);
  });

  it('a PASID’s domain is where its device is: routing and derived ATC_INVs follow SSID bindings', async () => {
    const trace = () =>
      new TraceBuilder()
        .dma({ sid: 8, asid: 1, page: 1 })
        .dma({ sid: 16, asid: 2, page: 1 })
        .dma({ sid: 16, ssid: 5, asid: 9, page: 1 })
        .cmd('TLBI_NH_ASID', { ASID: 9 })
        .sync()
        .doorbell();
    const seen = (await replayThrough(trace(), 'ioctl:atc=implicit', { topology: TWO })).result.amplification;
    expect([seen.host_by_opcode.TLBI_NH_ASID, seen.host_by_opcode.ATC_INV]).toEqual([1, 1]);
    // A file that says otherwise is believed: device 8 has the PASID, too.
    const told = `${TWO}bindings: [{ sid: 8, asid: 1 }, { sid: 8, ssid: 5, asid: 9 }]\n`;
    const both = (await replayThrough(trace(), 'ioctl:atc=implicit', { topology: told })).result.amplification;
    expect([both.host_by_opcode.TLBI_NH_ASID, both.host_by_opcode.ATC_INV]).toEqual([2, 2]);
  });

  it('the file says it as the schema does', () => {
    expect(parseTopology(TWO, 'two.yaml').smmus).toHaveLength(2);
    expect(() => parseTopology(TWO.replace('smmu: 1 }', 'smmu: 2 }'), 'two.yaml')).toThrow(
      'two.yaml:3: devices[2].smmu: expected an SMMU from 0 to 1, found 2',
    );
    expect(() => parseTopology(TWO.replace('[{}, {}]', '[{ queue: 1 }, { queue: 1 }]'), 'two.yaml')).toThrow(
      'two.yaml:2: smmus[1].queue: expected a queue that no other SMMU has, found 1',
    );
  });
});
