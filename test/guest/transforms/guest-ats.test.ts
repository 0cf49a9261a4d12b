/**
 * Transforms tier: does --guest-ats insert exactly the ATC_INVs that Linux would send, where it would send them?
 * Facts L §2.5 (one per stream, SYNC of their own), §2.6 (rounding).
 */
import { describe, expect, it } from 'vitest';
import { encodeRange } from '../../../src/guest/driver/range-encoder.js';
import { BatchSink } from '../../../src/trace/batch-sink.js';
import { type EventBatch, EventKind } from '../../../src/trace/events.js';
import { TraceBuilder } from '../../support/trace-builder.js';
import { readTrace, tracePath } from '../../support/traces.js';
import { linesThrough, through } from './through.js';

const ATS = { guestAts: true };

/** Streams 8 and 16 use ASID 1, stream 24 uses ASID 2. */
function threeStreams(): TraceBuilder {
  return new TraceBuilder()
    .at(10)
    .dma({ sid: 8, asid: 1, page: 7 })
    .dma({ sid: 24, asid: 2, page: 7 })
    .dma({ sid: 16, asid: 1, page: 8 });
}

const va = (asid: number, page: number, pages = 1) => {
  const [{ num, scale }, ...rest] = encodeRange({ page, bytes: pages * 4096, granuleLog2: 12, leaf: true }, 12);
  if (rest.length > 0) throw new Error('one command was meant');
  return { ASID: asid, ADDR: page, NUM: num, SCALE: scale, TG: 1, TTL: 3, LEAF: 1 };
};

describe('--guest-ats', () => {
  it('sends one ATC_INV to each stream of the domain after the completion, with its own SYNC, at its time', async () => {
    const trace = threeStreams();
    trace
      .at(100)
      .vcpu(1)
      .cmd('TLBI_NH_VA', va(1, 7, 4))
      .sync()
      .doorbell()
      .at(150)
      .syncDone()
      .at(200)
      .sync()
      .doorbell();
    const { batches, report } = await through(trace, ATS, { rows: 100 });
    const [batch] = batches;
    const inserted = Array.from({ length: 5 }, (_, i) => [batch.timeNs[7 + i], batch.vcpu[7 + i], batch.kind[7 + i]]);
    expect(await linesThrough(trace, ATS)).toEqual([
      'dma sid=8 asid=1 0x7000 size=12 granule=12 ',
      'dma sid=24 asid=2 0x7000 size=12 granule=12 ',
      'dma sid=16 asid=1 0x8000 size=12 granule=12 ',
      'cmd v1 TLBI_NH_VA ADDR=0x7000 ASID=1 LEAF=1 SCALE=2 TG=1 TTL=3',
      'cmd v1 SYNC',
      'doorbell v1',
      'sync-done v1',
      // Pages 7 to 10 need 16 pages (L §2.6).
      'cmd v1 ATC_INV SID=8 SIZE=4',
      'cmd v1 ATC_INV SID=16 SIZE=4',
      'cmd v1 SYNC',
      'doorbell v1',
      'sync-done v1',
      'cmd v1 SYNC',
      'doorbell v1',
    ]);
    expect(inserted.every(([timeNs, vcpu]) => timeNs === 150 && vcpu === 1)).toBe(true);
    expect(report).toEqual([{ name: 'guest-ats', atc_inv_inserted: 2, submissions_inserted: 1, atcs: 3 }]);
  });

  it('follows the doorbell, without completions, in a trace that records none', async () => {
    const trace = threeStreams().at(100).cmd('TLBI_NH_ASID', { ASID: 2 }).sync().doorbell();
    expect((await linesThrough(trace, ATS)).slice(3)).toEqual([
      'cmd v0 TLBI_NH_ASID ASID=2',
      'cmd v0 SYNC',
      'doorbell v0',
      'cmd v0 ATC_INV SID=24 SIZE=52',
      'cmd v0 SYNC',
      'doorbell v0',
    ]);
  });

  it('rounds the whole range, not each of its commands, and starts anew after each SYNC', async () => {
    const trace = threeStreams().at(100);
    // 33 pages from 0: commands of 1 and of 32 pages (L §2.2), one span of 64.
    for (const tlbi of encodeRange({ page: 0, bytes: 33 * 4096, granuleLog2: 12, leaf: true }, 12)) {
      trace.cmd('TLBI_NH_VA', { ASID: 2, ADDR: tlbi.page, NUM: tlbi.num, SCALE: tlbi.scale, TG: 1, TTL: 3, LEAF: 1 });
    }
    trace
      .sync()
      .cmd('TLBI_NH_VA', va(2, 0x1ff, 1))
      .cmd('TLBI_NH_VA', va(2, 0x200, 1))
      .sync()
      .doorbell();
    const lines = (await linesThrough(trace, ATS)).filter((line) => /ATC_INV|doorbell/.test(line));
    expect(lines).toEqual([
      'doorbell v0',
      'cmd v0 ATC_INV SID=24 SIZE=6',
      'doorbell v0',
      // Two pages across 0x200000: 1024 pages.
      'cmd v0 ATC_INV SID=24 SIZE=10',
      'doorbell v0',
    ]);
  });

  it('waits for the SYNC when a long invalidation is published in parts', async () => {
    const trace = threeStreams()
      .at(100)
      .cmd('TLBI_NH_VA', va(2, 0, 1))
      .doorbell()
      .cmd('TLBI_NH_VA', va(2, 1, 1))
      .sync();
    trace.doorbell();
    const lines = (await linesThrough(trace, ATS)).filter((line) => /ATC_INV|doorbell/.test(line));
    expect(lines).toEqual(['doorbell v0', 'doorbell v0', 'cmd v0 ATC_INV SID=24 SIZE=1', 'doorbell v0']);
  });

  it('follows a stream from domain to domain and names the PASID of a shared one', async () => {
    const trace = new TraceBuilder().dma({ sid: 8, asid: 1, page: 1 }).dma({ sid: 8, ssid: 5, asid: 7, page: 1 });
    trace.at(10).cmd('TLBI_NH_VA', va(7, 1)).sync().doorbell();
    trace.at(20).dma({ sid: 8, asid: 2, page: 1 });
    trace.at(30).cmd('TLBI_NH_VA', va(1, 1)).sync().cmd('TLBI_NH_VA', va(2, 1)).sync().doorbell();
    const lines = (await linesThrough(trace, ATS)).filter((line) => line.includes('ATC_INV'));
    expect(lines).toEqual(['cmd v0 ATC_INV ADDR=0x1000 SID=8 SSID=5 SSV=1', 'cmd v0 ATC_INV ADDR=0x1000 SID=8']);
  });

  it('believes a topology file: no ATS, not listed, bound to a domain', async () => {
    const trace = threeStreams().at(100).cmd('TLBI_NH_VA', va(1, 8)).sync().doorbell();
    trace.at(300).cmd('TLBI_NH_VA', va(9, 8)).sync().doorbell();
    const topology = {
      schema: 'smmuscope.topology/1',
      devices: [{ sid: 8, ats: false }, { sid: 16 }, { sid: 32 }],
      bindings: [{ sid: 32, asid: 9, from_ns: 200 }],
    } as never;
    const lines = (await linesThrough(trace, ATS, { topology })).filter((line) => line.includes('ATC_INV'));
    expect(lines).toEqual(['cmd v0 ATC_INV ADDR=0x8000 SID=16', 'cmd v0 ATC_INV ADDR=0x8000 SID=32']);
  });

  it('takes a single command without range support for the largest block that it can mean', async () => {
    const trace = new TraceBuilder().dma({ sid: 8, asid: 1, page: 0, pageSizeLog2: 21 });
    for (const page of [512, 513]) trace.cmd('TLBI_NH_VA', { ASID: 1, ADDR: page, LEAF: 1 }).sync().doorbell();
    const lines = (await linesThrough(trace, ATS)).filter((line) => line.includes('ATC_INV'));
    expect(lines).toEqual(['cmd v0 ATC_INV ADDR=0x200000 SID=8 SIZE=9', 'cmd v0 ATC_INV ADDR=0x201000 SID=8']);
  });

  it('empties the ATCs when one SYNC ends a thousand separate ranges: memory stays bounded', async () => {
    const trace = threeStreams();
    for (let i = 0; i < 3000; i++) trace.cmd('TLBI_NH_VA', va(2, i * 2));
    const lines = await linesThrough(trace.sync().doorbell(), ATS, { rows: 4096 });
    expect(lines.filter((line) => line.includes('ATC_INV'))).toEqual(['cmd v0 ATC_INV SID=24 SIZE=52']);
  });

  it('does not publish what another vCPU is writing: an unfinished submission waits for its own doorbell', async () => {
    const trace = threeStreams().at(100).vcpu(0).cmd('TLBI_NH_VA', va(1, 8)).sync().doorbell();
    trace.at(110).vcpu(1).cmd('TLBI_NH_VA', va(2, 3)).at(120).vcpu(0).syncDone().at(130).vcpu(1).sync().doorbell();
    trace.at(140).syncDone();
    const lines = (await linesThrough(trace, ATS)).slice(3);
    const publishedBy = lines.indexOf('doorbell v1');
    expect(lines.slice(publishedBy - 2, publishedBy)).toEqual([
      'cmd v1 TLBI_NH_VA ADDR=0x3000 ASID=2 LEAF=1 TG=1 TTL=3',
      'cmd v1 SYNC',
    ]);
    expect(lines.filter((line) => line === 'sync-done v0')).toHaveLength(2);
  });

  it('refuses a trace that has ATC_INVs', async () => {
    const trace = new TraceBuilder().cmd('ATC_INV', { SID: 8, SIZE: 0 }).sync().doorbell();
    await expect(through(trace, ATS)).rejects.toThrow(/test\.csv: --guest-ats: expected .*without ATS.* line 1/);
  });

  it('keeps times in order and sends full batches of 64 without a SYNC', async () => {
    const trace = new TraceBuilder();
    for (let sid = 1; sid <= 70; sid++) trace.dma({ sid, asid: 1, page: 1 });
    trace.at(5).cmd('TLBI_NH_VA', va(1, 1)).sync().doorbell();
    const { batches } = await through(trace, ATS);
    const rows = batches.flatMap((batch) => Array.from({ length: batch.count }, (_, row) => batch.kind[row]));
    const doorbells = rows.flatMap((kind, at) => (kind === EventKind.Doorbell ? [at - 73] : []));
    expect(doorbells).toEqual([-1, 64, 72].map((at) => at));
  });
});

/** ATC_INVs as `SID words`, and the rows without them. */
function withoutAtcInvs(batches: readonly EventBatch[]): { readonly sent: string[]; readonly rest: EventBatch[] } {
  const sink = new BatchSink();
  const sent: string[] = [];
  for (const batch of batches) {
    for (let row = 0; row < batch.count; row++) {
      const isAtcInv = batch.kind[row] === EventKind.Cmd && (batch.cmd0Low[row] & 0xff) === 0x40;
      if (!isAtcInv) sink.copy(batch, row);
      else sent.push([batch.cmd0High[row], batch.cmd1High[row], batch.cmd1Low[row]].join(' '));
    }
  }
  return { sent: sent.sort(), rest: sink.takeRest() };
}

describe('a real driver', () => {
  it('four domains: taken out of a recording, every ATC_INV that the driver sent comes back, bit for bit', async () => {
    const { batches } = await readTrace(tracePath('excerpts/vtd-four-domains.csv.gz'));
    const recorded = withoutAtcInvs(batches);
    expect(recorded.sent.length).toBeGreaterThan(500);
    const again = await through(recorded.rest, ATS, { rows: 1000 });
    expect(withoutAtcInvs(again.batches).sent).toEqual(recorded.sent);
  });

  it('one domain: every invalidation goes to all streams of the domain that have translated', async () => {
    const { batches } = await readTrace(tracePath('excerpts/vtd-one-domain.csv.gz'));
    const recorded = withoutAtcInvs(batches);
    const inserted = withoutAtcInvs((await through(recorded.rest, ATS, { rows: 1000 })).batches).sent;
    const left = [...recorded.sent];
    for (const command of inserted) {
      const at = left.indexOf(command);
      expect(at, command).toBeGreaterThanOrEqual(0);
      left.splice(at, 1);
    }
    // What the driver sends beyond that goes to streams that have not translated yet: nothing can be in their ATCs.
    const earlyPerStream = new Map<number, number>();
    const hasTranslated = new Set<number>();
    for (const batch of batches) {
      for (let row = 0; row < batch.count; row++) {
        if (batch.kind[row] === EventKind.Dma) hasTranslated.add(batch.sid[row]);
        else if (batch.kind[row] === EventKind.Cmd && (batch.cmd0Low[row] & 0xff) === 0x40) {
          const sid = batch.cmd0High[row];
          if (!hasTranslated.has(sid)) earlyPerStream.set(sid, (earlyPerStream.get(sid) ?? 0) + 1);
        }
      }
    }
    expect(left).toHaveLength([...earlyPerStream.values()].reduce((sum, count) => sum + count, 0));
    expect(left.length).toBeLessThan(recorded.sent.length / 20);
  });
});
