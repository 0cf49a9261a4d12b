/**
 * Strategies tier: does a stream beyond the SID match slots of the hardware queues take the trapped path, and no other?
 * Source: facts L §6.1, §9.11.
 */
import { describe, expect, it } from 'vitest';
import { SidSlots } from '../../src/strategies/sid-slots.js';
import { EventFlag } from '../../src/trace/events.js';
import { replayThrough } from '../support/replay-harness.js';
import { TraceBuilder } from '../support/trace-builder.js';

/** One ATC_INV and SYNC per stream and round. */
function invalidate(streams: number, rounds = 1): TraceBuilder {
  const trace = new TraceBuilder();
  for (let round = 0; round < rounds; round++) {
    for (let sid = 1; sid <= streams; sid++) trace.cmd('ATC_INV', { SID: sid, SIZE: 0, ADDR: 1 }).sync().doorbell();
  }
  return trace;
}

describe('SidSlots', () => {
  it('gives slots in order of first use and keeps its answers', () => {
    const slots = new SidSlots(2);
    expect([7, 5, 9, 7, 5, 9].map((sid) => slots.claim(sid))).toEqual([true, true, false, true, true, false]);
    expect([7, 5, 9, 1].map((sid) => slots.has(sid))).toEqual([true, true, false, false]);
    expect(slots.claim(-1)).toBe(true);
  });
});

describe('hw-vcmdq', () => {
  it.each([
    ['hw-vcmdq', 16, 0],
    ['hw-vcmdq', 17, 1],
    ['hw-vcmdq:sid-slots=2', 2, 0],
    ['hw-vcmdq:sid-slots=2', 5, 3],
  ])('%s, %i streams: %i of them trap', async (spec, streams, trapped) => {
    const { amplification, errors } = (await replayThrough(invalidate(streams, 2), spec)).result;
    // PROD write and CONS read each; one ioctl and one SYNC of the kernel's in the place of the guest's.
    expect(amplification.exits).toBe(2 * 2 * trapped);
    expect(amplification.ioctls).toBe(2 * trapped);
    expect(amplification.added_syncs).toBe(2 * trapped);
    expect(amplification.host_by_opcode).toEqual({ ATC_INV: 2 * streams, SYNC: 2 * streams });
    expect(amplification.not_forwarded_by_opcode).toEqual(trapped === 0 ? {} : { SYNC: 2 * trapped });
    expect(errors).toMatchObject({ refused_by_opcode: {} });
  });

  it('the number comes from the profile unless the option says otherwise', async () => {
    const run = async (spec: string) =>
      (await replayThrough(invalidate(5), spec, { set: ['smmu.vcmdq_sid_slots=3'] })).result.amplification.ioctls;
    expect(await run('hw-vcmdq')).toBe(2);
    expect(await run('hw-vcmdq:sid-slots=4')).toBe(1);
  });

  it('a SYNC follows an ATC_INV into its queue, and the list is closed before the queue changes', async () => {
    const trace = new TraceBuilder();
    for (const sid of [1, 2]) trace.cmd('ATC_INV', { SID: sid, SIZE: 0, ADDR: 1 });
    const { amplification } = (await replayThrough(trace.sync().doorbell(), 'hw-vcmdq:sid-slots=1')).result;
    // The driver's SYNC behind stream 1, the kernel's behind stream 2; the guest's own ends in the emulated queue.
    expect(amplification).toMatchObject({ exits: 2, ioctls: 1, added_syncs: 2 });
    expect(amplification.host_by_opcode).toEqual({ ATC_INV: 2, SYNC: 2 });
  });

  it('a SYNC published alone goes to the hardware, wherever the publication before it went', async () => {
    const trace = new TraceBuilder().cmd('PREFETCH_CONFIG').sync().doorbell().sync().doorbell();
    expect((await replayThrough(trace, 'hw-vcmdq')).result.amplification).toMatchObject({ exits: 2, added_syncs: 0 });
    const { host_by_opcode } = (await replayThrough(trace, 'hw-vcmdq')).result.amplification;
    expect(host_by_opcode).toEqual({ SYNC: 1 });
  });

  it('ATC_INVs of which only the opcode was recorded, or that nobody is to receive, need no slot', async () => {
    const unknown = invalidate(5);
    unknown.batch.flags.fill(EventFlag.OpcodeOnly, 0, unknown.batch.count);
    for (const [trace, spec] of [
      [invalidate(5), 'hw-vcmdq:sid-slots=1:atc=implicit'],
      [unknown, 'hw-vcmdq:sid-slots=1'],
    ] as const) {
      expect((await replayThrough(trace, spec)).result.amplification.exits).toBe(0);
    }
  });
});
