/**
 * Timing tier: when is an ATC invalidation complete, and what does a SYNC behind it wait for?
 * Oracle: O8.
 */
import { describe, expect, it } from 'vitest';
import { AtcLink } from '../../src/machine/engine/atc-link.js';
import { Simulator } from '../../src/machine/sim/simulator.js';
import { onlyLatencyNs, replayThrough } from '../support/replay-harness.js';
import { TraceBuilder } from '../support/trace-builder.js';

const link = (rttNs: number, execNs: number, q: number) => new AtcLink(new Simulator(), () => {}, rttNs, execNs, q);

describe('O8: one device', () => {
  it.each([1, 2, 7, 32])('k=%i requests at once and room for all: the last completes at rtt + k·exec', (k) => {
    const device = link(1000, 100, 32);
    let last = 0;
    for (let i = 0; i < k; i++) last = device.send(0, -1);
    expect(last).toBe(1000 + k * 100);
  });

  it.each([
    [8, 4],
    [32, 8],
    [10, 3],
    [5, 1],
  ])('k=%i with q=%i in flight and rtt ≫ exec: about ⌈k/q⌉·(rtt+exec)', (k, q) => {
    const device = link(1_000_000, 10, q);
    let last = 0;
    for (let i = 0; i < k; i++) last = device.send(0, -1);
    const rounds = Math.ceil(k / q);
    expect(last).toBeGreaterThanOrEqual(rounds * 1_000_010);
    // Within a round the device works on up to q requests one after the other.
    expect(last).toBeLessThanOrEqual(rounds * (1_000_000 + q * 10));
  });
});

describe('O8: a SYNC', () => {
  const broadcast = (devices: number) => {
    const trace = new TraceBuilder();
    for (let sid = 1; sid <= devices; sid++) trace.dma({ sid, asid: 1, page: sid });
    for (let sid = 1; sid <= devices; sid++) trace.cmd('ATC_INV', { SID: sid, SIZE: 0, ADDR: 5 });
    return trace.sync().doorbell();
  };

  it('is gated by the slowest device, not by the sum', async () => {
    const set = ['atc.rtt_ns=1000000'];
    const four = onlyLatencyNs(await replayThrough(broadcast(4), 'native', { set }));
    const one = onlyLatencyNs(await replayThrough(broadcast(1), 'native', { set }));
    // Three more fetches, hand-overs and slots; not three more round trips.
    expect(four - one).toBe(3 * (83 + 20 + 4));
  });

  it('behind a silent device ends at the time-out, which is counted; other devices are done before', async () => {
    const set = ['atc.silent_sid=2', 'atc.timeout_ns=5000000'];
    const run = await replayThrough(broadcast(3), 'native', { set });
    expect(run.result.errors).toMatchObject({ atc_timeouts: 1 });
    expect(onlyLatencyNs(run)).toBeGreaterThan(5_000_000);
    expect(run.result.latency.command.p50_ns).toBeLessThan(2_000);
    expect((await replayThrough(broadcast(3), 'native')).result.errors).toMatchObject({ atc_timeouts: 0 });
  });
});
