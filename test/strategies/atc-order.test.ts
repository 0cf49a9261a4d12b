/**
 * Strategies tier: a CMD_SYNC stands between a TLBI and the ATC_INVs that are derived from it (facts L §1.4, §9.3), and who
 * receives an ATC_INV with targeting vsmmu.
 */
import { afterAll, describe, expect, it } from 'vitest';
import { strategyNames } from '../../src/strategies/registry.js';
import { Sandbox } from '../support/cli.js';
import { replayThrough } from '../support/replay-harness.js';
import { TraceBuilder } from '../support/trace-builder.js';
import { tracePath } from '../support/traces.js';
import { only, replayUnder } from '../topology/run.js';

const sandbox = new Sandbox();
afterAll(() => sandbox.remove());

async function amplificationOf(trace: string, strategy: string, yaml?: string) {
  return only(await replayUnder(sandbox, tracePath(trace), yaml, { strategies: [strategy] })).amplification;
}

const sum = (counts: Readonly<Record<string, number>>) => Object.values(counts).reduce((x, y) => x + y, 0);

describe('targeting implicit: TLBI, SYNC, ATC_INVs, SYNC', () => {
  /** CMD_SYNCs that the path adds (for the overlay one that replaces NSNH_ALL), and all, the guest's two among them. */
  const SYNCS = [
    ['ioctl', 2, 2],
    ['ioctl-batched', 2, 2],
    ['sw-vcmdq', 2, 2],
    ['ecmdq', 2, 2],
    ['hw-vcmdq', 2, 3],
    ['hw-vcmdq-overlay', 3, 5],
    ['native', 1, 3],
    ['virtio-iommu', 2, 2],
    ['vhost-iommu', 2, 2],
  ] as const;

  it.each(SYNCS)('%s adds %i CMD_SYNCs to nsnh-all-with-ats.csv', async (strategy, added, syncs) => {
    const amplification = await amplificationOf('csv/nsnh-all-with-ats.csv', `${strategy}:atc=implicit`);
    const { extra_by_cause: extra, host_by_opcode: host, not_forwarded_by_opcode: ended } = amplification;
    expect(extra).toEqual({ 'implicit-atc': 4, 'added-sync': added });
    expect(host.SYNC).toBe(syncs);
    expect(amplification.host_commands).toBe(amplification.guest_commands - sum(ended) + sum(extra));
  });

  it.each(strategyNames().filter((name) => name !== 'v1-patch'))(
    '%s closes the TLBI before the ATC_INVs, and these',
    async (strategy) => {
      const { extra_by_cause: extra, host_by_opcode: host } = await amplificationOf(
        'csv/nsnh-all-with-ats.csv',
        `${strategy}:atc=implicit`,
      );
      expect(extra['implicit-atc']).toBe(4);
      expect(extra['added-sync']).toBeGreaterThanOrEqual(1);
      expect(host.SYNC).toBeGreaterThanOrEqual(2);
    },
  );

  /** `tlbis` TLBIs and a SYNC in one list, of a domain with `devices` ATS devices. */
  function batch(tlbis: number, devices: number): TraceBuilder {
    const trace = new TraceBuilder();
    for (let sid = 1; sid <= devices; sid++) trace.dma({ sid, asid: 1, page: 1 });
    trace.tlbis(tlbis).sync().doorbell();
    for (let sid = 1; sid <= devices; sid++) trace.cmd('ATC_INV', { SID: sid, SIZE: 0, ADDR: 1 });
    return trace.sync().doorbell();
  }

  it('in a block each TLBI has one SYNC more, and the SYNC before its ATC_INVs closes those of the TLBI before', async () => {
    for (const strategy of ['ioctl-batched', 'sw-vcmdq']) {
      const { amplification } = (await replayThrough(batch(3, 2), `${strategy}:atc=implicit`)).result;
      expect([strategy, amplification.added_syncs]).toEqual([strategy, 1 + 3]);
    }
    const { amplification } = (await replayThrough(batch(3, 2), 'native:atc=implicit')).result;
    expect([amplification.added_syncs, amplification.host_by_opcode.SYNC]).toEqual([3, 2 + 3]);
  });

  it('a block has at most 63 commands: 63 ATC_INVs share one, 64 do not', async () => {
    for (const [devices, added] of [
      [63, 2],
      [64, 3],
    ]) {
      for (const strategy of ['ioctl', 'ioctl-batched', 'sw-vcmdq', 'virtio-iommu', 'v1-patch']) {
        const { extra_by_cause: extra } = (await replayThrough(batch(1, devices), `${strategy}:atc=implicit`)).result
          .amplification;
        expect([strategy, devices, extra['added-sync']]).toEqual([strategy, devices, added]);
      }
    }
  });

  it('a guest that owns its queue waits for one SYNC more', async () => {
    const latency = async (spec: string) => (await replayThrough(batch(1, 1), spec)).result.latency;
    const one = await latency('native');
    const two = await latency('native:atc=implicit');
    // Two of the guest's own in either case: the second list, whose ATC_INVs are absorbed, keeps its SYNC.
    expect(two.breakdown_total_ns.sync).toBe((one.breakdown_total_ns.sync / 2) * 3);
  });
});

describe('targeting vsmmu', () => {
  it('reaches all eight devices of two-domains.csv, broadcast the four of the domain', async () => {
    for (const [atc, sent] of [
      ['vsid', 20],
      ['broadcast', 20 * 4],
      ['vsmmu', 20 * 8],
    ] as const) {
      const { pcie_invalidations: messages, extra_by_cause: extra } = await amplificationOf(
        'csv/two-domains.csv',
        `ioctl:atc=${atc}`,
      );
      expect([atc, messages, extra['atc-broadcast'] ?? 0]).toEqual([atc, sent, sent - 20]);
    }
  });

  it('stays behind the vSMMU of the named device, unless one vSMMU is in front of all, and leaves out ats: false', async () => {
    const devices = [8, 16, 24, 32, 40, 48, 56, 64].map(
      (sid, index) => `  - { sid: ${sid}, smmu: ${index % 2}${sid === 56 ? ', ats: false' : ''} }\n`,
    );
    const yaml = `schema: smmuscope.topology/1\nsmmus: [{}, {}]\ndevices:\n${devices.join('')}`;
    const sent = async (spec: string) => (await amplificationOf('csv/two-domains.csv', spec, yaml)).pcie_invalidations;
    // Ten of the commands name a device on SMMU 0, which has 8, 24 and 40; ten one on SMMU 1, which has 16, 32, 48 and 64.
    expect(await sent('ioctl:atc=vsmmu')).toBe(10 * 3 + 10 * 4);
    expect(await sent('ioctl:atc=vsmmu:routing=broadcast')).toBe(20 * 7);
  });

  it('stays within the VM', async () => {
    const trace = new TraceBuilder().dma({ sid: 8, asid: 1, page: 1 }).dma({ sid: 2 ** 24 + 8, asid: 1, page: 1 });
    trace.cmd('ATC_INV', { SID: 8, SIZE: 0, ADDR: 1 }).sync().doorbell();
    const { amplification } = (await replayThrough(trace, 'ioctl:atc=vsmmu', { vms: 2 })).result;
    expect(amplification.pcie_invalidations).toBe(1);
  });
});
