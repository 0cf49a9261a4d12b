/**
 * Replay, refill races: is every ATC_INV named that stands in a host queue with no CMD_SYNC after the TLBI of its range, on the
 * paths that put both there, and no other? Sources: facts L §1.4, §9.3.
 */
import { afterAll, describe, expect, it } from 'vitest';
import { strategyNames } from '../../src/strategies/registry.js';
import { Sandbox } from '../support/cli.js';
import { replayThrough } from '../support/replay-harness.js';
import { TraceBuilder } from '../support/trace-builder.js';
import { tracePath } from '../support/traces.js';
import { replayUnder } from '../topology/run.js';

const sandbox = new Sandbox();
afterAll(() => sandbox.remove());

type Fields = Readonly<Record<string, number>>;

/** Devices 1 and 2 of ASID 1 and 3 of ASID 2, all with an ATC that is known from the beginning. */
function devices(): TraceBuilder {
  const trace = new TraceBuilder();
  for (const [sid, asid] of [
    [1, 1],
    [2, 1],
    [3, 2],
  ]) {
    trace.dma({ sid, asid, page: 0x100 }).cmd('ATC_INV', { SID: sid, SIZE: 0, ADDR: 0x900 });
  }
  return trace.sync().doorbell();
}

const page = (ADDR: number, more: Fields = {}): Fields => ({ ASID: 1, ADDR, TG: 1, TTL: 3, ...more });
const atc = (SID: number, ADDR: number, more: Fields = {}): Fields => ({ SID, ADDR, SIZE: 0, ...more });

async function races(trace: TraceBuilder, spec = 'native', set: string[] = []): Promise<number | undefined> {
  return (await replayThrough(trace, spec, { set })).result.safety?.atc_refill_races;
}

describe('atc-without-sync.csv: TLBI, ATC_INV, SYNC in one list, twenty times', () => {
  const RACING = ['hw-vcmdq', 'hw-vcmdq-overlay', 'native', 'sw-vcmdq'];

  it.each(['ordered', 'timed'] as const)('races where both share a host queue without a SYNC, DMA %s', async (dma) => {
    const { results } = await replayUnder(sandbox, tracePath('csv/atc-without-sync.csv'), undefined, {
      strategies: strategyNames(),
      dma,
    });
    for (const { strategy, safety, amplification } of results) {
      // A list has one SYNC where the path keeps the guest's, and two where something stands between TLBI and ATC_INV.
      const expected = (amplification.host_by_opcode.SYNC ?? 0) < 40 ? 20 : 0;
      if (RACING.includes(strategy)) expect([strategy, expected]).toEqual([strategy, 20]);
      expect([strategy, safety?.atc_refill_races]).toEqual([strategy, expected]);
      expect([strategy, safety?.stale_after_sync]).toEqual([strategy, 0]);
    }
    const first = results.find(({ strategy }) => strategy === 'native')?.safety?.first_atc_refill_races;
    expect(first).toHaveLength(10);
    expect(first?.slice(0, 2)).toEqual([
      { event: 5, tlbi: 1, command: 2, sid: 8 },
      { event: 11, tlbi: 4, command: 5, sid: 8 },
    ]);
  });

  it('derived ATC_INVs never race: a SYNC is before them', async () => {
    const { results } = await replayUnder(sandbox, tracePath('csv/atc-without-sync.csv'), undefined, {
      strategies: strategyNames(),
      atc: ['implicit'],
    });
    expect(results.map(({ safety }) => safety?.atc_refill_races)).toEqual(strategyNames().map(() => 0));
  });
});

describe('a race', () => {
  const list = (tlbi: Fields, inv: Fields) =>
    devices()
      .cmd('CFGI_CD', { SID: 9 })
      .sync()
      .doorbell()
      .cmd('TLBI_NH_VA', tlbi)
      .cmd('ATC_INV', inv)
      .sync()
      .doorbell();

  it.each([
    ['the same page', page(0x100), atc(1, 0x100), 1],
    ['another page', page(0x101), atc(1, 0x100), 0],
    ['a range that ends in it', page(0xff, { NUM: 1 }), atc(1, 0x100), 1],
    ['a wider ATC_INV', page(0x103), atc(1, 0x101, { SIZE: 2 }), 1],
    ['a device of another ASID', page(0x100), atc(3, 0x100), 0],
    ['a device that is configured and never translates: of any ASID', page(0x100), atc(9, 0x100), 1],
  ])('%s', async (_what, tlbi, inv, expected) => {
    expect(await races(list(tlbi, inv))).toBe(expected);
  });

  it.each([
    ['TLBI_NH_ALL', {}],
    ['TLBI_NSNH_ALL', {}],
    ['TLBI_S12_VMALL', {}],
    ['TLBI_NH_VAA', { ADDR: 0x100 }],
    ['TLBI_S2_IPA', { ADDR: 0x777 }],
  ] as const)('%s %o covers devices of every ASID', async (name, fields) => {
    const trace = devices().cmd(name, fields).cmd('ATC_INV', atc(3, 0x100)).sync().doorbell();
    expect(await races(trace)).toBe(1);
  });

  it('is judged by the ASID of the PASID that the ATC_INV names', async () => {
    const trace = (ASID: number) =>
      devices()
        .dma({ sid: 1, ssid: 5, asid: 7, page: 0x100 })
        .cmd('TLBI_NH_ASID', { ASID })
        .cmd('ATC_INV', atc(1, 0x100, { SSV: 1, SSID: 5 }))
        .sync()
        .doorbell();
    expect([await races(trace(7)), await races(trace(1))]).toEqual([1, 0]);
  });

  it('is each ATC_INV of its own, to whomever the targeting sends it', async () => {
    const trace = () => list(page(0x100), atc(1, 0x100));
    expect(await races(trace(), 'native:atc=broadcast')).toBe(2);
    // One without a SID slot takes the trapped queue; the driver closes its list before it changes queues.
    const beyond = list(page(0x100), atc(2, 0x100));
    expect(await races(beyond, 'hw-vcmdq:sid-slots=1')).toBe(0);
  });

  it('needs an ATC', async () => {
    expect(await races(list(page(0x100), atc(1, 0x100)), 'native', ['atc.enable=off'])).toBe(0);
  });

  it('is over with a SYNC between, unless the path drops that SYNC', async () => {
    const both = () => devices().cmd('TLBI_NH_VA', page(0x100)).sync().cmd('ATC_INV', atc(1, 0x100)).sync().doorbell();
    for (const [strategy, expected] of [
      ['native', 0],
      ['hw-vcmdq', 0],
      ['ioctl-batched', 0],
      ['sw-vcmdq', 1],
    ] as const) {
      expect([strategy, await races(both(), strategy)]).toEqual([strategy, expected]);
    }
  });

  it('goes over publications as long as no SYNC was written', async () => {
    const split = (withSync: boolean) => {
      const trace = devices().cmd('TLBI_NH_VA', page(0x100));
      if (withSync) trace.sync();
      return trace.doorbell().cmd('ATC_INV', atc(1, 0x100)).sync().doorbell();
    };
    expect([await races(split(false)), await races(split(true))]).toEqual([1, 0]);
    // The kernel closes what it takes with a SYNC of its own before it looks again.
    expect(await races(split(false), 'ioctl')).toBe(0);
  });

  it('is not a TLBI behind the ATC_INV, nor one of before the warm-up', async () => {
    const late = devices().cmd('ATC_INV', atc(1, 0x100)).cmd('TLBI_NH_VA', page(0x100)).sync().doorbell();
    expect(await races(late)).toBe(0);
    const { result } = await replayThrough(list(page(0x100), atc(1, 0x100)), 'native', { warmup: 1000 });
    expect(result.safety?.atc_refill_races).toBe(0);
  });
});
