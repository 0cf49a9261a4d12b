/**
 * Strategies tier: what must hold of every transport under every targeting, whoever adds one. Oracles: O33, O47, conservation.
 */
import { describe, expect, it } from 'vitest';
import { LoadedProfile, loadProfile } from '../../src/profiles/load.js';
import { strategyNames } from '../../src/strategies/registry.js';
import { targetingNames } from '../../src/strategies/spec.js';
import { runStorm } from '../acceptance/workloads.js';
import { onlyLatencyNs, replayThrough } from '../support/replay-harness.js';
import { oneSubmission, TraceBuilder } from '../support/trace-builder.js';

const SPECS = strategyNames().flatMap((name) => targetingNames().map((atc) => `${name}:atc=${atc}`));

/** Commands of every class on three vCPUs, two ATS devices, with and without SYNC, some opcodes that nothing takes. */
function everything(scale = 1): TraceBuilder {
  const trace = new TraceBuilder();
  for (const sid of [8, 16]) trace.dma({ sid, asid: 1, page: 0x1000 });
  for (let i = 0; i < 60; i++) {
    trace.at(700 * i * scale).vcpu(i % 3);
    trace.tlbis(i % 4);
    if (i % 3 === 0) trace.cmd('ATC_INV', { SID: 8 * (1 + (i % 2)), SIZE: 0, ADDR: 1 });
    if (i % 5 === 0) trace.cmd('CFGI_CD', { SID: 8 });
    if (i % 7 === 0) trace.cmd('CFGI_STE', { SID: 16 }).cmd('PREFETCH_CONFIG', { SID: 16 });
    if (i % 11 === 0) trace.cmd('TLBI_NSNH_ALL').cmd('TLBI_NH_VA', { ASID: 1, ADDR: 7 });
    if (i % 13 === 0) trace.cmd('TLBI_S12_VMALL');
    if (i % 4 !== 0) trace.sync();
    trace.doorbell();
  }
  return trace;
}

const sum = (counts: Readonly<Record<string, number>>): number => Object.values(counts).reduce((x, y) => x + y, 0);

describe.each(SPECS)('%s', (spec) => {
  it('host = guest − not forwarded + extra, and every queue runs empty', async () => {
    const { amplification: a, host } = (await replayThrough(everything(), spec, { pacing: 'recorded' })).result;
    expect(a.host_commands).toBe(sum(a.host_by_opcode));
    expect(a.host_commands).toBe(a.guest_commands - sum(a.not_forwarded_by_opcode) + sum(a.extra_by_cause));
    const queues = host.queues;
    // What was counted is what was executed.
    expect(queues.reduce((total, queue) => total + queue.consumed, 0)).toBe(a.host_commands);
    for (const queue of queues) expect(queue.pending).toBe(0);
  });

  it('O33: the stages sum to the latency exactly, alone and in a crowd', async () => {
    for (const n of [1, 64, 130]) {
      const run = await replayThrough(oneSubmission(n), spec);
      expect(sum(run.result.latency.breakdown_total_ns)).toBe(onlyLatencyNs(run));
    }
    for (const pacing of ['recorded', 'closed', 'asap'] as const) {
      const { metrics, result } = await replayThrough(everything(), spec, { pacing });
      expect(sum(result.latency.breakdown_total_ns)).toBe(metrics.operation.sumNs);
    }
  });
});

describe('O47: every duration and inter-arrival × 3 makes every latency × 3 and changes no count', () => {
  function scaled(alpha: number): LoadedProfile {
    const { name, title, parameters } = loadProfile('neoverse-mmu700');
    return new LoadedProfile(
      name,
      title,
      parameters.map((one) => (one.unit === 'ns' ? { ...one, value: Number(one.value) * alpha } : one)),
    );
  }

  it.each(strategyNames())('%s', async (spec) => {
    const one = (await replayThrough(everything(2), spec, { profile: scaled(2) })).result;
    const three = (await replayThrough(everything(6), spec, { profile: scaled(6) })).result;
    // A time that a strategy says itself is no parameter, and does not grow with them.
    if (one.caveats.some(({ about }) => about === 'own-times')) return;
    expect(three.latency.operation.p50_ns).toBe(3 * one.latency.operation.p50_ns);
    expect(three.latency.submission.max_ns).toBe(3 * one.latency.submission.max_ns);
    expect(three.latency.command.max_ns).toBe(3 * one.latency.command.max_ns);
    expect(three.amplification).toEqual(one.amplification);
  });
});

describe('native', () => {
  const storm = async (vcpus: number, spec: string) =>
    (await runStorm({ vcpus, rounds: 200, thinkNs: 0 }, spec, { pacing: 'asap' })).result.latency.submission.mean_ns;

  it('is the fastest path alone', async () => {
    const native = await storm(1, 'native');
    for (const spec of strategyNames())
      expect([spec, await storm(1, spec)]).toEqual([spec, expect.toSatisfy((ns) => ns >= native)]);
  });

  it('is no bound where 16 vCPUs compete for its one queue: docs/strategies.md has the figures', async () => {
    const us = async (spec: string) => ((await storm(16, spec)) / 1000).toFixed(2);
    expect([await us('native'), await us('hw-vcmdq'), await us('sw-vcmdq')]).toEqual(['9.57', '3.29', '5.18']);
  });
});

describe('one submission on P1', () => {
  it.each([
    ['v1-patch', 4670, 52172],
    ['ioctl', 4670, 52172],
    ['hw-vcmdq', 417, 8418],
    ['hw-vcmdq-overlay', 417, 8418],
    ['ecmdq', 4670, 52172],
    ['virtio-iommu', 3642, 101859],
    ['vhost-iommu', 3558, 79599],
  ])('%s: %i ns for one command, %i ns for 64', async (spec, one, many) => {
    expect(onlyLatencyNs(await replayThrough(oneSubmission(1), spec))).toBe(one);
    expect(onlyLatencyNs(await replayThrough(oneSubmission(64), spec))).toBe(many);
  });
});
