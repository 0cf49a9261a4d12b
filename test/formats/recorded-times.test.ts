/**
 * Does a doorbell stand when the guest wrote it, at the first line of the drain that QEMU logs before (VT-d: after) the
 * write, with everything in its place and the times in order (design §3)?
 */
import { describe, expect, it } from 'vitest';
import { EVENT_NAMES, type EventBatch } from '../../src/trace/events.js';
import { readContent } from '../support/traces.js';

const CONSUME = 'smmuv3_cmdq_consume prod=9 cons=0 prod.wrap=0 cons.wrap=0';
const OUT = 'smmuv3_cmdq_consume_out prod:9, cons:9, prod_wrap:0, cons_wrap:0 ';
const TLBI = 'smmuv3_cmdq_opcode <--- SMMU_CMD_TLBI_NH_ALL';
const SYNC = 'smmuv3_cmdq_opcode <--- SMMU_CMD_SYNC';
const PROD = 'smmuv3_write_mmio addr: 0x98 val:0x9 size: 0x4(0)';
const CONS = 'smmuv3_read_mmio addr: 0x9c val:0x9 size: 0x4(0)';
const BYPASS = 'smmuv3_translate_bypass smmuv3-iommu-memory-region-8 sid=0x8 STE bypass iova:0x1000 is_write=1';
const BATCH = 8192;

const summary = (batches: readonly EventBatch[]): string[] =>
  batches.flatMap(({ kind, timeNs, count }) =>
    Array.from({ length: count }, (_, row) => `${EVENT_NAMES[kind[row]]} ${timeNs[row] / 1000}`),
  );

/** Kind and time in us of the events of a log; a line is its time in us, its thread (1) and what QEMU printed. */
async function events(...lines: [us: number, text: string, thread?: number][]): Promise<string[]> {
  const log = lines.map(([us, text, thread = 1]) => `${thread}@9.${String(us).padStart(6, '0')}:${text}\n`);
  return summary((await readContent(log.join(''))).batches);
}

describe('the doorbell of a QEMU log', () => {
  it('stands at the first consume line, and so do the commands of the drain', async () => {
    const drain = events([0, CONSUME], [2, TLBI], [5, CONSUME], [6, SYNC], [8, OUT], [9, PROD], [12, CONS]);
    expect(await drain).toEqual(['cmd 0', 'cmd 0', 'doorbell 0', 'sync-done 12']);
  });

  it('stands at the first command where no consume lines were recorded', async () => {
    expect(await events([0, PROD], [3, TLBI], [6, SYNC], [9, PROD])).toEqual([
      'doorbell 0',
      'cmd 3',
      'cmd 3',
      'doorbell 3',
    ]);
  });

  it('stands there too where no register writes were recorded', async () => {
    expect(await events([0, CONSUME], [1, SYNC], [5, OUT], [20, CONSUME], [21, SYNC], [25, OUT])).toEqual([
      'cmd 0',
      'doorbell 0',
      'cmd 20',
      'doorbell 20',
    ]);
  });

  it('draws translations inside of the drain forward; they keep their place among the commands', async () => {
    const drain = [
      [0, CONSUME],
      [2, TLBI],
      [3, BYPASS, 2],
      [5, CONSUME],
      [6, SYNC],
    ] as [number, string, number?][];
    expect(await events(...drain, [7, BYPASS, 2], [9, PROD], [10, BYPASS, 2])).toEqual([
      'dma 0',
      'cmd 0',
      'dma 0',
      'cmd 0',
      'doorbell 0',
      'dma 10',
    ]);
  });

  it('is not that of an earlier drain whose write is not in the log', async () => {
    const lost = [
      [0, CONSUME],
      [1, TLBI],
      [2, OUT],
    ] as [number, string][];
    expect(await events([0, PROD], ...lost, [500, CONSUME], [501, SYNC], [505, PROD])).toEqual([
      'doorbell 0',
      'cmd 1',
      'cmd 500',
      'doorbell 500',
    ]);
  });

  it.each([
    ['three batches of commands', 3 * BATCH, 0],
    ['more of them than are held back: the first ones and the doorbell keep their order', 12 * BATCH, 1],
  ])('is found over %s, however the log is cut', async (_, commands, latestUs) => {
    const lines = Array.from({ length: commands }, (_, at) => `1@9.${String(at).padStart(6, '0')}:${TLBI}\n`);
    const log = `${lines.join('')}1@9.900000:${PROD}\n`;
    const whole = summary((await readContent(log)).batches);
    if (latestUs === 0) expect(new Set(whole)).toEqual(new Set(['cmd 0', 'doorbell 0']));
    else expect(whole.at(-1)).toBe(`doorbell ${commands - 1}`);
    expect(summary((await readContent(log, { chunkBytes: 4096 })).batches)).toEqual(whole);
  });
});

it('the doorbell of a VT-d log stands where the first descriptor is fetched, not at the tail before it', async () => {
  const wait = 'vtd_inv_desc invalidate desc type wait high 0x58b4fc14 low 0x200000025';
  const flush = 'vtd_inv_desc invalidate desc type iotlb high 0xffffa000 low 0x900f2';
  expect(await events([0, 'vtd_inv_qi_tail write tail 6'], [12, flush], [18, wait])).toEqual([
    'cmd 12',
    'cmd 12',
    'doorbell 12',
  ]);
});
