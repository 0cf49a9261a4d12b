/**
 * Strategies tier: are the review's objections to the seed patch counted findings, and those of no other strategy?
 * Sources: facts L §0.1, §2.6; design §5.
 */
import { describe, expect, it } from 'vitest';
import { strategyNames } from '../../src/strategies/registry.js';
import type { OpcodeName } from '../../src/trace/opcodes.js';
import { replayThrough } from '../support/replay-harness.js';
import { TraceBuilder } from '../support/trace-builder.js';

/** A page in the TLB, an invalidation that covers it, SYNC, the page again. */
function reuse(name: OpcodeName, fields: Record<string, number> = {}): TraceBuilder {
  return new TraceBuilder().dma({ page: 0x1000 }).cmd(name, fields).sync().doorbell().dma({ page: 0x1000 });
}

const single = { ASID: 1, ADDR: 0x1000 };

describe('silent drops', () => {
  const dropped: [OpcodeName, Record<string, number>][] = [
    ['TLBI_NH_VA', single],
    ['TLBI_NH_VAA', { ADDR: 0x1000 }],
    ['TLBI_NSNH_ALL', {}],
  ];

  it.each(dropped)('%s with TG=0 is a stale use after SYNC, and counted as swallowed', async (name, fields) => {
    for (const dma of ['ordered', 'timed'] as const) {
      const trace = new TraceBuilder().dma({ page: 0x1000 }).at(10_000).cmd(name, fields).sync().doorbell();
      const { result } = await replayThrough(trace.at(1_000_000).dma({ page: 0x1000 }), 'v1-patch', { dma });
      expect(result.safety?.stale_after_sync).toBeGreaterThan(0);
      expect(result.errors).toMatchObject({ swallowed_by_opcode: { [name]: 1 }, refused_by_opcode: {} });
      expect(result.amplification).toMatchObject({ ioctls: 1, host_commands: 0, exits: 2 });
    }
  });

  it.each(dropped)('%s is none with any other strategy', async (name, fields) => {
    for (const spec of strategyNames().filter((strategy) => strategy !== 'v1-patch')) {
      const { result } = await replayThrough(reuse(name, fields), spec);
      expect([spec, result.safety?.stale_after_sync]).toEqual([spec, 0]);
      expect([spec, result.errors]).toEqual([spec, expect.objectContaining({ swallowed_by_opcode: {} })]);
    }
  });

  it('a range with a granule, an ASID and everything are forwarded', async () => {
    for (const [name, fields] of [
      ['TLBI_NH_VA', { ...single, TG: 1, TTL: 3 }],
      ['TLBI_NH_ASID', { ASID: 1 }],
      ['TLBI_NH_ALL', {}],
    ] as const) {
      const { result } = await replayThrough(reuse(name, fields), 'v1-patch');
      expect(result.safety?.stale_after_sync).toBe(0);
      expect(result.errors).toMatchObject({ swallowed_by_opcode: {} });
    }
  });

  it('an undefined opcode and a stage-2 form are swallowed; CFGI_STE and PREFETCH are the VMM’s', async () => {
    const trace = new TraceBuilder().words([0xff, 0, 0, 0]).cmd('TLBI_S12_VMALL').cmd('CFGI_STE', { SID: 8 });
    const { result } = await replayThrough(trace.cmd('PREFETCH_CONFIG', { SID: 8 }).sync().doorbell(), 'v1-patch');
    expect(result.errors).toMatchObject({ swallowed_by_opcode: { TLBI_S12_VMALL: 1, ILLEGAL_0xff: 1 } });
    expect(result.amplification.ioctls).toBe(2);
    // What never takes effect has no latency.
    expect(result.latency.command.count).toBe(2);
  });
});

describe('implicit ATC invalidation', () => {
  /** Streams 1 and 2 of ASID 1 and stream 3 of ASID 2, all with an ATC. */
  function threeDevices(): TraceBuilder {
    const trace = new TraceBuilder();
    for (const [sid, asid] of [
      [1, 1],
      [2, 1],
      [3, 2],
    ] as const) {
      trace.dma({ sid, asid, page: sid }).cmd('ATC_INV', { SID: sid, SIZE: 0, ADDR: 0x900 });
    }
    return trace;
  }

  it('after every TLBI to every ATS device of its domain, with a SYNC of its own', async () => {
    const before = (await replayThrough(threeDevices().sync().doorbell(), 'v1-patch')).result.amplification;
    expect(before.host_by_opcode).toEqual({ ATC_INV: 2 + 2 + 1, SYNC: 3 });
    const withCommand = async (name: OpcodeName, fields: Record<string, number>) =>
      (await replayThrough(threeDevices().cmd(name, fields).sync().doorbell(), 'v1-patch')).result.amplification;
    const one = await withCommand('TLBI_NH_VA', { ...single, TG: 1, TTL: 3 });
    expect(one.extra_by_cause).toMatchObject({ 'implicit-atc': 2, 'atc-broadcast': 2, 'added-sync': 3 + 2 });
    expect(one.pcie_invalidations).toBe(5 + 2);
    expect((await withCommand('TLBI_NH_ASID', { ASID: 2 })).extra_by_cause['implicit-atc']).toBe(1);
    expect((await withCommand('TLBI_NH_ALL', {})).extra_by_cause['implicit-atc']).toBe(3);
    expect((await withCommand('TLBI_NH_VA', single)).extra_by_cause['implicit-atc']).toBeUndefined();
  });

  it('does not depend on the targeting, nor does implicit targeting double it', async () => {
    for (const [atc, own, implicit] of [
      ['broadcast', 5, 2],
      ['vsid', 3, 2],
      ['implicit', 0, 2],
    ] as const) {
      const trace = threeDevices()
        .cmd('TLBI_NH_VA', { ...single, TG: 1, TTL: 3 })
        .sync()
        .doorbell();
      const { amplification } = (await replayThrough(trace, `v1-patch:atc=${atc}`)).result;
      expect([atc, amplification.host_by_opcode.ATC_INV]).toEqual([atc, own + implicit]);
    }
  });
});

describe('cost', () => {
  it('without ATS devices, a command costs what it costs with one ioctl each', async () => {
    for (const n of [1, 64]) {
      const trace = () => new TraceBuilder().tlbis(n).sync().doorbell();
      const v1 = (await replayThrough(trace(), 'v1-patch')).result;
      const upstream = (await replayThrough(trace(), 'ioctl')).result;
      expect(v1.latency).toEqual(upstream.latency);
      expect(v1.amplification).toEqual(upstream.amplification);
    }
  });

  it('CFGI_CD is issued with LEAF=1', async () => {
    const words: number[][] = [];
    const { v1Patch } = await import('../../src/strategies/transports/v1-patch.js');
    const findings: string[] = [];
    const sink = {
      emitToDomain: (...command: number[]) => words.push(command),
      find: (name: string) => findings.push(name),
    };
    const transport = v1Patch.create({ option: () => '', parameter: () => 0, text: () => 'on' });
    transport.forward(0x05, 8, 0, 0, sink as never, -1);
    expect(words).toEqual([[0x05, 8, 1, 0]]);
    expect(findings).toEqual(['cd_leaf_forced']);
    // The guest asked for that itself.
    transport.forward(0x05, 8, 1, 0, sink as never, -1);
    expect(findings).toHaveLength(1);
  });
});
