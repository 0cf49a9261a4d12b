/**
 * Does every translation become one `dma` row with the right stream, address, page size and outcome, whichever of its
 * lines were recorded?
 */
import { describe, expect, it } from 'vitest';
import { Access, EventFlag } from '../../src/trace/events.js';
import { readContent, rowsOf, summaryOf } from '../support/traces.js';

const log = (...lines: string[]) => `${lines.join('\n')}\n`;

/** Rows of a log of these lines, as objects. */
async function rows(...lines: string[]) {
  return rowsOf((await readContent(log(...lines))).batches);
}

async function events(...lines: string[]): Promise<string[]> {
  return summaryOf((await readContent(log(...lines))).batches);
}

const configHit = (sid: string) =>
  `smmuv3_config_cache_hit Config cache HIT for sid=${sid} (hits=1, misses=1, hit rate=50)`;
const configMiss = (sid: string) =>
  `smmuv3_config_cache_miss Config cache MISS for sid=${sid} (hits=0, misses=1, hit rate=0)`;
const hit = (ids: string, addr: string) =>
  `smmu_iotlb_lookup_hit IOTLB cache HIT ${ids} addr=${addr} hit=1 miss=1 hit rate=50`;
const miss = (ids: string, addr: string) =>
  `smmu_iotlb_lookup_miss IOTLB cache MISS ${ids} addr=${addr} hit=0 miss=1 hit rate=0`;
const insert = (ids: string, addr: string, tg = 1, level = 3) =>
  `smmu_iotlb_insert IOTLB ++ ${ids} addr=${addr} tg=${tg} level=${level}`;
const success = (sid: string, iova: string, to = '0x44000000', tail = '') =>
  `smmuv3_translate_success smmuv3-iommu-memory-region-8-1 sid=${sid} iova=${iova} translated=${to} perm=0x3${tail}`;
const fault = (sid: string) => `smmuv3_record_event SMMU_EVT_F_TRANSLATION sid=${sid}`;
const sync = 'smmuv3_cmdq_opcode <--- SMMU_CMD_SYNC';
const PROD = 'smmuv3_write_mmio addr: 0x98 val:0x2 size: 0x4(0)';
const DRAIN = [sync, PROD];

describe('all lines recorded', () => {
  it('7.2: the full address is that of the translate line, the row that of the lookup line', async () => {
    const { batches } = await readContent(
      log(
        configMiss('0x8'),
        miss('asid=1', '0xffffb000'),
        insert('asid=1', '0xffffb000'),
        success('0x8', '0xffffb002'),
      ),
    );
    expect(summaryOf(batches)).toEqual(['dma sid=8 asid=1 0xffffb002 size=12 granule=12 miss']);
    expect(batches[0].line[0]).toBe(2);
    expect(batches[0].vmid[0]).toBe(-1);
    expect(batches[0].flags[0]).toBe(EventFlag.ConfigMiss);
  });

  it('10.x: VMID, stage 2 by its stage and by its ASID of -1', async () => {
    const [stage1, stage2] = await rows(
      configHit('0x8'),
      hit('asid=2 vmid=0', '0xffffd040'),
      success('0x8', '0xffffd040', '0x1', ' stage=1'),
      configHit('0x10'),
      hit('asid=-1 vmid=3', '0xffffd040'),
      success('0x10', '0xffffd040', '0x1', ' stage=2'),
    );
    expect(stage1).toMatchObject({ asid: 2, vmid: 0, flags: EventFlag.ConfigHit });
    expect(stage2).toMatchObject({ asid: -1, vmid: 3, sid: 16, flags: EventFlag.ConfigHit | EventFlag.Stage2 });
  });

  it('addresses are exact over 64 bits', async () => {
    const [row] = await rows(hit('asid=1', '0xfffffffffffff000'), success('0xffffffff', '0xfffffffffffffabc'));
    expect(row).toMatchObject({ iovaPage: 2 ** 52 - 1, iovaOffset: 0xabc, sid: 2 ** 32 - 1 });
  });

  it('a failed walk is a fault, with or without the line of its invalid descriptor; a fault after a hit was a hit', async () => {
    const invalid = 'smmu_ptw_invalid_pte stage=1 level=0 base@=0x52439000 pte@=0x52439000 offset=0 pte=0x0';
    expect(
      await events(
        configHit('0x10'),
        miss('asid=3', '0x100000'),
        invalid,
        fault('0x10'),
        configHit('0x10'),
        miss('asid=3', '0x101000'),
        fault('0x10'),
        configHit('0x10'),
        hit('asid=3', '0x102000'),
        fault('0x10'),
      ),
    ).toEqual([
      'dma sid=16 asid=3 0x100000 size=0 granule=0 fault',
      'dma sid=16 asid=3 0x101000 size=0 granule=0 fault',
      'dma sid=16 asid=3 0x102000 size=0 granule=0 hit',
    ]);
  });

  it('bypass, abort and disabled look nothing up', async () => {
    const [bypass, abort, disabled, msi] = await rows(
      configHit('0x8'),
      'smmuv3_translate_bypass smmuv3-iommu-memory-region-8-1 sid=0x8 STE bypass iova:0x4de35000 is_write=1',
      configMiss('0x10'),
      'smmuv3_translate_abort smmuv3-iommu-memory-region-16-2 sid=0x10 abort on iova:0x100004 is_write=0',
      'smmuv3_translate_disable smmuv3-iommu-memory-region-24-3 sid=0x18 bypass (smmu disabled) iova:0xfffff040 is_write=1',
      'smmuv3_translate_disable smmuv3-iommu-memory-region-24-3 sid=0x18 bypass (smmu disabled) iova:0x8090040 is_write=1',
    );
    expect(bypass).toMatchObject({ outcome: 4, sid: 8, asid: -1, iovaPage: 0x4de35, flags: EventFlag.ConfigHit });
    expect(abort).toMatchObject({ outcome: 5, sid: 16, iovaPage: 0x100, iovaOffset: 4, flags: EventFlag.ConfigMiss });
    expect(disabled).toMatchObject({ outcome: 6, sid: 24, flags: 0, pageSizeLog2: 0 });
    expect(msi).toMatchObject({ outcome: 6, flags: EventFlag.Msi });
  });

  it('a translation to the ITS doorbell is an MSI, and so a write', async () => {
    const [msi, other] = await rows(
      hit('asid=1', '0xfffff000'),
      success('0x8', '0xfffff040', '0x8090040'),
      hit('asid=1', '0xfffff000'),
      success('0x8', '0xfffff040', '0x18090040'),
    );
    expect(msi).toMatchObject({ flags: EventFlag.Msi, access: Access.Write });
    expect(other).toMatchObject({ flags: 0, access: Access.Unknown });
  });

  it('lines of several threads interleave', async () => {
    const on = (thread: number, line: string) => `${thread}@1.000000:${line}`;
    expect(
      await events(
        on(1, configHit('0x8')),
        on(2, configHit('0x10')),
        on(1, miss('asid=1', '0x1000')),
        on(2, hit('asid=2', '0x2000')),
        on(1, insert('asid=1', '0x1000')),
        on(2, success('0x10', '0x2abc')),
        on(1, success('0x8', '0x1abc')),
      ),
    ).toEqual(['dma sid=16 asid=2 0x2abc size=0 granule=0 hit', 'dma sid=8 asid=1 0x1abc size=12 granule=12 miss']);
  });

  it('lookups of a nested walk inside a translation are not translations', async () => {
    expect(
      await events(
        // The context descriptor and table base are translated by stage 2, then the walk's tables are.
        configMiss('0x8'),
        miss('asid=-1 vmid=1', '0x4de35000'),
        insert('asid=-1 vmid=1', '0x4de35000'),
        miss('asid=1 vmid=1', '0x2000'),
        hit('asid=-1 vmid=1', '0x4de36000'),
        insert('asid=-1 vmid=1', '0x4de37000', 1, 2),
        insert('asid=1 vmid=1', '0x2000'),
        success('0x8', '0x2000', '0x1', ' stage=3'),
      ),
    ).toEqual(['dma sid=8 asid=1 0x2000 size=12 granule=12 miss']);
  });
});

describe('page sizes', () => {
  it.each([
    [1, 3, 12, 12],
    [1, 2, 12, 21],
    [1, 1, 12, 30],
    [1, 0, 12, 39],
    [2, 3, 14, 14],
    [2, 2, 14, 25],
    [2, 1, 14, 36],
    [3, 3, 16, 16],
    [3, 2, 16, 29],
    [3, 1, 16, 42],
  ])('tg=%i level=%i: granule 2^%i, leaf 2^%i', async (tg, level, granuleLog2, pageSizeLog2) => {
    const [row] = await rows(miss('asid=1', '0x0'), insert('asid=1', '0x0', tg, level), success('0x8', '0x0'));
    expect(row).toMatchObject({ granuleLog2, pageSizeLog2 });
  });

  /** A miss that inserts, as two lines. */
  const fill = (ids: string, addr: string, level: number) => [
    miss(ids, addr),
    insert(ids, addr, 1, level),
    success('0x8', addr),
  ];
  /** Size of the page that a hit at `addr` used, after `lines`. */
  const hitSize = async (ids: string, addr: string, ...lines: string[]) =>
    (await rows(...lines, hit(ids, addr), success('0x8', addr))).at(-1)?.pageSizeLog2;

  it('of hits come from the block inserted before', async () => {
    const block = fill('asid=1', '0xff600000', 2);
    expect(await hitSize('asid=1', '0xff600000', ...block)).toBe(21);
    expect(await hitSize('asid=1', '0xff7ff000', ...block)).toBe(21);
    expect(await hitSize('asid=1', '0xff800000', ...block)).toBe(12);
    expect(await hitSize('asid=1', '0xff5ff000', ...block)).toBe(12);
  });

  it('of hits know ASIDs and VMIDs apart', async () => {
    const block = [...fill('asid=1 vmid=0', '0xff600000', 2), ...fill('asid=2 vmid=0', '0x1000', 3)];
    expect(await hitSize('asid=2 vmid=0', '0xff600000', ...block)).toBe(12);
    expect(await hitSize('asid=1 vmid=0', '0xff600000', ...block)).toBe(21);
    expect(await hitSize('asid=1 vmid=1', '0xff600000', ...block)).toBe(0);
  });

  it('of hits forget a block when a page is inserted inside it', async () => {
    const lines = [
      ...fill('asid=1', '0x40000000', 1),
      ...fill('asid=1', '0xff600000', 2),
      ...fill('asid=1', '0xff601000', 3),
    ];
    expect(await hitSize('asid=1', '0xff602000', ...lines)).toBe(12);
    expect(await hitSize('asid=1', '0x40002000', ...lines)).toBe(30);
  });

  it('of hits remember a block through many others', async () => {
    const others = Array.from({ length: 255 }, (_, i) => insert('asid=1', `0x${(i * 0x200000).toString(16)}`, 1, 2));
    const block = fill('asid=1', '0xff600000', 2);
    expect(await hitSize('asid=1', '0xff601000', ...block, ...others)).toBe(21);
    expect(await hitSize('asid=1', '0xff601000', ...block, ...others, insert('asid=1', '0xc0000000', 1, 2))).toBe(12);
  });

  it('are not known before any insertion; the granule is, from the context descriptor', async () => {
    const table = 'smmuv3_decode_cd_tt TT[0]:tsz:16 ttb:0x4dd23000 granule_sz:16 had:0';
    expect(await events(configMiss('0x8'), table, hit('asid=1', '0x0'), success('0x8', '0x0'))).toEqual([
      'dma sid=8 asid=1 0x0 size=0 granule=16 hit',
    ]);
  });
});

describe('logs with fewer events', () => {
  it('lookups and commands alone: rows come before the commands that follow them', async () => {
    expect(
      await events(
        miss('asid=1', '0x1000'),
        insert('asid=1', '0x1000'),
        hit('asid=1', '0x1000'),
        miss('asid=1', '0x2000'),
        ...DRAIN,
        hit('asid=1', '0x1000'),
      ),
    ).toEqual([
      'dma sid=-1 asid=1 0x1000 size=12 granule=12 miss',
      'dma sid=-1 asid=1 0x1000 size=12 granule=12 hit',
      // Insertions are recorded and this lookup had none.
      'dma sid=-1 asid=1 0x2000 size=0 granule=12 fault',
      'cmd v0 SYNC',
      'doorbell v0',
      'dma sid=-1 asid=1 0x1000 size=12 granule=12 hit',
    ]);
  });

  it('lookups of another thread come before the commands that follow them', async () => {
    const on = (thread: number, ...lines: string[]) => lines.map((line) => `${thread}@1.000000:${line}`);
    expect(
      await events(...on(1, hit('asid=1', '0x1000')), ...on(2, ...DRAIN), ...on(1, hit('asid=1', '0x2000'))),
    ).toEqual([
      'dma sid=-1 asid=1 0x1000 size=0 granule=0 hit',
      'cmd v0 SYNC',
      'doorbell v0',
      'dma sid=-1 asid=1 0x2000 size=0 granule=0 hit',
    ]);
  });

  it('translate lines alone: one row each, outcome not known', async () => {
    expect(await events(success('0x8', '0x1abc'), configHit('0x10'), success('0x10', '0x2000'))).toEqual([
      'dma sid=8 asid=-1 0x1abc size=0 granule=0 ',
      'dma sid=16 asid=-1 0x2000 size=0 granule=0 ',
    ]);
  });

  it('faults without their record: the walk that inserted nothing', async () => {
    expect(
      await events(
        configHit('0x8'),
        miss('asid=1', '0x1000'),
        insert('asid=1', '0x1000'),
        success('0x8', '0x1000'),
        configHit('0x8'),
        miss('asid=1', '0x2000'),
        configHit('0x8'),
        hit('asid=1', '0x1000'),
        success('0x8', '0x1000'),
      ),
    ).toEqual([
      'dma sid=8 asid=1 0x1000 size=12 granule=12 miss',
      'dma sid=8 asid=1 0x2000 size=0 granule=12 fault',
      'dma sid=8 asid=1 0x1000 size=12 granule=12 hit',
    ]);
  });

  it('a fault that was never looked up has no address and is noted', async () => {
    const { trace, batches } = await readContent(log(PROD, configMiss('0x8'), fault('0x8')));
    expect(summaryOf(batches)).toEqual(['doorbell v0']);
    const what = 'fault without a lookup: its address is not in the log, no dma event made';
    expect(trace.statistics.lossy).toEqual([{ line: 3, what, count: 1 }]);
  });
});

describe('regressions', () => {
  it('a permission fault on a hit is recorded as a hit: nothing was walked', async () => {
    expect(await events(configHit('0x8'), hit('asid=1', '0xffffb000'), fault('0x8'))).toEqual([
      'dma sid=8 asid=1 0xffffb000 size=0 granule=0 hit',
    ]);
  });

  it('8.x prints "none" as 65535; from 9.1 on that is an ID', async () => {
    const [stage1, stage2] = await rows(
      hit('asid=1 vmid=65535', '0xffffb000'),
      success('0x8', '0xffffb000'),
      hit('asid=65535 vmid=3', '0xffffc000'),
      success('0x8', '0xffffc000'),
    );
    expect([stage1.asid, stage1.vmid, stage1.flags & EventFlag.Stage2]).toEqual([1, -1, 0]);
    expect([stage2.asid, stage2.vmid, stage2.flags & EventFlag.Stage2]).toEqual([-1, 3, EventFlag.Stage2]);
    const [later] = await rows(
      hit('asid=1 vmid=-1', '0xffffb000'),
      success('0x8', '0xffffb000', '0x1', ' stage=1'),
      hit('asid=65535 vmid=65535', '0xffffc000'),
      success('0x8', '0xffffc000', '0x1', ' stage=1'),
    ).then((all) => all.slice(1));
    expect([later.asid, later.vmid]).toEqual([65535, 65535]);
  });
});
