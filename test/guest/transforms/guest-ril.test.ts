/**
 * Transforms tier: does --guest-ril re-encode what the guest asked for, no more and no less, as the driver of that kernel
 * would? Facts L §2.2, §2.3, §2.4; O9, O10.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ERAS, eraOfKernel } from '../../../src/guest/driver/eras.js';
import { encodeRange } from '../../../src/guest/driver/range-encoder.js';
import { pageOfCommand, tlbiPages } from '../../../src/trace/command.js';
import type { EventBatch } from '../../../src/trace/events.js';
import { TraceBuilder } from '../../support/trace-builder.js';
import { summaryOf, wordsOf } from '../../support/traces.js';
import { linesThrough, through } from './through.js';

/** One unmap: a request, encoded with ranges. */
interface Request {
  readonly page: number;
  readonly pages: number;
}

function rangeTrace(requests: readonly Request[], leaf = true): TraceBuilder {
  const trace = new TraceBuilder();
  for (const { page, pages } of requests) {
    for (const tlbi of encodeRange({ page, bytes: pages * 4096, granuleLog2: 12, leaf }, 12)) {
      const { num, scale, tg, ttl } = tlbi;
      trace.cmd('TLBI_NH_VA', {
        ASID: 1,
        NUM: num,
        SCALE: scale,
        TG: tg,
        TTL: ttl,
        LEAF: leaf ? 1 : 0,
        ADDR: tlbi.page,
      });
    }
    trace.sync().doorbell();
  }
  return trace;
}

/** Pages that the TLBIs of one trace cover, in order. */
function covered(batches: readonly EventBatch[]): number[] {
  return batches.flatMap((batch) =>
    Array.from({ length: batch.count }, (_, row) => wordsOf(batch, row))
      .filter(([c0Low]) => (c0Low & 0xff) === 0x12)
      .flatMap(([c0Low, , c1Low, c1High]) =>
        Array.from({ length: tlbiPages(c0Low, c1Low) }, (_, at) => pageOfCommand(c1Low, c1High) + at),
      ),
  );
}

const request = fc.record({ page: fc.integer({ min: 0, max: 2 ** 36 }), pages: fc.integer({ min: 1, max: 700 }) });

describe('--guest-ril', () => {
  it('off: covers the same pages in the same order, one command each, batches of 64 without a SYNC', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(request, { minLength: 1, maxLength: 4 }), async (requests) => {
        const trace = rangeTrace(requests);
        const { batches } = await through(trace, { guestRil: 'off', guestKernel: 'before-6.6' });
        expect(covered(batches)).toEqual(covered([trace.batch]));
        const doorbells = summaryOf(batches).filter((line) => line.startsWith('doorbell')).length;
        expect(doorbells).toBe(requests.reduce((sum, { pages }) => sum + Math.ceil(pages / 64), 0));
      }),
      { numRuns: 12 },
    );
  });

  it('on after off gives back the recorded trace, doorbells included', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(request, { minLength: 1, maxLength: 4 }), async (requests) => {
        const trace = rangeTrace(requests);
        const { batches } = await through(trace, { guestRil: 'off', guestKernel: 'before-6.6' });
        const back = await through(batches, { guestRil: 'on' });
        expect(summaryOf(back.batches)).toEqual(summaryOf([trace.batch]));
      }),
      { numRuns: 12 },
    );
  });

  it.each([
    [511, '6.1', false, 'pages'],
    [512, '6.1', false, 'pages'],
    [512, '6.12', false, 'pages'],
    [511, '7.1', false, 'pages'],
    [512, '7.1', false, 'context'],
    [512, '6.1', true, 'pages'],
    [511, '6.12', true, 'pages'],
    [512, '6.12', true, 'context'],
    [512, '7.1', true, 'context'],
  ])(
    'O9: %i pages without ranges on Linux %s, shared address space %s: %s',
    async (pages, kernel, isShared, expected) => {
      const trace = rangeTrace([{ page: 0x1000, pages }]);
      const withDma = new TraceBuilder().dma({ sid: 8, asid: 1, ssid: isShared ? 3 : -1, page: 1 });
      const { batches, report } = await through([withDma.batch, trace.batch], {
        guestRil: 'off',
        guestKernel: eraOfKernel(kernel),
      });
      const commands = summaryOf(batches).filter((line) => line.includes('TLBI'));
      if (expected === 'context') expect(commands).toEqual(['cmd v0 TLBI_NH_ASID ASID=1']);
      else expect(commands).toHaveLength(pages);
      expect(report[0]).toMatchObject({
        name: 'guest-ril',
        ranges: 'off',
        whole_context: expected === 'context' ? 1 : 0,
      });
    },
  );

  it('--guest-kernel alone leaves ranges alone and applies the threshold to what was recorded page by page', async () => {
    const ranged = rangeTrace([{ page: 0, pages: 1024 }]);
    expect(await linesThrough(ranged, { guestKernel: 'from-7.1' })).toEqual(summaryOf([ranged.batch]));
    const single = new TraceBuilder();
    for (let page = 0; page < 512; page++) {
      single.cmd('TLBI_NH_VA', { ASID: 4, ADDR: page, LEAF: 1 });
      if (page % 64 === 63) single.doorbell();
    }
    single.sync().doorbell();
    const lines = await linesThrough(single, { guestKernel: 'from-7.1' });
    expect(lines).toEqual(['cmd v0 TLBI_NH_ASID ASID=4', 'cmd v0 SYNC', 'doorbell v0']);
  });

  it('blocks: TTL 2 becomes a step of 2 MiB and back, where the ASID was seen with such blocks', async () => {
    const trace = new TraceBuilder().dma({ sid: 8, asid: 1, page: 0, pageSizeLog2: 21 });
    trace.cmd('TLBI_NH_VA', { ASID: 1, ADDR: 512, NUM: 0, SCALE: 10, TG: 1, TTL: 2, LEAF: 1 }).sync().doorbell();
    const off = await through(trace, { guestRil: 'off' });
    expect(summaryOf(off.batches).slice(1, 3)).toEqual([
      'cmd v0 TLBI_NH_VA ADDR=0x200000 ASID=1 LEAF=1',
      'cmd v0 TLBI_NH_VA ADDR=0x400000 ASID=1 LEAF=1',
    ]);
    const on = await through(off.batches, { guestRil: 'on' });
    expect(summaryOf(on.batches)).toEqual(summaryOf([trace.batch]));
  });

  it('on: a single command that may mean a block is kept and counted', async () => {
    const trace = new TraceBuilder().dma({ sid: 8, asid: 1, page: 0, pageSizeLog2: 21 });
    trace.cmd('TLBI_NH_VA', { ASID: 1, ADDR: 512, LEAF: 1 }).sync().doorbell();
    const { batches, report } = await through(trace, { guestRil: 'on' });
    expect(summaryOf(batches)).toEqual(summaryOf([trace.batch]));
    expect(report[0]).toMatchObject({ requests_kept: 1, requests_encoded: 0 });
  });

  it('refuses what no kernel without a limit would finish', async () => {
    const trace = new TraceBuilder();
    trace.cmd('TLBI_NH_VA', { ASID: 1, NUM: 31, SCALE: 20, TG: 1, TTL: 3, LEAF: 1 }).sync().doorbell();
    await expect(through(trace, { guestRil: 'off' })).rejects.toThrow(/--guest-ril off: expected a --guest-kernel/);
    const lines = await linesThrough(trace, { guestRil: 'off', guestKernel: 'from-7.1' });
    expect(lines[0]).toBe('cmd v0 TLBI_NH_ASID ASID=1');
  });

  it('kernel versions fall into their eras', () => {
    const eras = ['5.15', '6.1.176', '6.5', '6.6', 'v6.12', '6.18-rc1', '7.0', '7.1', '8.0'].map(eraOfKernel);
    expect(eras.map((era) => ERAS.findIndex((rules) => rules.era === era))).toEqual([0, 0, 0, 1, 1, 1, 1, 2, 2]);
    expect(eraOfKernel('six')).toBeUndefined();
  });
});
