/**
 * Are commands, doorbells and completions rebuilt from each version's lines as QEMU's sources say they are printed?
 */
import { describe, expect, it } from 'vitest';
import { EventFlag } from '../../src/trace/events.js';
import { failureOf, readContent, rowsOf, summaryOf } from '../support/traces.js';

const consume = (cons: number, wrap = 0) => `smmuv3_cmdq_consume prod=9 cons=${cons} prod.wrap=0 cons.wrap=${wrap}`;
const opcode = (name: string) => `smmuv3_cmdq_opcode <--- SMMU_CMD_${name}`;
const out = 'smmuv3_cmdq_consume_out prod:9, cons:9, prod_wrap:0, cons_wrap:0 ';
const write = (register: string, value = '0x9') => `smmuv3_write_mmio addr: ${register} val:${value} size: 0x4(0)`;
const read = (register: string, value: string) => `smmuv3_read_mmio addr: ${register} val:${value} size: 0x4(0)`;
const PROD = write('0x98');

const log = (...lines: string[]) => `${lines.join('\n')}\n`;

/** Summaries of the events of a log of these lines. */
async function events(...lines: string[]): Promise<string[]> {
  return summaryOf((await readContent(log(...lines))).batches);
}

/** The one command that these operand lines make of `name`. */
async function command(name: string, ...operands: string[]): Promise<string> {
  const [first] = await events(consume(0), opcode(name), ...operands, out, PROD);
  return first.replace('cmd v0 ', '');
}

describe('operands', () => {
  const cases: [title: string, name: string, operands: string[], command: string][] = [
    [
      'NH_VA of one page, 7.2',
      'TLBI_NH_VA',
      ['smmuv3_s1_range_inval vmid=0 asid=4 addr=0xffffc000 tg=1 num_pages=0x1 ttl=3 leaf=1'],
      'TLBI_NH_VA ADDR=0xffffc000 ASID=4 LEAF=1 TG=1 TTL=3',
    ],
    [
      'NH_VA cut into three pieces (M §2.2)',
      'TLBI_NH_VA',
      [
        'smmuv3_range_inval vmid=5 asid=4 addr=0x40003000 tg=1 num_pages=0x1 ttl=0 leaf=0',
        'smmuv3_range_inval vmid=5 asid=4 addr=0x40004000 tg=1 num_pages=0x4 ttl=0 leaf=0',
        'smmuv3_range_inval vmid=5 asid=4 addr=0x40008000 tg=1 num_pages=0x1 ttl=0 leaf=0',
      ],
      'TLBI_NH_VA ADDR=0x40003000 ASID=4 NUM=2 SCALE=1 TG=1 VMID=5',
    ],
    [
      'NH_VA with TG=0: one page, no range',
      'TLBI_NH_VA',
      ['smmuv3_range_inval vmid=-1 asid=4 addr=0xfffffffffffff000 tg=0 num_pages=0x1 ttl=0 leaf=1 stage=1'],
      'TLBI_NH_VA ADDR=0xfffffffffffff000 ASID=4 LEAF=1',
    ],
    [
      'NH_VAA prints ASID -1',
      'TLBI_NH_VAA',
      ['smmuv3_range_inval vmid=-1 asid=-1 addr=0x20000 tg=3 num_pages=0x2 ttl=3 leaf=1 stage=1'],
      'TLBI_NH_VAA ADDR=0x20000 LEAF=1 SCALE=1 TG=3 TTL=3',
    ],
    [
      'S2_IPA, 10.x',
      'TLBI_S2_IPA',
      ['smmuv3_range_inval vmid=1 asid=-1 addr=0xff600000 tg=1 num_pages=0x200 ttl=2 leaf=1 stage=2'],
      'TLBI_S2_IPA ADDR=0xff600000 LEAF=1 SCALE=9 TG=1 TTL=2 VMID=1',
    ],
    [
      'NH_ASID, 7.2: no VMID',
      'TLBI_NH_ASID',
      ['smmuv3_cmdq_tlbi_nh_asid asid=65535', 'smmu_iotlb_inv_asid IOTLB invalidate asid=65535'],
      'TLBI_NH_ASID ASID=65535',
    ],
    [
      'NH_ASID, 10.x: VMID from its effect',
      'TLBI_NH_ASID',
      ['smmuv3_cmdq_tlbi_nh_asid asid=2', 'smmu_iotlb_inv_asid_vmid IOTLB invalidate asid=2 vmid=7'],
      'TLBI_NH_ASID ASID=2 VMID=7',
    ],
    ['NH_ALL, 7.2', 'TLBI_NH_ALL', ['smmuv3_cmdq_tlbi_nh ', 'smmu_iotlb_inv_all IOTLB invalidate all'], 'TLBI_NH_ALL'],
    [
      'NH_ALL, 10.x',
      'TLBI_NH_ALL',
      ['smmuv3_cmdq_tlbi_nh vmid=3', 'smmu_iotlb_inv_vmid_s1 IOTLB invalidate vmid=3'],
      'TLBI_NH_ALL VMID=3',
    ],
    [
      'S12_VMALL',
      'TLBI_S12_VMALL',
      ['smmuv3_cmdq_tlbi_s12_vmid vmid=2', 'smmu_iotlb_inv_vmid IOTLB invalidate vmid=2'],
      'TLBI_S12_VMALL VMID=2',
    ],
    ['NSNH_ALL', 'TLBI_NSNH_ALL', ['smmuv3_cmdq_tlbi_nsnh '], 'TLBI_NSNH_ALL'],
    ['CFGI_STE', 'CFGI_STE', ['smmuv3_cmdq_cfgi_ste streamid= 0xf8'], 'CFGI_STE SID=248'],
    [
      'CFGI_ALL',
      'CFGI_STE_RANGE',
      ['smmuv3_cmdq_cfgi_ste_range start=0x0 - end=0xffffffff'],
      'CFGI_STE_RANGE RANGE=31',
    ],
    [
      'CFGI_STE_RANGE of 16 streams',
      'CFGI_STE_RANGE',
      ['smmuv3_cmdq_cfgi_ste_range start=0x20 - end=0x2f'],
      'CFGI_STE_RANGE RANGE=3 SID=32',
    ],
    ['CFGI_CD', 'CFGI_CD', ['smmuv3_cmdq_cfgi_cd sid=0x10'], 'CFGI_CD SID=16'],
    ['CFGI_CD_ALL', 'CFGI_CD_ALL', ['smmuv3_cmdq_cfgi_cd sid=0x10'], 'CFGI_CD_ALL SID=16'],
    ['opcode 7, which QEMU calls CFGI_ALL', 'CFGI_ALL', [], 'CFGI_VMS_PIDM'],
  ];
  it.each(cases)('%s', async (_, name, operands, expected) => {
    expect(await command(name, ...operands)).toBe(expected);
  });

  it.each([
    ['SYNC', false],
    ['TLBI_NSNH_ALL', false],
    ['ATC_INV', true],
    ['PREFETCH_CONFIG', true],
    ['CFGI_STE', true],
    ['TLBI_EL2_VA', true],
    ['RESUME', true],
  ])('%s without operand lines is opcode only: %s', async (name, isOpcodeOnly) => {
    const { trace, batches } = await readContent(log(consume(0), opcode(name), 'smmuv3_unhandled_cmd x', out, PROD));
    const { flags } = rowsOf(batches)[0];
    expect(flags).toBe(EventFlag.Reconstructed | (isOpcodeOnly ? EventFlag.OpcodeOnly : 0));
    expect(trace.statistics).toMatchObject({ reconstructedCommands: 1, opcodeOnlyCommands: Number(isOpcodeOnly) });
  });
});

describe('losses', () => {
  const INEXACT = 'range that no single command encodes: replaced by the nearest one that covers it';
  const cases: [title: string, lines: string[], command: string][] = [
    [
      'pieces with a hole',
      [
        'smmuv3_range_inval vmid=0 asid=1 addr=0x1000 tg=1 num_pages=0x1 ttl=0 leaf=1',
        'smmuv3_range_inval vmid=0 asid=1 addr=0x4000 tg=1 num_pages=0x1 ttl=0 leaf=1',
      ],
      'TLBI_NH_VA ADDR=0x1000 ASID=1 LEAF=1 SCALE=2 TG=1',
    ],
    [
      'more granules than NUM holds',
      ['smmuv3_range_inval vmid=0 asid=1 addr=0x1000 tg=1 num_pages=0x23 ttl=0 leaf=1'],
      'TLBI_NH_VA ADDR=0x1000 ASID=1 LEAF=1 NUM=17 SCALE=1 TG=1',
    ],
    [
      'a 64 KiB granule from an address that is not aligned to it',
      [
        'smmuv3_range_inval vmid=0 asid=1 addr=0x1000 tg=3 num_pages=0x0 ttl=0 leaf=1',
        'smmuv3_range_inval vmid=0 asid=1 addr=0x2000 tg=3 num_pages=0x0 ttl=0 leaf=1',
        'smmuv3_range_inval vmid=0 asid=1 addr=0x4000 tg=3 num_pages=0x0 ttl=0 leaf=1',
        'smmuv3_range_inval vmid=0 asid=1 addr=0x8000 tg=3 num_pages=0x0 ttl=0 leaf=1',
        'smmuv3_range_inval vmid=0 asid=1 addr=0x10000 tg=3 num_pages=0x0 ttl=0 leaf=1',
      ],
      'TLBI_NH_VA ADDR=0x1000 ASID=1 LEAF=1 TG=3',
    ],
  ];
  it.each(cases)('%s is encoded wider and noted', async (_, lines, expected) => {
    const { trace, batches } = await readContent(log(consume(0), opcode('TLBI_NH_VA'), ...lines, out, PROD));
    expect(summaryOf(batches)[0]).toBe(`cmd v0 ${expected}`);
    expect(trace.statistics.lossy).toEqual([{ line: 2, what: INEXACT, count: 1 }]);
  });

  it('a StreamID range that is no aligned power of two is encoded wider and noted', async () => {
    const lines = [opcode('CFGI_STE_RANGE'), 'smmuv3_cmdq_cfgi_ste_range start=0x3 - end=0x4', PROD];
    const { trace, batches } = await readContent(log(...lines));
    expect(summaryOf(batches)[0]).toBe('cmd v0 CFGI_STE_RANGE RANGE=2 SID=3');
    expect(trace.statistics.lossy).toEqual([{ line: 1, what: INEXACT, count: 1 }]);
  });

  it('a command name that is not defined is foreign and noted', async () => {
    const { trace, batches } = await readContent(
      log(opcode('SYNC'), opcode('NEW'), 'smmuv3_cmdq_opcode <--- UNKNOWN', PROD),
    );
    expect(summaryOf(batches)).toEqual(['cmd v0 SYNC', 'doorbell v0']);
    const what =
      'command of a name that the architecture does not define: its number is not in the log, command left out';
    expect(trace.statistics).toMatchObject({ foreignLines: 2, lossy: [{ line: 2, what, count: 2 }] });
  });

  it('commands that no doorbell publishes are kept and noted', async () => {
    const { trace, batches } = await readContent(log(PROD, opcode('SYNC'), opcode('SYNC')));
    expect(summaryOf(batches)).toEqual(['doorbell v0', 'cmd v0 SYNC', 'cmd v0 SYNC']);
    expect(trace.statistics.lossy).toEqual([{ line: 2, what: 'command that no doorbell publishes', count: 2 }]);
  });

  it('operands without an opcode line are noted', async () => {
    const { trace } = await readContent(log(PROD, 'smmuv3_cmdq_cfgi_cd sid=0x10'));
    const what = 'operands of a command without its smmuv3_cmdq_opcode line: command not rebuilt';
    expect(trace.statistics.lossy).toEqual([{ line: 2, what, count: 1 }]);
  });

  it.each([
    ['SYNC', 'smmuv3_s1_range_inval vmid=0 asid=1 addr=0x1000 tg=1 num_pages=0x1 ttl=3 leaf=1'],
    ['SYNC', 'smmuv3_cmdq_cfgi_cd sid=0x10'],
    ['PREFETCH_CONFIG', 'smmuv3_cmdq_tlbi_nh_asid asid=3'],
    ['TLBI_NH_ASID', 'smmuv3_cmdq_cfgi_ste streamid= 0x10'],
    ['CFGI_STE', 'smmuv3_cmdq_cfgi_ste_range start=0x0 - end=0xffffffff'],
  ])('%s takes no operands of another command: %s', async (name, operands) => {
    const { trace, batches } = await readContent(log(opcode(name), operands, PROD));
    expect(summaryOf(batches)[0]).toBe(`cmd v0 ${name}`);
    const what = 'operands of a command without its smmuv3_cmdq_opcode line: command not rebuilt';
    expect(trace.statistics.lossy).toEqual([{ line: 2, what, count: 1 }]);
  });

  it('a VMID that is none is left out with its line', async () => {
    const { batches } = await readContent(
      log(opcode('TLBI_S12_VMALL'), 'smmu_iotlb_inv_vmid IOTLB invalidate vmid=70000', PROD),
      { lenient: true },
    );
    expect(summaryOf(batches)[0]).toBe('cmd v0 TLBI_S12_VMALL');
  });
});

describe('doorbells', () => {
  it('follow the commands that they publish, also when there are none', async () => {
    expect(await events(consume(0), opcode('SYNC'), consume(1), opcode('SYNC'), out, PROD, out, PROD)).toEqual([
      'cmd v0 SYNC',
      'cmd v0 SYNC',
      'doorbell v0',
      'doorbell v0',
    ]);
  });

  it.each(['0x20', '0x64'])('come from a write of %s only if it consumed commands', async (register) => {
    expect(await events(PROD, write(register), opcode('SYNC'), out, write(register), write(register))).toEqual([
      'doorbell v0',
      'cmd v0 SYNC',
      'doorbell v0',
    ]);
  });

  it('are the ends of drains in a log without register writes', async () => {
    const drain = [consume(0), opcode('SYNC'), out];
    const lookup = 'smmu_iotlb_lookup_hit IOTLB cache HIT asid=1 addr=0x1000 hit=1 miss=0 hit rate=100';
    expect(await events(...drain, lookup, ...drain, out, ...drain)).toEqual([
      'cmd v0 SYNC',
      'doorbell v0',
      'dma sid=-1 asid=1 0x1000 size=0 granule=0 hit',
      'cmd v0 SYNC',
      'doorbell v0',
      'cmd v0 SYNC',
      'doorbell v0',
    ]);
  });

  it('stand on the line of the write, at the time at which its drain began', async () => {
    const at = (micros: number, line: string) => `7@100.${String(micros).padStart(6, '0')}:${line}`;
    const { batches } = await readContent(
      log(at(5, consume(0)), at(6, opcode('SYNC')), at(9, out), at(10, PROD), at(2000, read('0x9c', '0x1'))),
    );
    const [batch] = batches;
    expect([...batch.timeNs.subarray(0, batch.count)]).toEqual([0, 0, 1_995_000]);
    expect([...batch.line.subarray(0, batch.count)]).toEqual([2, 4, 5]);
  });
});

describe('completions', () => {
  it('are the first read of CONS that has passed the published SYNC', async () => {
    expect(
      await events(
        read('0x9c', '0x5'),
        consume(4),
        opcode('TLBI_NSNH_ALL'),
        consume(5),
        opcode('SYNC'),
        out,
        PROD,
        read('0x9c', '0x5'),
        read('0x98', '0x6'),
        read('0x9c', '0x6'),
        read('0x9c', '0x6'),
      ),
    ).toEqual(['cmd v0 TLBI_NSNH_ALL', 'cmd v0 SYNC', 'doorbell v0', 'sync-done v0']);
  });

  it('compare across the wrap, with the queue size from CMDQ_BASE', async () => {
    const base = write('0x90', '0x40000000b9b00004');
    const sync = [consume(15, 1), opcode('SYNC'), out, PROD];
    expect(await events(base, ...sync, read('0x9c', '0x1f'))).not.toContain('sync-done v0');
    expect(await events(base, ...sync, read('0x9c', '0x0'))).toContain('sync-done v0');
    expect(await events(base, ...sync, read('0x9c', '0x3'))).toContain('sync-done v0');
  });

  it('learn the queue size from a wrapped PROD', async () => {
    const wrapped = 'smmuv3_cmdq_consume prod=3 cons=2 prod.wrap=1 cons.wrap=1';
    const sync = [wrapped, opcode('SYNC'), out, write('0x98', '0x103')];
    expect(await events(...sync, read('0x9c', '0x102'))).not.toContain('sync-done v0');
    expect(await events(...sync, read('0x9c', '0x103'))).toContain('sync-done v0');
  });

  it('belong to the vCPU whose SYNC it was', async () => {
    const on = (thread: number, ...lines: string[]) => lines.map((line) => `${thread}@1.000000:${line}`);
    expect(
      await events(
        ...on(20, consume(0), opcode('SYNC'), out, PROD),
        ...on(30, read('0x9c', '0x1'), consume(1), opcode('SYNC'), out, PROD),
        ...on(20, read('0x9c', '0x2')),
        ...on(30, read('0x9c', '0x2')),
      ),
    ).toEqual(['cmd v0 SYNC', 'doorbell v0', 'cmd v1 SYNC', 'doorbell v1', 'sync-done v0', 'sync-done v1']);
  });
});

describe('versions', () => {
  const lookup = (vmid: string) =>
    `smmu_iotlb_lookup_hit IOTLB cache HIT asid=1${vmid} addr=0x1000 hit=1 miss=0 hit rate=100`;
  const range = (suffix: string) => `vmid=0 asid=1 addr=0x1000 tg=1 num_pages=0x1 ttl=3 leaf=1${suffix}`;
  const cases: [version: string, line: string][] = [
    ['7.2', `smmuv3_s1_range_inval ${range('')}`],
    ['7.2', lookup('')],
    ['8.x', lookup(' vmid=0')],
    ['8.x', `smmuv3_range_inval ${range('')}`],
    ['9.x', `smmuv3_range_inval ${range(' stage=1')}`],
    ['9.x', 'smmu_iotlb_inv_asid_vmid IOTLB invalidate asid=1 vmid=0'],
    ['9.x', 'smmuv3_cmdq_tlbi_nsnh '],
    ['10.x', 'smmu_config_cache_inv Config cache INV for sid=0x10'],
    ['10.x', 'smmu_configs_inv_sid_range Config cache INV SID range from 0x0 to 0xffffffff'],
    ['10.x', 'smmu_reset_exit '],
    ['', 'smmu_iotlb_inv_asid IOTLB invalidate asid=1'],
  ];
  it.each(cases)('%s shows in %s', async (version, line) => {
    const { trace } = await readContent(log(opcode('TLBI_NH_VA'), line, PROD));
    expect(trace.statistics.version).toBe(version);
  });

  it('before 6.0 are refused', async () => {
    expect(await failureOf(log(opcode('CFGI_STE'), 'smmuv3_cmdq_cfgi_ste streamid =16'))).toBe(
      'TraceFormatError: <stdin>:2: expected the arguments that QEMU 7.2 to 10.x prints for smmuv3_cmdq_cfgi_ste, ' +
        'found "smmuv3_cmdq_cfgi_ste streamid =16"',
    );
  });
});
