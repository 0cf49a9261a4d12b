/**
 * Topology, effects: does every key of the file do what it says? Counts are worked out by hand.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { feedByDomains } from '../../src/session/declared-topology.js';
import { Topology } from '../../src/topology/topology.js';
import type { EventBatch } from '../../src/trace/events.js';
import { Sandbox } from '../support/cli.js';
import { TraceBuilder } from '../support/trace-builder.js';
import { messageOf, tracePath } from '../support/traces.js';
import { only, replayUnder } from './run.js';

const sandbox = new Sandbox();
afterAll(() => sandbox.remove());

const HEADER = 'schema: smmuscope.topology/1\n';
const FOUR = `${HEADER}devices:\n${[8, 16, 24, 32].map((sid) => `  - { sid: ${sid}, ats: true }\n`).join('')}`;

/** Three ATC_INVs to device 8, at 1000, 2000 and 3000 ns; no translations. */
const ATC_ONLY = `time_ns,event,vcpu,opcode,sid,iova,size_log2
${[1000, 2000, 3000]
  .map((ns) => `${ns},cmd,0,ATC_INV,8,0x1000,0\n${ns},cmd,0,SYNC,,,\n${ns},doorbell,0,,,,\n`)
  .join('')}`;
let atcOnly = '';
beforeAll(() => {
  atcOnly = sandbox.write('atc-only.csv', ATC_ONLY);
});

async function atcInvs(yaml: string): Promise<number> {
  return only(await replayUnder(sandbox, atcOnly, yaml, { atc: ['broadcast'] })).amplification.pcie_invalidations;
}

const bindings = (...entries: string[]) => `${FOUR}bindings:\n${entries.map((entry) => `  - { ${entry} }\n`).join('')}`;

describe('bindings', () => {
  it('decide who is in the domain that a broadcast reaches', async () => {
    expect(await atcInvs(FOUR)).toBe(12); // no domain is known: 4 devices each time
    const two = bindings('sid: 8, asid: 1', 'sid: 16, asid: 1', 'sid: 24, asid: 2', 'sid: 32, asid: 2');
    expect(await atcInvs(two)).toBe(6);
  });

  it('hold from their time on, the event of that very time included', async () => {
    const apart = ['sid: 8, asid: 1', 'sid: 16, asid: 2', 'sid: 24, asid: 2', 'sid: 32, asid: 2'];
    expect(await atcInvs(bindings(...apart))).toBe(3);
    // 16 joins: 1 + 2 + 2. 24 joins too: 1 + 2 + 3. 16 leaves again: 1 + 2 + 2.
    expect(await atcInvs(bindings(...apart, 'sid: 16, asid: 1, from_ns: 2000'))).toBe(5);
    expect(await atcInvs(bindings(...apart, 'sid: 16, asid: 1, from_ns: 1001'))).toBe(5);
    const joining = [...apart, 'sid: 16, asid: 1, from_ns: 2000', 'sid: 24, asid: 1, from_ns: 3000'];
    expect(await atcInvs(bindings(...joining))).toBe(6);
    expect(await atcInvs(bindings('sid: 16, asid: 7, from_ns: 3000', ...joining.slice(0, 5), joining[5]))).toBe(5);
  });

  it('go before the translations of the device, which decide without them', async () => {
    const path = tracePath('csv/ats-four-devices.csv');
    const sent = async (yaml: string) =>
      only(await replayUnder(sandbox, path, yaml, { atc: ['broadcast'] })).amplification.pcie_invalidations;
    const named = only(await replayUnder(sandbox, path, FOUR, { atc: ['vsid'] })).amplification.pcie_invalidations;
    expect(await sent(FOUR)).toBe(4 * named);
    // 32 alone in its domain: of four commands three reach three devices and one reaches one.
    expect(await sent(bindings('sid: 32, asid: 9'))).toBe((named / 4) * (3 * 3 + 1));
  });

  it('cut a batch before the first event at or after their time', () => {
    const { batch } = new TraceBuilder();
    for (const ns of [10, 20, 20, 30]) batch.append(1, ns, 1);
    const topology = new Topology();
    topology.declare({
      schema: 'smmuscope.topology/1',
      devices: [{ sid: 8 }],
      bindings: [
        { sid: 8, asid: 1, from_ns: 5 },
        { sid: 8, asid: 2, from_ns: 15 },
        { sid: 8, asid: 3, from_ns: 16 },
        { sid: 8, asid: 4, from_ns: 30 },
        { sid: 8, asid: 5, from_ns: 31 },
      ],
    });
    const seen: unknown[] = [];
    const take = (piece: EventBatch) => {
      const times = Array.from(piece.timeNs.subarray(0, piece.count));
      seen.push([times, topology.list()[0].asid]);
    };
    feedByDomains(batch, [topology], take);
    expect(seen).toEqual([
      [[10], 1],
      [[20, 20], 3],
      [[30], 4],
    ]);
    feedByDomains(batch, [], (piece) => expect(piece).toBe(batch));
  });
});

describe('atc_entries', () => {
  const path = tracePath('csv/ats-four-devices.csv');
  const misses = async (yaml: string) => {
    const { tlb } = only(await replayUnder(sandbox, path, yaml));
    const bySid = (tlb as unknown as { by_sid: Record<string, { atc?: { misses: number; lookups: number } }> }).by_sid;
    return { of: (sid: string) => bySid[sid]?.atc?.misses ?? 0, looked: bySid['0x10']?.atc?.lookups ?? 0 };
  };

  it('sizes the ATC of this device and of no other', async () => {
    const thrash = sandbox.write('thrash.csv', thrashTrace());
    const run = async (yaml: string) => {
      const { tlb } = only(await replayUnder(sandbox, thrash, yaml));
      return (tlb as unknown as { by_sid: Record<string, { atc: { misses: number } }> }).by_sid;
    };
    const small = await run(FOUR.replace('sid: 16, ats: true', 'sid: 16, ats: true, atc_entries: 2'));
    // Four pages in turn, three times: an LRU of two entries misses all, a larger ATC only the first time.
    expect(small['0x10'].atc.misses).toBe(12);
    expect(small['0x8'].atc.misses).toBe(4);
    expect((await run(FOUR))['0x10'].atc.misses).toBe(4);
  });

  it('is off where the device has no ATC', async () => {
    const without = await misses(FOUR.replace('sid: 16, ats: true', 'sid: 16, ats: false'));
    expect(without.looked).toBe(0);
    expect(without.of('0x8')).toBeGreaterThan(0);
  });

  it('must suit the ways of the profile', async () => {
    const yaml = FOUR.replace('sid: 16, ats: true', 'sid: 16, ats: true, atc_entries: 6');
    expect(await messageOf(() => replayUnder(sandbox, path, yaml, { set: ['atc.ways=4'] }))).toBe(
      'UsageError: topology.yaml: atc_entries of 0x10: expected a multiple of the profile’s atc.ways, 4, found 6',
    );
  });
});

function thrashTrace(): string {
  const rows: string[] = [];
  let ns = 1000;
  for (let round = 0; round < 3; round++) {
    for (let page = 0; page < 4; page++) {
      for (const sid of [8, 16]) rows.push(`${ns++},dma,,,${sid},1,0x${(0x10 + page).toString(16)}000,4096\n`);
    }
  }
  return `time_ns,event,vcpu,opcode,sid,asid,iova,page_size\n${rows.join('')}`;
}

describe('an unknown vSID', () => {
  const without8 = FOUR.replace('  - { sid: 8, ats: true }\n', '');
  const run = async (strategy: string, atc: string, yaml: string | undefined, warmup = 0) =>
    only(await replayUnder(sandbox, atcOnly, yaml, { strategies: [strategy], atc: [atc], warmup }));

  it.each([
    ['ioctl', 'vmm', 'never', {}],
    ['ioctl-batched', 'vmm', 'never', {}],
    ['sw-vcmdq', 'host-kernel', 'asynchronous', { ATC_INV: 3 }],
    ['hw-vcmdq', 'smmu', 'asynchronous', {}],
  ])('reaches no device on %s: found by %s, the guest learns it: %s', async (strategy, foundBy, learns, refused) => {
    const { errors, amplification, latency } = await run(strategy, 'vsid', without8);
    expect(errors).toMatchObject({ unknown_vsid: 3, refused_by_opcode: refused });
    const incidents = { 'trace:unknown-stream': { occurrences: 3, found_by: foundBy, guest_learns: learns } };
    expect(errors).toMatchObject({ incidents });
    expect(amplification.pcie_invalidations).toBe(0);
    expect(latency.operation.count).toBe(3);
  });

  it('does not count in the warm-up', async () => {
    expect((await run('ioctl', 'vsid', without8, 3)).errors).toMatchObject({ unknown_vsid: 2 });
  });

  it('is known without a file, and on bare metal', async () => {
    for (const result of [await run('ioctl', 'vsid', undefined), await run('native', 'vsid', without8)]) {
      expect(result.errors).toMatchObject({ unknown_vsid: 0, refused_by_opcode: {} });
      expect(result.amplification.pcie_invalidations).toBe(3);
    }
  });

  it('is nobody whom a broadcast could reach', async () => {
    const result = await run('ioctl', 'broadcast', without8);
    expect(result.errors).toMatchObject({ unknown_vsid: 0 });
    expect(result.amplification.pcie_invalidations).toBe(9); // the other three, in any domain
    const nobody = await run('ioctl', 'broadcast', `${HEADER}devices: []\n`);
    expect(nobody.amplification.pcie_invalidations).toBe(0);
  });

  it('marks a stream of the trace that the file does not list', async () => {
    const path = tracePath('csv/ats-four-devices.csv');
    const { provenance } = await replayUnder(sandbox, path, without8);
    expect(provenance.traces[0]).toMatchObject({
      topology: { source: 'topology.yaml', streams: [{ sid: 8, has_ats: false, unlisted: true }, {}, {}, {}] },
    });
  });
});

describe('devices', () => {
  const path = tracePath('csv/ats-four-devices.csv');

  it('without ats have an ATC if the trace says so', async () => {
    const { provenance } = await replayUnder(sandbox, path, `${HEADER}devices: [{ sid: 8 }, { sid: 99 }]\n`);
    const { streams } = (provenance.traces[0] as unknown as { topology: { streams: Record<string, unknown>[] } })
      .topology;
    expect(streams.map(({ sid, has_ats }) => [sid, has_ats])).toEqual([
      [8, true],
      [16, false],
      [24, false],
      [32, false],
      [99, false],
    ]);
  });

  it('are named by their physical StreamIDs', async () => {
    const yaml = FOUR.replace('sid: 16, ', 'sid: 16, psid: 0x110, ');
    const document = await replayUnder(sandbox, path, yaml);
    expect(only(document).tlb).toMatchObject({ psid_by_sid: { '0x10': '0x110' } });
    expect(document.provenance.traces[0]).toMatchObject({
      topology: { streams: [{ sid: 8 }, { sid: 16, psid: 0x110, has_ats: true, asid: 1 }, {}, {}] },
    });
    expect(only(await replayUnder(sandbox, path, FOUR)).tlb).not.toHaveProperty('psid_by_sid');
  });
});

describe('facts about the guest', () => {
  const RANGES = `time_ns,event,vcpu,opcode,asid,iova,num,scale,tg,sid
0,dma,,,1,0x1000,,,,8
0,cmd,0,TLBI_NH_VA,1,0x1000,3,0,1,
0,cmd,0,SYNC,,,,,,
0,doorbell,0,,,,,,,
`;
  const file = (guest: string) => `schema: smmuscope.topology/1\nguest: ${guest}\ndevices: [{ sid: 8 }]\n`;
  const run = async (guest: string | undefined, options = {}) => {
    const path = sandbox.write('ranges.csv', RANGES);
    return replayUnder(sandbox, path, guest === undefined ? undefined : file(guest), { ...options });
  };

  it('without range invalidation expand ranges, named as a transform; the flag comes first', async () => {
    const tlbis = async (guest: string | undefined, options = {}) =>
      only(await run(guest, options)).amplification.guest_by_opcode.TLBI_NH_VA;
    expect(await tlbis(undefined)).toBe(1);
    expect(await tlbis('{ ril: false }')).toBe(4);
    expect(await tlbis('{ ril: false }', { transforms: { guestRil: 'on' } })).toBe(1);
    const { transforms } = (await run('{ ril: false, kernel: "6.12" }')).provenance;
    expect(transforms).toEqual([expect.objectContaining({ name: 'guest-ril' })]);
    expect((await run('{ kernel: "6.12", granule: 4K }')).provenance.transforms).toEqual([]);
  });

  it('say the granule where the recording does not: a 64 KiB guest walks one table fewer', async () => {
    const reads = async (guest: string) => only(await run(guest)).tlb?.walk_reads;
    expect(await reads('{ granule: 64K }')).toBeLessThan(Number(await reads('{ granule: 4K }')));
  });

  it('refuse a kernel that is none', async () => {
    await expect(run('{ kernel: "six" }')).rejects.toThrow(
      'topology.yaml: guest.kernel: expected a Linux version such as 6.12 or an era',
    );
  });
});
