/**
 * Do recorded ftraces give what their notes say, however their bytes arrive, and does damage end in a sentence?
 */
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { InspectCollector } from '../../src/analysis/inspect/collector.js';
import { isAddressTlbi, opcodeOf, pageOfCommand, tgOf, tlbiPages } from '../../src/trace/command.js';
import { TraceFormatError } from '../../src/trace/errors.js';
import { EventKind } from '../../src/trace/events.js';
import { alignedChunks } from '../support/aligned-chunks.js';
import { callText, eventLine } from '../support/ftrace-lines.js';
import { readContent, readTrace, rowsOf, tracePath, traceText } from '../support/traces.js';

const REBIND = 'rebind-strict.ftrace.txt.xz';
const BIGSG = 'bigsg-strict.ftrace.txt.xz';
const VTD = 'vtd-rebind-4ats-k61.ftrace.txt.xz';

/** What inspect counts. */
async function countsOf(name: string) {
  const { batches, trace } = await readTrace(tracePath(name));
  const collector = new InspectCollector();
  for (const batch of batches) collector.add(batch);
  return { ...collector.counts(true), statistics: trace.statistics };
}

describe('recordings', () => {
  it('rebind-strict: one argument per word', async () => {
    const counts = await countsOf(REBIND);
    expect(counts).toMatchObject({
      commands: {
        by_opcode: { TLBI_NH_VA: 3343, CFGI_STE: 36, TLBI_NH_ASID: 24, PREFETCH_CONFIG: 12, SYNC: 3427 },
        unpublished: 0,
        reserved: {},
      },
      doorbells: 3439,
      sync_dones: 3427,
      maps: 6948,
      unmaps: 3343,
      statistics: { format: 'ftrace', lines: 17217, foreignLines: 0, lossy: [], translatedFrom: '' },
      recorded_latency: { count: 3427, max_ns: 1_473_000 },
    });
  });

  it('bigsg-strict: one array of words, ranges and 2 MiB blocks', async () => {
    const counts = await countsOf(BIGSG);
    expect(counts).toMatchObject({
      commands: { by_opcode: { TLBI_NH_VA: 9658, SYNC: 9589 }, reserved: {} },
      batch_sizes: { 2: 9520, 3: 69 },
      sync_dones: 9589,
      page_sizes: { 4096: 19018, 2097152: 132 },
      statistics: { lossy: [] },
    });
  });

  it('vtd-rebind: descriptors as commands, marked as translated', async () => {
    const counts = await countsOf(VTD);
    expect(counts).toMatchObject({
      commands: { by_opcode: { CFGI_STE: 12, TLBI_NH_ASID: 24, TLBI_NH_VA: 4470, ATC_INV: 4482, SYNC: 8988 } },
      doorbells: 8988,
      sync_dones: 8988,
      statistics: { translatedFrom: 'VT-d', translatedCommands: 17_976, lossy: [] },
    });
  });

  it.each([BIGSG, REBIND])(
    'O12: the pieces of every recorded range add up to it, disjoint and aligned (%s)',
    async (name) => {
      const { batches } = await readTrace(tracePath(name));
      for (const batch of batches) {
        for (let row = 0; row < batch.count; row++) {
          const { cmd0Low, cmd1Low, cmd1High } = batch;
          if (batch.kind[row] !== EventKind.Cmd || !isAddressTlbi(opcodeOf(cmd0Low[row]))) continue;
          const pages = tlbiPages(cmd0Low[row], cmd1Low[row]);
          let at = pageOfCommand(cmd1Low[row], cmd1High[row]);
          const end = at + pages;
          for (const [first, size] of alignedChunks(at, pages)) {
            if (first !== at || first % size !== 0) expect([first, size]).toEqual([at, 'aligned']);
            at += size;
          }
          if (at !== end) expect(at).toBe(end);
        }
      }
    },
  );

  it('O13: TG = 0 is one page of 4 KiB whatever NUM and SCALE say', async () => {
    const text = eventLine('trace', { event: 'smmu_cmdq', us: 1, text: callText(['0x30000f01f012', '0xfffdc001']) });
    const { batches } = await readContent(text);
    const [batch] = batches;
    expect([tgOf(batch.cmd1Low[0]), tlbiPages(batch.cmd0Low[0], batch.cmd1Low[0])]).toEqual([0, 1]);
  });
});

describe('chunks', () => {
  it.each([
    [REBIND, 64],
    [VTD, 64],
    [BIGSG, 4096],
  ])('%s in chunks of %i bytes gives identical events', async (name, chunkBytes) => {
    const whole = await readTrace(tracePath(name));
    const pieces = await readTrace(tracePath(name), { chunkBytes });
    expect(pieces.batches).toEqual(whole.batches);
    expect(pieces.trace.statistics).toEqual(whole.trace.statistics);
  });
});

describe('damage', () => {
  let lines: string[] = [];
  beforeAll(async () => {
    const take = async (name: string) => (await traceText(name)).split('\n').slice(0, 400);
    lines = [...(await take(REBIND)), ...(await take(VTD)), ...(await take(BIGSG)), 'CPU:1 [LOST 5 EVENTS]'];
  });

  async function survives(content: string | Uint8Array, lenient: boolean): Promise<void> {
    try {
      const { batches } = await readContent(content, { format: 'ftrace', lenient });
      for (const batch of batches) expect(batch.timeNs.subarray(0, batch.count).every(Number.isSafeInteger)).toBe(true);
    } catch (error) {
      if (!(error instanceof TraceFormatError)) throw error;
    }
  }

  it('to any byte of any line ends in events or a TraceFormatError', async () => {
    const change = fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 }));
    await fc.assert(
      fc.asyncProperty(
        fc.nat(),
        fc.array(change, { minLength: 1, maxLength: 6 }),
        fc.boolean(),
        async (from, changes, lenient) => {
          const first = from % lines.length;
          const bytes = Buffer.from(`${lines.slice(first, first + 20).join('\n')}\n`, 'latin1');
          for (const [at, value] of changes) bytes[at % bytes.length] = value;
          await survives(bytes, lenient);
        },
      ),
      { numRuns: 500, seed: 5 },
    );
  });

  it('by lines that are lost, doubled or out of order ends in events or a TraceFormatError', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(), { minLength: 1, maxLength: 60 }), fc.boolean(), async (picks, lenient) => {
        await survives(`${picks.map((pick) => lines[pick % lines.length]).join('\n')}\n`, lenient);
      }),
      { numRuns: 300, seed: 5 },
    );
  });

  it('by a cut at any byte loses nothing before the cut, and says so', async () => {
    const text = `${lines.slice(0, 120).join('\n')}\n`;
    const whole = rowsOf((await readContent(text)).batches);
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 3000, max: text.length }), async (length) => {
        const cut = await readContent(text.slice(0, length));
        const rows = rowsOf(cut.batches);
        expect(rows).toEqual(whole.slice(0, rows.length));
        if (text[length - 1] !== '\n') {
          expect(cut.trace.statistics.lossy.map(({ what }) => what)).toContain('last line is cut off: not read');
        }
      }),
      { numRuns: 40, seed: 5 },
    );
  });

  it('by a range that never ends', async () => {
    const huge = '9007199254740991';
    const text =
      eventLine('trace', { event: 'map', us: 1, text: 'IOMMU: iova=0x0000000000200000 paddr=0x200000 size=2097152' }) +
      eventLine('trace', { event: 'map', us: 2, text: `IOMMU: iova=0x0000000000000000 paddr=0x0 size=${huge}` }) +
      eventLine('trace', {
        event: 'unmap',
        us: 3,
        text: `IOMMU: iova=0x0000000000000000 size=1 unmapped_size=${huge}`,
      });
    const { batches } = await readContent(text);
    // A handful of runs of 1 GiB blocks and pages, not one row or step per page.
    expect(rowsOf(batches).length).toBeLessThan(12);
  });
});
