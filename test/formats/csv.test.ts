/**
 * Does every cell of the native CSV format mean what design §3 says, exactly, and is every mistake named?
 */
import { describe, expect, it } from 'vitest';
import { Access, EventFlag, EventKind, Outcome } from '../../src/trace/events.js';
import { failureOf, readContent, readTrace, rowsOf, summaryOf, tracePath } from '../support/traces.js';

/** Rows of a CSV with this header and these rows. */
async function rows(header: string, ...lines: string[]) {
  return rowsOf((await readContent(`${[header, ...lines].join('\n')}\n`)).batches);
}

/** The message that a CSV with this header and row ends in, from the row's line on. */
async function problem(header: string, ...lines: string[]): Promise<string> {
  return (await failureOf(`${[header, ...lines].join('\n')}\n`)).replace('TraceFormatError: <stdin>:', '');
}

/** Summary of the one command in a row of these cells. */
async function command(cells: Record<string, string>): Promise<string> {
  const { header, line } = rowFrom(cells);
  const { batches } = await readContent(`time_ns,event,${header}\n0,cmd,${line}\n`);
  return summaryOf(batches)[0].replace('cmd v-1 ', '');
}

async function commandProblem(cells: Record<string, string>): Promise<string> {
  const { header, line } = rowFrom(cells);
  return problem(`time_ns,event,${header}`, `0,cmd,${line}`);
}

function rowFrom(cells: Record<string, string>) {
  return { header: Object.keys(cells).join(','), line: Object.values(cells).join(',') };
}

describe('commands from their fields', () => {
  const cases: [cells: Record<string, string>, command: string][] = [
    [{ opcode: 'SYNC' }, 'SYNC'],
    [{ opcode: 'CMD_SYNC' }, 'SYNC'],
    [{ opcode: 'cmd_sync' }, 'SYNC'],
    [{ opcode: '0x46' }, 'SYNC'],
    [{ opcode: '70' }, 'SYNC'],
    [{ opcode: '0x50' }, 'ILLEGAL_0x50'],
    [{ opcode: '255' }, 'ILLEGAL_0xff'],
    [{ opcode: 'CFGI_ALL' }, 'CFGI_STE_RANGE RANGE=31'],
    [{ opcode: 'CFGI_ALL', size_log2: '31' }, 'CFGI_STE_RANGE RANGE=31'],
    [{ opcode: 'CFGI_STE_RANGE', sid: '0x20', size_log2: '3' }, 'CFGI_STE_RANGE RANGE=3 SID=32'],
    [{ opcode: 'CFGI_STE', sid: '4294967295', leaf: '1' }, 'CFGI_STE LEAF=1 SID=4294967295'],
    [{ opcode: 'CFGI_CD', sid: '8', ssid: '1048575' }, 'CFGI_CD SID=8 SSID=1048575'],
    [
      {
        opcode: 'TLBI_NH_VA',
        asid: '3',
        vmid: '1',
        iova: '0xfffdc000',
        num: '0',
        scale: '2',
        tg: '1',
        ttl: '3',
        leaf: '1',
      },
      'TLBI_NH_VA ADDR=0xfffdc000 ASID=3 LEAF=1 SCALE=2 TG=1 TTL=3 VMID=1',
    ],
    [{ opcode: 'TLBI_NH_VA', iova: '18446744073709547520' }, 'TLBI_NH_VA ADDR=0xfffffffffffff000'],
    [{ opcode: 'TLBI_NH_VA', iova: '0xFFFFFFFFFFFFF000' }, 'TLBI_NH_VA ADDR=0xfffffffffffff000'],
    [{ opcode: 'TLBI_NH_VA', iova: '9007199254740992' }, 'TLBI_NH_VA ADDR=0x20000000000000'],
    [{ opcode: 'TLBI_S2_IPA', iova: '0xffffffffff000' }, 'TLBI_S2_IPA ADDR=0xffffffffff000'],
    [{ opcode: 'ATC_INV', sid: '8', iova: '0x4000', size_log2: '2' }, 'ATC_INV ADDR=0x4000 SID=8 SIZE=2'],
    [{ opcode: 'ATC_INV', sid: '8', ssid: '0', size_log2: '52' }, 'ATC_INV SID=8 SIZE=52 SSV=1'],
    [{ opcode: 'PREFETCH_CONFIG', sid: '8', size_log2: '1' }, 'PREFETCH_CONFIG SID=8 SIZE=1'],
    [{ opcode: 'TLBI_NH_ASID', asid: ' 7 ' }, 'TLBI_NH_ASID ASID=7'],
  ];
  it.each(cases)('%j', async (cells, expected) => {
    expect(await command(cells)).toBe(expected);
  });
});

describe('commands from their words', () => {
  const words = { cmd0: '0x3000000200012', cmd1: '0xfffdc701' };
  it('win, and agree with the columns beside them', async () => {
    const expected = 'TLBI_NH_VA ADDR=0xfffdc000 ASID=3 LEAF=1 SCALE=2 TG=1 TTL=3';
    expect(await command(words)).toBe(expected);
    expect(await command({ ...words, opcode: 'TLBI_NH_VA', asid: '3', iova: '0xfffdc000', num: '0' })).toBe(expected);
    expect(await command({ cmd0: '0x46' })).toBe('SYNC');
    expect(await command({ cmd0: '0xFFFFFFFFFFFFFF50', cmd1: '0xffffffffffffffff' })).toBe('ILLEGAL_0x50 SSEC=1');
    expect(await command({ opcode: 'CFGI_ALL', cmd0: '0x4', cmd1: '0x1f' })).toBe('CFGI_STE_RANGE RANGE=31');
    expect(await command({ opcode: 'ATC_INV', cmd0: '0x800001840', ssid: '1' })).toBe('ATC_INV SID=8 SSID=1 SSV=1');
  });

  it.each([
    [
      { ...words, opcode: 'TLBI_NH_VAA' },
      'opcode to agree with the command\'s words, which say TLBI_NH_VA, found "TLBI_NH_VAA"',
    ],
    [{ ...words, asid: '4' }, 'asid to agree with the command\'s words, which say ASID=3, found "4"'],
    [
      { ...words, iova: '0xfffdd000' },
      'iova to agree with the command\'s words, which say 0xfffdc000, found "0xfffdd000"',
    ],
    [
      { opcode: 'CFGI_ALL', cmd0: '0x4', cmd1: '0x3' },
      'opcode to agree with the command\'s words, which say RANGE=3, found "CFGI_ALL"',
    ],
    [
      { opcode: 'CFGI_ALL', size_log2: '3' },
      'size_log2 to agree with the command\'s words, which say RANGE=31, found "3"',
    ],
    [{ cmd0: '0x800001040', ssid: '1' }, 'ssid to agree with the command\'s words, which say SSV=0, found "1"'],
  ])('%j is a contradiction', async (cells, sentence) => {
    expect(await commandProblem(cells)).toBe(`2: expected ${sentence}`);
  });
});

describe('wrong commands', () => {
  it.each([
    [{ opcode: '' }, 'an opcode or cmd0 and cmd1 on a cmd row, found neither'],
    [{ cmd1: '0x1' }, 'cmd0 together with cmd1, found cmd1 alone'],
    [{ cmd0: '12' }, 'cmd0 as a 64-bit word 0x…, found "12"'],
    [{ cmd0: '0x12', cmd1: '0x11112222333344445' }, 'cmd1 as a 64-bit word 0x…, found "0x11112222333344445"'],
    [{ opcode: '256' }, 'opcode as an integer from 0 to 255, found "256"'],
    [{ opcode: 'TLBI_NH_VA', num: '32' }, 'num as an integer from 0 to 31, found "32"'],
    [{ opcode: 'TLBI_NH_VA', leaf: '2' }, 'leaf as an integer from 0 to 1, found "2"'],
    [{ opcode: 'TLBI_NH_VA', asid: '-1' }, 'asid as an integer from 0 to 65535, found "-1"'],
    [{ opcode: 'TLBI_NH_VA', asid: '1e3' }, 'asid as an integer from 0 to 65535, found "1e3"'],
    [
      { opcode: 'TLBI_NH_VA', iova: '0x1001' },
      'iova of a command as a multiple of 4096 (ADDR has no lower bits), found "0x1001"',
    ],
    [
      { opcode: 'TLBI_NH_VA', iova: '18446744073709551616' },
      'iova as a 64-bit address, decimal or 0x…, found "18446744073709551616"',
    ],
    [
      { opcode: 'TLBI_S2_IPA', iova: '0x10000000000000' },
      'iova below 2^52 (ADDR of this command has no higher bits), found "0x10000000000000"',
    ],
    [{ opcode: 'TLBI_NH_VAA', asid: '1' }, 'no asid on TLBI_NH_VAA, which has no such field, found "1"'],
    [{ opcode: 'TLBI_NH_ASID', size_log2: '1' }, 'no size_log2 on TLBI_NH_ASID, which has no such field, found "1"'],
    [{ opcode: '0x50', sid: '1' }, 'no sid on ILLEGAL_0x50, which has no such field, found "1"'],
    [{ opcode: 'SYNC', access: 'r' }, 'an empty access on a cmd row, found "r"'],
    [{ opcode: 'SYNC', vcpu: 'x' }, 'vcpu as an integer from 0 to 2147483647, found "x"'],
  ])('%j', async (cells: Record<string, string>, sentence) => {
    expect(await commandProblem(cells)).toBe(`2: expected ${sentence}`);
  });
});

describe('dma', () => {
  const HEADER = 'time_ns,event,sid,ssid,asid,vmid,iova,tg,access,page_size,outcome';
  it('takes every column', async () => {
    expect(await rows(HEADER, '5,dma,0x8,1,2,3,0xfffffffffffffabc,3,rw,65536,miss')).toMatchObject([
      {
        kind: EventKind.Dma,
        timeNs: 5,
        sid: 8,
        ssid: 1,
        asid: 2,
        vmid: 3,
        iovaPage: 2 ** 52 - 1,
        iovaOffset: 0xabc,
        granuleLog2: 16,
        access: Access.ReadWrite,
        pageSizeLog2: 16,
        outcome: Outcome.Miss,
        flags: 0,
      },
    ]);
  });

  it('leaves absent what is empty', async () => {
    const absent = { sid: -1, ssid: -1, asid: -1, granuleLog2: 0, access: 0, pageSizeLog2: 0, outcome: 0 };
    expect(await rows(HEADER, '5,dma,,,,7,4096,,,,')).toMatchObject([{ ...absent, vmid: 7, iovaPage: 1 }]);
  });

  it.each([
    ['r', Access.Read, 0],
    ['read', Access.Read, 0],
    ['w', Access.Write, 0],
    ['write', Access.Write, 0],
    ['msi', Access.Write, EventFlag.Msi],
  ])('access %s', async (text, access, flags) => {
    expect(await rows('time_ns,event,iova,access', `0,dma,0,${text}`)).toMatchObject([{ access, flags }]);
  });

  it.each([
    ['0,dma,8,,,,,,,,', 'an iova on a dma row, found an empty cell'],
    ['0,dma,8,,,,0x1g,,,,', 'iova as a 64-bit address, decimal or 0x…, found "0x1g"'],
    ['0,dma,4294967296,,,,0,,,,', 'sid as an integer from 0 to 4294967295, found "4294967296"'],
    ['0,dma,8,1048576,,,0,,,,', 'ssid as an integer from 0 to 1048575, found "1048576"'],
    ['0,dma,8,,,,0,4,,,', 'tg as an integer from 0 to 3, found "4"'],
    ['0,dma,8,,,,0,,x,,', 'access r, w, rw or msi, found "x"'],
    ['0,dma,8,,,,0,,,4097,', 'page_size in bytes as a power of two from 4096 to 2^63, found "4097"'],
    ['0,dma,8,,,,0,,,2048,', 'page_size in bytes as a power of two from 4096 to 2^63, found "2048"'],
    [
      '0,dma,8,,,,0,,,9007199254740993,',
      'page_size in bytes as a power of two from 4096 to 2^63, found "9007199254740993"',
    ],
    ['0,dma,8,,,,0,,,,maybe', 'outcome hit, miss, fault, bypass, abort, disabled or nothing, found "maybe"'],
  ])('%s', async (line, sentence) => {
    expect(await problem(HEADER, line)).toBe(`2: expected ${sentence}`);
  });
});

describe('map and unmap', () => {
  it('default to one page of 4 KiB', async () => {
    expect(
      await rows('time_ns,event,sid,asid,iova,num,page_size', '0,map,8,1,0x1000,,', '1,unmap,8,1,0x200000,3,2097152'),
    ).toMatchObject([
      { kind: EventKind.Map, pages: 1, pageSizeLog2: 12, iovaPage: 1 },
      { kind: EventKind.Unmap, pages: 3, pageSizeLog2: 21, iovaPage: 512 },
    ]);
    expect(await problem('time_ns,event,iova,num', '0,map,0,0')).toBe(
      '2: expected num as an integer from 1 to 4503599627370496, found "0"',
    );
  });
});

describe('times', () => {
  it.each([
    ['', 'an empty cell'],
    ['-1', '"-1"'],
    ['1.5', '"1.5"'],
    ['1e3', '"1e3"'],
    ['0x10', '"0x10"'],
    ['9007199254740992', '"9007199254740992"'],
    ['99999999999999999999', '"99999999999999999999"'],
  ])('%j is refused', async (time, found) => {
    expect(await problem('time_ns,event', `${time},doorbell`)).toBe(
      `2: expected time_ns as an integer of ns from 0 to 2^53 - 1, found ${found}`,
    );
  });

  it('up to 2^53 - 1 are exact', async () => {
    expect(await rows('time_ns,event', '9007199254740991,doorbell')).toMatchObject([{ timeNs: 2 ** 53 - 1 }]);
  });
});

describe('text', () => {
  it('may have a BOM, CR LF, quotes, blanks, blank lines, any column order and columns of its own', async () => {
    const text = '\ufeffx_note,"event", time_ns ,queue\r\n"a, ""b""\nc",doorbell, 5 ,1\r\n\r\n,"sync-done",6,\r\n';
    const { trace, batches } = await readContent(text);
    expect(rowsOf(batches)).toMatchObject([
      { kind: EventKind.Doorbell, timeNs: 5, queue: 1 },
      { kind: EventKind.SyncDone, timeNs: 6, queue: 0 },
    ]);
    expect([...batches[0].line.subarray(0, 2)]).toEqual([2, 5]);
    expect(trace.statistics.lines).toBe(5);
  });

  it('may end lines in CR LF behind quotes, in chunks of any size', async () => {
    for (const chunkBytes of [1, 7, 64]) {
      const { batches } = await readContent('"time_ns","event"\r\n"5","doorbell"\r\n', { chunkBytes });
      expect(rowsOf(batches)).toMatchObject([{ kind: EventKind.Doorbell, timeNs: 5 }]);
    }
  });

  it('with a wrong quote is refused with its line', async () => {
    expect(await problem('time_ns,event', '0,doorbell', '1,door"bell')).toMatch(
      /^3: expected well-formed CSV, found a misplaced quote/,
    );
  });

  it('gives identical events in chunks of any size', async () => {
    const path = tracePath('csv/ats-four-devices.csv');
    const whole = rowsOf((await readTrace(path)).batches);
    for (const chunkBytes of [1, 7, 64]) {
      expect(rowsOf((await readTrace(path, { chunkBytes })).batches)).toEqual(whole);
    }
  });
});

describe('lenient', () => {
  it('skips and counts malformed rows', async () => {
    const text = 'time_ns,event,opcode\n5,cmd,SYNC\n4,cmd,SYNC\n6,cmd,NO\n7,cmd\n8,"cmd"x,SYNC\n9,cmd,SYNC\n';
    const { trace, batches } = await readContent(text, { lenient: true });
    expect(summaryOf(batches)).toEqual(['cmd v-1 SYNC', 'cmd v-1 SYNC']);
    expect(trace.statistics.skippedRows).toBe(4);
    expect(trace.statistics.lossy).toEqual([{ line: 3, what: 'malformed row: skipped', count: 4 }]);
  });

  it('leaves nothing of a skipped row behind', async () => {
    const text = 'time_ns,event,sid,asid,iova,access,outcome\n5,dma,8,9,0x1abc,msi,bad\n6,doorbell,,,,,\n';
    const { batches } = await readContent(text, { lenient: true });
    const clean = await readContent('time_ns,event\n6,doorbell\n');
    expect(rowsOf(batches)).toEqual(rowsOf(clean.batches));
  });

  it('does not forgive the header, and refuses a file of nothing but mistakes', async () => {
    expect(await failureOf('time_ns,event,opcod\n0,cmd,SYNC\n', { lenient: true })).toContain(
      'found opcod; did you mean',
    );
    expect(await failureOf('time_ns,event\nx,doorbell\n', { lenient: true })).toBe(
      'TraceFormatError: <stdin>: expected at least one csv event, found none in 2 lines (1 malformed and skipped)',
    );
  });
});

describe('samples', () => {
  it('raw-words.csv: words and fields make the same command', async () => {
    const { batches } = await readTrace(tracePath('csv/raw-words.csv'));
    const same = 'cmd v1 TLBI_NH_VA ADDR=0xfffdc000 ASID=3 LEAF=1 SCALE=2 TG=1 TTL=3';
    expect(summaryOf(batches)).toEqual([
      'cmd v0 CFGI_STE_RANGE RANGE=31',
      'cmd v0 TLBI_NSNH_ALL',
      'cmd v0 SYNC',
      'doorbell v0',
      'sync-done v0',
      same,
      same,
      'cmd v1 ILLEGAL_0x50',
      'cmd v1 SYNC',
      'doorbell v1',
    ]);
  });

  it('ats-four-devices.csv: each unmap is one TLBI and then one ATC_INV per device', async () => {
    const { batches } = await readTrace(tracePath('csv/ats-four-devices.csv'));
    const commands = summaryOf(batches).filter((line) => line.startsWith('cmd v0') || line.startsWith('cmd v1'));
    expect(commands).toHaveLength(8 * (1 + 1 + 4 + 1));
    expect(commands.slice(2, 6)).toEqual(
      [8, 16, 24, 32].map((sid) => `cmd v0 ATC_INV ADDR=0x10000000 SID=${sid} SIZE=2`),
    );
  });
});
