/** Question: does each rule of QEMU's IOTLB hold, at its edge (M §2.1, M §2.2, DETAILS.md items 1–6)? */
import { describe, expect, test } from 'vitest';
import { qemuEraOf } from '../../../src/analysis/oracle/qemu-era.js';
import { QemuIotlb } from '../../../src/analysis/oracle/qemu-iotlb.js';
import { type CommandFields, encodeCommand } from '../../../src/trace/command.js';
import { Opcode } from '../../../src/trace/opcodes.js';

const K4 = 12;
const K16 = 14;
const K64 = 16;

function iotlbOf(version: string, entries?: number): QemuIotlb {
  const iotlb = new QemuIotlb(entries);
  iotlb.era = qemuEraOf(version);
  return iotlb;
}

function execute(iotlb: QemuIotlb, opcode: number, fields: CommandFields = {}): void {
  iotlb.execute(...encodeCommand(opcode, fields));
}

describe('lookup and fill', () => {
  test('a block serves every page in it and none beside it, at every level of every granule', () => {
    const sizes: [granule: number, sizeLog2: number][] = [
      [K4, 12],
      [K4, 21],
      [K4, 30],
      [K4, 39],
      [K16, 14],
      [K16, 25],
      [K16, 36],
      [K64, 16],
      [K64, 29],
      [K64, 42],
    ];
    for (const [granule, sizeLog2] of sizes) {
      const iotlb = iotlbOf('7.2');
      const pages = 2 ** (sizeLog2 - 12);
      iotlb.fill(1, -1, 5 * pages + pages - 1, granule, sizeLog2);
      expect(iotlb.lookup(1, -1, 5 * pages, granule)).toBe(true);
      expect(iotlb.lookup(1, -1, 6 * pages - 1, granule)).toBe(true);
      expect(iotlb.lookup(1, -1, 5 * pages - 1, granule)).toBe(false);
      expect(iotlb.lookup(1, -1, 6 * pages, granule)).toBe(false);
      expect(iotlb.lookup(2, -1, 5 * pages, granule)).toBe(false);
      expect(iotlb.occupancy).toBe(1);
    }
  });

  test('the granule is part of the key; an unknown granule finds any', () => {
    const iotlb = iotlbOf('7.2');
    iotlb.fill(1, -1, 16, K16, K16);
    expect(iotlb.lookup(1, -1, 16, K4)).toBe(false);
    expect(iotlb.lookup(1, -1, 16, K64)).toBe(false);
    expect(iotlb.lookup(1, -1, 19, K16)).toBe(true);
    expect(iotlb.lookup(1, -1, 19, 0)).toBe(true);
  });

  test('a page size between two levels is one entry of the finer level', () => {
    const iotlb = iotlbOf('7.2');
    iotlb.fill(1, -1, 3, K4, 16);
    expect(iotlb.lookup(1, -1, 3, K4)).toBe(true);
    expect(iotlb.lookup(1, -1, 4, K4)).toBe(false);
  });

  test('the VMID is part of the key from 8.1 on, and is not before', () => {
    for (const [version, isShared] of [
      ['7.2', true],
      ['8.x', false],
      ['10.x', false],
    ] as const) {
      const iotlb = iotlbOf(version);
      iotlb.fill(1, 4, 9, K4, K4);
      expect(iotlb.lookup(1, 5, 9, K4)).toBe(isShared);
    }
  });

  test('an insert that finds the table full empties it first, even for a key that is present', () => {
    const iotlb = iotlbOf('7.2');
    for (let page = 0; page < 256; page++) iotlb.fill(1, -1, page, K4, K4);
    expect([iotlb.occupancy, iotlb.overflows]).toEqual([256, 0]);
    iotlb.fill(1, -1, 7, K4, K4);
    expect([iotlb.occupancy, iotlb.overflows]).toEqual([1, 1]);
    expect(iotlb.lookup(1, -1, 7, K4)).toBe(true);
    expect(iotlb.lookup(1, -1, 8, K4)).toBe(false);
  });

  test('re-inserting below the limit takes no second entry', () => {
    const iotlb = iotlbOf('7.2');
    iotlb.fill(1, -1, 7, K4, K4);
    iotlb.fill(1, -1, 7, K4, K4);
    expect(iotlb.occupancy).toBe(1);
  });
});

describe('range invalidation', () => {
  test('one 4K page inside a 2M block removes the block', () => {
    const iotlb = iotlbOf('7.2');
    iotlb.fill(1, -1, 512, K4, 21);
    execute(iotlb, Opcode.TLBI_NH_VA, { ASID: 1, ADDR: 1023, TG: 1, TTL: 3 });
    expect(iotlb.occupancy).toBe(0);
  });

  test.each([
    ['7.2', -1],
    ['8.x', 65535],
    ['10.x', -1],
    ['10.x', 4],
  ])('%s, VMID %i: the exact key ends the search, the block around a page stays', (version, vmid) => {
    const iotlb = iotlbOf(version);
    iotlb.fill(1, vmid, 512, K4, 21);
    iotlb.fill(1, vmid, 600, K4, 12);
    execute(iotlb, Opcode.TLBI_NH_VA, { ASID: 1, VMID: vmid === 4 ? 4 : 0, ADDR: 600, TG: 1, TTL: 3 });
    expect(iotlb.occupancy).toBe(1);
    expect(iotlb.lookup(1, vmid, 600, K4)).toBe(true);
  });

  test.each([
    ['TTL 0', { TG: 1, TTL: 0 }],
    ['two pages', { TG: 1, TTL: 3, NUM: 1 }],
    ['TG 0', { TG: 0, TTL: 3 }],
  ])('%s takes the scan, which removes page and block', (_, fields) => {
    const iotlb = iotlbOf('7.2');
    iotlb.fill(1, -1, 512, K4, 21);
    iotlb.fill(1, -1, 600, K4, 12);
    execute(iotlb, Opcode.TLBI_NH_VA, { ASID: 1, ADDR: 600, ...fields });
    expect(iotlb.occupancy).toBe(0);
  });

  test('O13: TG 0 is one 4K page whatever NUM and SCALE say', () => {
    const iotlb = iotlbOf('7.2');
    for (const page of [10, 11]) iotlb.fill(1, -1, page, K4, K4);
    execute(iotlb, Opcode.TLBI_NH_VA, { ASID: 1, ADDR: 10, TG: 0, NUM: 31, SCALE: 31 });
    expect([10, 11].map((page) => iotlb.lookup(1, -1, page, K4))).toEqual([false, true]);
  });

  test('0x40003..0x40009 removes just those six pages', () => {
    const iotlb = iotlbOf('7.2');
    for (let page = 0x40000; page < 0x40010; page++) iotlb.fill(1, -1, page, K4, K4);
    execute(iotlb, Opcode.TLBI_NH_VA, { ASID: 1, ADDR: 0x40003, TG: 1, NUM: 2, SCALE: 1 });
    const left = Array.from({ length: 16 }, (_, at) => iotlb.lookup(1, -1, 0x40000 + at, K4));
    expect(left.map(Number).join('')).toBe('1110000001111111');
  });

  test('counts in granules: 16K and 64K', () => {
    for (const [granule, tg] of [
      [K16, 2],
      [K64, 3],
    ] as const) {
      const step = 2 ** (granule - 12);
      const iotlb = iotlbOf('8.x');
      for (let at = 0; at < 8; at++) iotlb.fill(1, 65535, at * step, granule, granule);
      execute(iotlb, Opcode.TLBI_NH_VA, { ASID: 1, ADDR: 3 * step, TG: tg, NUM: 2, TTL: 3 });
      const left = Array.from({ length: 8 }, (_, at) => iotlb.lookup(1, 65535, at * step, granule));
      expect(left.map(Number).join('')).toBe('11100011');
    }
  });

  test('M §2.2: a start that the granule does not fit gives pieces of zero granules', () => {
    const iotlb = iotlbOf('7.2');
    for (const page of [0, 16, 32]) iotlb.fill(1, -1, page, K64, K64);
    // From 0x1000: 1, 2, 4 and 8 pages (below a granule: only entries that hold their start), then [16, 17).
    execute(iotlb, Opcode.TLBI_NH_VA, { ASID: 1, ADDR: 1, TG: 3, NUM: 0, TTL: 3 });
    expect([0, 16, 32].map((page) => iotlb.lookup(1, -1, page, K64))).toEqual([false, false, true]);
  });

  test('M §2.2: such a piece at address 0, behind a wrap-around, removes the whole ASID', () => {
    const iotlb = iotlbOf('7.2');
    iotlb.fill(1, -1, 12345, K4, K4);
    iotlb.fill(2, -1, 12345, K4, K4);
    execute(iotlb, Opcode.TLBI_NH_VA, { ASID: 1, ADDR: 2 ** 52 - 1, TG: 3, NUM: 0, TTL: 3 });
    expect(iotlb.lookup(1, -1, 12345, K4)).toBe(false);
    expect(iotlb.lookup(2, -1, 12345, K4)).toBe(true);
  });

  test('NH_VA needs the ASID, NH_VAA takes all', () => {
    const iotlb = iotlbOf('7.2');
    iotlb.fill(1, -1, 5, K4, K4);
    iotlb.fill(2, -1, 5, K4, K4);
    execute(iotlb, Opcode.TLBI_NH_VA, { ASID: 1, ADDR: 5, TG: 1, TTL: 3 });
    expect(iotlb.lookup(2, -1, 5, K4)).toBe(true);
    iotlb.fill(1, -1, 5, K4, K4);
    execute(iotlb, Opcode.TLBI_NH_VAA, { ADDR: 5, TG: 1, TTL: 3 });
    expect(iotlb.occupancy).toBe(0);
  });
});

describe('what else removes entries, by version', () => {
  /** ASID 1 and a stage-2 entry in VMIDs 4 and 5, all for page 9. Tells which are left, as `1.4`, `2.4` … */
  function survivors(version: string, opcode: number, fields: CommandFields): string {
    const iotlb = iotlbOf(version);
    const tags: [name: string, asid: number, vmid: number][] = [
      ['s1.4', 1, 4],
      ['s2.4', -1, 4],
      ['s1.5', 1, 5],
      ['s2.5', -1, 5],
    ];
    for (const [, asid, vmid] of tags) iotlb.fill(asid, vmid, 9, K4, K4);
    execute(iotlb, opcode, fields);
    return tags
      .filter(([, asid, vmid]) => iotlb.lookup(asid, vmid, 9, K4))
      .map(([name]) => name)
      .join(' ');
  }

  test.each([
    ['8.x', Opcode.TLBI_NH_ASID, { ASID: 1, VMID: 4 }, 's2.4 s2.5'],
    ['10.x', Opcode.TLBI_NH_ASID, { ASID: 1, VMID: 4 }, 's2.4 s1.5 s2.5'],
    ['8.x', Opcode.TLBI_NH_ALL, { VMID: 4 }, ''],
    ['9.x', Opcode.TLBI_NH_ALL, { VMID: 4 }, 's2.4 s1.5 s2.5'],
    ['8.x', Opcode.TLBI_NSNH_ALL, {}, ''],
    ['9.x', Opcode.TLBI_NSNH_ALL, {}, ''],
    ['8.x', Opcode.TLBI_S12_VMALL, { VMID: 4 }, 's1.5 s2.5'],
    ['9.x', Opcode.TLBI_S12_VMALL, { VMID: 4 }, 's1.5 s2.5'],
    ['8.x', Opcode.TLBI_S2_IPA, { VMID: 4, ADDR: 9, TG: 1, TTL: 3 }, 's1.5 s2.5'],
    ['9.x', Opcode.TLBI_S2_IPA, { VMID: 4, ADDR: 9, TG: 1, TTL: 3 }, 's1.4 s1.5 s2.5'],
    ['9.x', Opcode.TLBI_S2_IPA, { VMID: 4, ADDR: 8, TG: 1, NUM: 3 }, 's1.4 s1.5 s2.5'],
    ['9.x', Opcode.TLBI_NH_VA, { VMID: 4, ASID: 1, ADDR: 9, TG: 1, TTL: 3 }, 's2.4 s1.5 s2.5'],
    ['9.x', Opcode.TLBI_NH_VAA, { VMID: 4, ADDR: 9, TG: 1, TTL: 3 }, 's1.5 s2.5'],
  ])('%s opcode %i', (version, opcode, fields, expected) => {
    expect(survivors(version, opcode, fields)).toBe(expected);
  });

  test('7.2 does not know stage-2 commands', () => {
    const iotlb = iotlbOf('7.2');
    iotlb.fill(1, -1, 9, K4, K4);
    execute(iotlb, Opcode.TLBI_S2_IPA, { ADDR: 9, TG: 1, TTL: 3 });
    execute(iotlb, Opcode.TLBI_S12_VMALL);
    expect(iotlb.occupancy).toBe(1);
  });

  test.each(['8.x', '9.x'])('%s without stage 2: no VMID in the key, any VMID in a command matches', (version) => {
    const none = version === '8.x' ? 65535 : -1;
    for (const [opcode, fields] of [
      [Opcode.TLBI_NH_VA, { ASID: 1, ADDR: 9, TG: 1, TTL: 3 }],
      [Opcode.TLBI_NH_VA, { ASID: 1, ADDR: 9 }],
      [Opcode.TLBI_NH_ASID, { ASID: 1 }],
      [Opcode.TLBI_NH_ALL, {}],
    ] as const) {
      const iotlb = iotlbOf(version);
      iotlb.fill(1, none, 9, K4, K4);
      execute(iotlb, opcode, fields);
      expect(iotlb.occupancy).toBe(0);
    }
  });

  test('configuration commands, PREFETCH, SYNC, ATC_INV and EL2 TLBIs leave the IOTLB alone', () => {
    const iotlb = iotlbOf('10.x');
    iotlb.fill(1, 0, 9, K4, K4);
    for (const opcode of [0x01, 0x03, 0x04, 0x05, 0x06, 0x20, 0x21, 0x22, 0x40, 0x46]) execute(iotlb, opcode);
    expect(iotlb.occupancy).toBe(1);
  });
});

describe('qemuEraOf', () => {
  test.each([
    ['6.2', '6.0'],
    ['7.2', '6.0'],
    ['8.0', '6.0'],
    ['8.1', '8.1'],
    ['8.x', '8.1'],
    ['9.0', '8.1'],
    ['9.1', '9.1'],
    ['9.x', '9.1'],
    ['10.x', '9.1'],
    ['', '9.1'],
  ])('%s behaves as since %s', (version, since) => {
    expect(qemuEraOf(version).since).toBe(since);
  });
});
