/**
 * Strategies tier: how many exits, ioctls, host commands and SYNCs does each path cause, exactly?
 * Oracles: O2, O3, O4, O7, O13 (through a path), O47, O52.
 */
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { ReplayMetrics } from '../../src/metrics/replay-metrics.js';
import { LoadedProfile, loadProfile } from '../../src/profiles/load.js';
import type { Operation } from '../../src/replay/operation.js';
import { COST_COUNT } from '../../src/strategies/path/costs.js';
import type { Submission } from '../../src/strategies/path/submission.js';
import { replayThrough } from '../support/replay-harness.js';
import { oneSubmission, TraceBuilder } from '../support/trace-builder.js';

/** T = TLBI, A = ATC_INV, D = CFGI_CD, E = CFGI_STE, P = PREFETCH, S = SYNC, N = NSNH_ALL; space = doorbell. */
function script(text: string): TraceBuilder {
  const trace = new TraceBuilder();
  for (const letter of text) {
    if (letter === 'T') trace.tlbis(1);
    else if (letter === 'A') trace.cmd('ATC_INV', { SID: 8, SIZE: 0, ADDR: 1 });
    else if (letter === 'D') trace.cmd('CFGI_CD', { SID: 8, LEAF: 1 });
    else if (letter === 'E') trace.cmd('CFGI_STE', { SID: 8, LEAF: 1 });
    else if (letter === 'P') trace.cmd('PREFETCH_CONFIG', { SID: 8 });
    else if (letter === 'N') trace.cmd('TLBI_NSNH_ALL');
    else if (letter === 'S') trace.sync();
    else trace.doorbell();
  }
  return trace.doorbell();
}

const amplificationOf = async (text: string, spec: string) =>
  (await replayThrough(script(text), spec)).result.amplification;

describe('O2: ioctls', () => {
  it.each([
    ['TTSAAST', 3],
    ['TSTST', 1],
    ['TTTT', 1],
    ['TATAT', 5],
    ['ADAS', 1],
    ['TDTS', 3],
    ['S', 0],
    ['ES', 0],
    ['TETS', 1],
    ['T T', 2],
    // A class change flushes wherever SYNCs stand; what the VMM does itself does not, and is in no ioctl.
    ['TSASTSAS', 4],
    ['TNTS', 1],
    ['AEDPAS', 1],
    ['TEAETS', 3],
    ['TTAADDTT', 3],
    ['TA TA', 4],
  ])('batched, %s: %i', async (text, expected) => {
    expect((await amplificationOf(text, 'ioctl-batched')).ioctls).toBe(expected);
  });

  it.each([
    ['TTSAAST', 5],
    ['ES', 0],
    ['EPTDANS', 4],
  ])('per command, %s: n_fwd = %i (SYNC, CFGI_STE, PREFETCH are not forwarded)', async (text, expected) => {
    expect((await amplificationOf(text, 'ioctl')).ioctls).toBe(expected);
  });
});

describe('O3: host CMD_SYNCs', () => {
  it.each([
    [1, 1],
    [63, 1],
    [64, 2],
    [126, 2],
    [127, 3],
  ])('n=%i: per-command n, batched %i, hardware the guest’s own', async (n, blocks) => {
    const syncs = async (spec: string) => {
      const { result } = await replayThrough(oneSubmission(n), spec);
      return [result.amplification.host_by_opcode.SYNC, result.amplification.added_syncs];
    };
    expect(await syncs('ioctl')).toEqual([n, n]);
    expect(await syncs('ioctl-batched')).toEqual([blocks, blocks]);
    expect(await syncs('sw-vcmdq')).toEqual([blocks, blocks]);
    expect(await syncs('hw-vcmdq')).toEqual([1, 0]);
    expect(await syncs('native')).toEqual([1, 0]);
  });
});

describe('O4: exits', () => {
  it('a doorbell page needs a worker that polls it', async () => {
    await expect(amplificationOf('TS', 'sw-vcmdq:doorbell=page')).rejects.toThrow(
      'sw-vcmdq: doorbell=page: expected worker=poll beside it, because a page wakes nobody, found worker=sleep',
    );
  });

  // Three doorbells, four SYNCs.
  const text = 'TSTS AS T';
  const withSync = `${text}S`;
  it.each([
    ['ioctl', 3 + 4],
    ['ioctl-batched', 3 + 4],
    ['sw-vcmdq', 3],
    ['sw-vcmdq:cons=trapped', 3 + 4],
    ['sw-vcmdq:worker=poll', 0],
    ['sw-vcmdq:worker=poll:doorbell=trapped', 3],
    ['hw-vcmdq', 0],
    ['native', 0],
  ])('%s: %i', async (spec, expected) => {
    expect((await amplificationOf(withSync, spec)).exits).toBe(expected);
  });

  it('hw-vcmdq traps only where the fallback queue is needed', async () => {
    const { exits, exits_by_cause } = await amplificationOf('ES TS DS', 'hw-vcmdq');
    expect(exits).toBe(4);
    expect(exits_by_cause).toEqual({ cons_read: 2, prod_write: 2 });
  });

  it('hw-vcmdq closes the list on one queue with a SYNC before it changes to the other', async () => {
    const { exits, added_syncs, host_by_opcode } = await amplificationOf('TDS', 'hw-vcmdq');
    expect(exits).toBe(2);
    // One SYNC ends the VCMDQ list, one is the kernel's for CFGI_CD; the guest's own ends in the emulated queue.
    expect(added_syncs).toBe(2);
    expect(host_by_opcode).toEqual({ CFGI_CD: 1, TLBI_NH_VA: 1, SYNC: 2 });
  });
});

describe('O7: ATC broadcast', () => {
  function atcTrace(devices: number, invalidations: number): TraceBuilder {
    const trace = new TraceBuilder();
    for (let sid = 1; sid <= devices; sid++) trace.dma({ sid, asid: 1, page: sid });
    // Every device shows once as an ATS device; the rest address device 1.
    for (let sid = 1; sid <= devices; sid++) trace.cmd('ATC_INV', { SID: sid, SIZE: 0, ADDR: 5 });
    for (let k = devices; k < invalidations; k++) trace.cmd('ATC_INV', { SID: 1, SIZE: 0, ADDR: 5 });
    return trace.sync().doorbell();
  }

  it.each([
    [1, 5],
    [4, 4],
    [4, 16],
    [8, 9],
  ])('D=%i devices, k=%i guest ATC_INVs: broadcast D·k, vsid k', async (devices, k) => {
    for (const transport of ['ioctl', 'ioctl-batched', 'sw-vcmdq', 'hw-vcmdq', 'native']) {
      const broadcast = (await replayThrough(atcTrace(devices, k), `${transport}:atc=broadcast`)).result.amplification;
      const vsid = (await replayThrough(atcTrace(devices, k), `${transport}:atc=vsid`)).result.amplification;
      expect(broadcast.host_by_opcode.ATC_INV).toBe(devices * k);
      expect(broadcast.pcie_invalidations).toBe(devices * k);
      expect(broadcast.extra_by_cause['atc-broadcast'] ?? 0).toBe((devices - 1) * k);
      expect(vsid.host_by_opcode.ATC_INV).toBe(k);
      expect(vsid.extra_by_cause['atc-broadcast']).toBeUndefined();
    }
  });

  it('reaches the streams of the named device’s domain only', async () => {
    const trace = new TraceBuilder();
    for (const [sid, asid] of [
      [1, 1],
      [2, 1],
      [3, 2],
    ] as const)
      trace.dma({ sid, asid, page: sid });
    for (const sid of [1, 2, 3]) trace.cmd('ATC_INV', { SID: sid, SIZE: 0, ADDR: 5 });
    const { result } = await replayThrough(trace.sync().doorbell(), 'ioctl:atc=broadcast');
    expect(result.amplification.host_by_opcode.ATC_INV).toBe(2 + 2 + 1);
  });
});

describe('conservation', () => {
  it.each(['ioctl', 'ioctl-batched', 'sw-vcmdq', 'hw-vcmdq', 'native', 'ioctl:atc=broadcast'])(
    '%s: host = guest − not forwarded + extra',
    async (spec) => {
      const a = await amplificationOf('EPTDANS TTSAAST TDTS ADS P', spec);
      const sum = (counts: Readonly<Record<string, number>>) => Object.values(counts).reduce((x, y) => x + y, 0);
      expect(a.host_commands).toBe(sum(a.host_by_opcode));
      expect(a.guest_commands).toBe(sum(a.guest_by_opcode));
      // NSNH_ALL is rewritten to NH_ALL, not added: it stays one for one.
      expect(a.host_commands).toBe(a.guest_commands - sum(a.not_forwarded_by_opcode) + sum(a.extra_by_cause));
    },
  );

  it('commands that no doorbell publishes are never executed, and counted', async () => {
    const { result } = await replayThrough(script('TS').tlbis(3), 'ioctl');
    expect(result.replay).toMatchObject({ unpublished_commands: 3 });
    expect(result.amplification.guest_by_opcode.TLBI_NH_VA).toBe(1);
  });
});

describe('metamorphic', () => {
  /** Four vCPUs, some of them at once, on a grid of times. */
  function busyTrace(scale: number): TraceBuilder {
    const trace = new TraceBuilder();
    for (let i = 0; i < 40; i++) {
      trace.at((1000 * i + 137 * (i % 7)) * scale).vcpu(i % 4);
      trace.dma({ sid: 8, page: 0x1000 + (i % 5) });
      trace.tlbis(1 + (i % 5));
      if (i % 6 === 0) trace.cmd('ATC_INV', { SID: 8, SIZE: 0, ADDR: 1 });
      trace.sync().doorbell();
    }
    return trace;
  }

  function scaledProfile(alpha: number): LoadedProfile {
    const profile = loadProfile('neoverse-mmu700');
    const parameters = profile.parameters.map((parameter) =>
      parameter.unit === 'ns' ? { ...parameter, value: Number(parameter.value) * alpha } : parameter,
    );
    return new LoadedProfile(profile.name, profile.title, parameters);
  }

  it.each(['ioctl', 'ioctl-batched', 'sw-vcmdq', 'hw-vcmdq', 'native'])(
    'O47: %s: every duration and inter-arrival × α makes every latency × α and changes no count',
    async (spec) => {
      // Even durations on both sides, so that a halved round trip has no remainder to round.
      const one = await replayThrough(busyTrace(2), spec, { profile: scaledProfile(2) });
      const three = await replayThrough(busyTrace(6), spec, { profile: scaledProfile(6) });
      for (const key of ['min_ns', 'p50_ns', 'p90_ns', 'p99_ns', 'max_ns'] as const) {
        expect(three.result.latency.submission[key]).toBe(3 * one.result.latency.submission[key]);
        expect(three.result.latency.command[key]).toBe(3 * one.result.latency.command[key]);
      }
      for (const [stage, ns] of Object.entries(one.result.latency.breakdown_total_ns)) {
        expect(three.result.latency.breakdown_total_ns[stage]).toBe(3 * ns);
      }
      expect(three.result.amplification).toEqual(one.result.amplification);
    },
  );

  it('O52: the log of everything that happens has one digest, whatever the batch borders', async () => {
    class DigestLog extends ReplayMetrics {
      readonly hash = createHash('sha256');
      override onCommandEffect(opcode: number, publishedNs: number, effectNs: number, measured: boolean): void {
        this.hash.update(`effect ${opcode} ${publishedNs} ${effectNs} ${measured}\n`);
      }
      override onSubmission(submission: Submission, publishedNs: number, doneNs: number): void {
        this.hash.update(`submission ${submission.vcpu} ${publishedNs} ${doneNs}\n`);
      }
      override onOperation({ vcpu, publishedNs, doneNs, trail }: Operation): void {
        const spentNs = new Float64Array(COST_COUNT);
        trail.addTo(spentNs);
        this.hash.update(`operation ${vcpu} ${publishedNs} ${doneNs} ${spentNs.join()}\n`);
      }
    }
    for (const spec of ['ioctl', 'sw-vcmdq', 'hw-vcmdq']) {
      const digests = new Set<string>();
      for (let run = 0; run < 2; run++) {
        const metrics = new DigestLog();
        await replayThrough(busyTrace(1), spec, { metrics });
        digests.add(metrics.hash.digest('hex'));
      }
      expect(digests.size).toBe(1);
    }
  });
});
