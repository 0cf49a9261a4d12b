/**
 * Strategies tier: ATC_INVs that the host derives from TLBIs. Sources: facts L §0.1 (VT-d contrast), §2.6 (rounding).
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AtcRange } from '../../src/strategies/atc-range.js';
import { encodeCommand } from '../../src/trace/command.js';
import { OPCODES } from '../../src/trace/opcodes.js';
import { replayThrough } from '../support/replay-harness.js';
import { TraceBuilder } from '../support/trace-builder.js';

function spanOf(first: number, count: number): [number, number] {
  const range = new AtcRange();
  range.coverPages(first, count);
  return [range.page, 2 ** range.sizeLog2];
}

describe('the range of a derived ATC_INV', () => {
  it('is the table of facts L §2.6', () => {
    expect(spanOf(8, 4)).toEqual([8, 4]);
    expect(spanOf(7, 4)).toEqual([0, 16]);
    expect(spanOf(0x1ff, 2)).toEqual([0, 1024]);
    expect(spanOf(2 ** 51 - 1, 2)).toEqual([0, 2 ** 52]);
  });

  it('is aligned, covers the pages, and no smaller aligned one does', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 40 }), fc.integer({ min: 1, max: 2 ** 20 }), (first, count) => {
        const [page, span] = spanOf(first, count);
        const half = span / 2;
        expect(page % span).toBe(0);
        expect(page <= first && first + count <= page + span).toBe(true);
        if (span > 1) expect(Math.floor(first / half)).not.toBe(Math.floor((first + count - 1) / half));
      }),
    );
  });

  it.each([
    ['a single address', 'TLBI_NH_VA', { ADDR: 0x12345 }, 0x12345, 0],
    ['a range of 4 KiB', 'TLBI_NH_VA', { ADDR: 8, TG: 1, TTL: 3, NUM: 3 }, 8, 2],
    ['one 64 KiB granule, address inside it', 'TLBI_NH_VA', { ADDR: 0x15, TG: 3, TTL: 3 }, 0x10, 4],
    ['any ASID', 'TLBI_NH_VAA', { ADDR: 7, TG: 1, TTL: 3, NUM: 3 }, 0, 4],
    ['an ASID', 'TLBI_NH_ASID', { ASID: 1 }, 0, 52],
    ['everything', 'TLBI_NH_ALL', {}, 0, 52],
    ['an intermediate address', 'TLBI_S2_IPA', { ADDR: 7, TG: 1, TTL: 3 }, 0, 52],
  ] as const)('%s', (_what, name, fields, page, sizeLog2) => {
    const [c0Low, , c1Low, c1High] = encodeCommand(OPCODES[name], fields);
    const range = new AtcRange();
    range.coverTlbi(c0Low, c1Low, c1High);
    expect([range.page, range.sizeLog2]).toEqual([page, sizeLog2]);
  });
});

describe('targeting implicit', () => {
  const SIDS = [
    [1, 1],
    [2, 1],
    [3, 2],
  ] as const;

  /** Three devices with an ATC each, in two domains; their pages cached; then the TLBI of the first domain. */
  function unmap(dma: (trace: TraceBuilder) => void = () => {}): TraceBuilder {
    const trace = new TraceBuilder();
    for (const [sid, asid] of SIDS) trace.dma({ sid, asid, page: 0x1000 });
    trace.cmd('TLBI_NH_VA', { ASID: 1, ADDR: 0x1000, TG: 1, TTL: 3 }).sync().doorbell();
    dma(trace);
    for (const [sid] of SIDS) trace.cmd('ATC_INV', { SID: sid, SIZE: 0, ADDR: 0x1000 });
    return trace.sync().doorbell();
  }

  it.each(['ioctl', 'ioctl-batched', 'sw-vcmdq', 'hw-vcmdq', 'native'])(
    '%s: one ATC_INV per ATS device of the TLBI’s domain; the guest’s own are absorbed',
    async (transport) => {
      const { amplification } = (await replayThrough(unmap(), `${transport}:atc=implicit`)).result;
      expect(amplification.host_by_opcode.ATC_INV).toBe(2);
      expect(amplification.extra_by_cause['implicit-atc']).toBe(2);
      expect(amplification.not_forwarded_by_opcode.ATC_INV).toBe(3);
      const sum = (counts: Readonly<Record<string, number>>) => Object.values(counts).reduce((x, y) => x + y, 0);
      expect(amplification.host_commands).toBe(
        amplification.guest_commands - sum(amplification.not_forwarded_by_opcode) + sum(amplification.extra_by_cause),
      );
    },
  );

  it('takes the entries out of the devices of the domain only', async () => {
    const reuse = (trace: TraceBuilder) => {
      for (const [sid, asid] of SIDS) trace.dma({ sid, asid, page: 0x1000 });
    };
    const { result } = await replayThrough(unmap(reuse), 'ioctl:atc=implicit');
    expect(result.tlb?.by_sid).toMatchObject({
      '0x1': { atc: { lookups: 2, hits: 0 } },
      '0x2': { atc: { lookups: 2, hits: 0 } },
      '0x3': { atc: { lookups: 2, hits: 1 } },
    });
    expect(result.safety).toMatchObject({ stale_in_window: 0, stale_after_sync: 0 });
  });

  it('costs a trapping guest nothing on the host for its own ATC_INV', async () => {
    const own = new TraceBuilder().cmd('ATC_INV', { SID: 1, SIZE: 0, ADDR: 1 }).sync().doorbell();
    for (const [spec, ioctls] of [
      ['ioctl:atc=implicit', 0],
      ['ioctl-batched:atc=implicit', 0],
      ['ioctl', 1],
    ] as const) {
      expect((await replayThrough(own, spec)).result.amplification.ioctls).toBe(ioctls);
    }
    const { result } = await replayThrough(own, 'sw-vcmdq:atc=implicit');
    // Not handed over to the VMM in user space either: one wake-up, no lock.
    expect(result.host.vmm_lock).toMatchObject({ acquisitions: 0 });
  });
});
