/**
 * Does the model of QEMU's VT-d IOTLB predict every recorded hit and miss, its eight-bit mask included, and would it notice
 * if it were wrong (O53 for VT-d)?
 */
import { describe, expect, it, test } from 'vitest';
import { VtdIotlb } from '../../../src/analysis/oracle/vtd-iotlb.js';
import { VtdRecordedOracle } from '../../../src/analysis/oracle/vtd-recorded-oracle.js';
import { encodeCommand } from '../../../src/trace/command.js';
import { Opcode } from '../../../src/trace/opcodes.js';
import { readTrace, tracePath } from '../../support/traces.js';

const ONE_DOMAIN = 'vtd-onedomain-head.qemu-7.2.log.xz';
const REBIND = 'vtd-rebind-4ats-k61.qemu-7.2.log.xz';

async function oracleOf(name: string, options: ConstructorParameters<typeof VtdRecordedOracle>[0] = {}) {
  const { batches } = await readTrace(tracePath(name));
  const oracle = new VtdRecordedOracle(options);
  for (const batch of batches) oracle.consume(batch);
  return oracle.result;
}

describe('recordings', () => {
  test.each([
    [ONE_DOMAIN, 4332, 6208, { cold: 919, capacity: 0, invalidated: 5189, collateral: 100 }],
    [REBIND, 6959, 4544, { cold: 70, capacity: 0, invalidated: 4474, collateral: 0 }],
  ])('O53: no mismatch in IOTLB and context cache (%s)', async (name, hits, misses, causes) => {
    const { recorded, config } = await oracleOf(name);
    expect(recorded).toEqual({
      compared: hits + misses,
      hits,
      misses,
      mismatches: 0,
      first: [],
      misses_by_cause: causes,
    });
    expect(config).toMatchObject({ compared: misses, mismatches: 0 });
  });

  test('without the quirk the model is wrong by exactly the lookups that the report says', async () => {
    const right = await oracleOf(ONE_DOMAIN);
    const wrong = await oracleOf(ONE_DOMAIN, { quirk: false });
    expect(right.quirk).toEqual({ collateral_entries: 915, differing_lookups: 100, misses_without: 6108 });
    expect(wrong.recorded.mismatches).toBe(100);
    expect(wrong.quirk).toMatchObject({ collateral_entries: 0, differing_lookups: 0 });
  });

  test('a smaller table is wrong', async () => {
    expect((await oracleOf(ONE_DOMAIN, { entries: 64 })).recorded.mismatches).toBeGreaterThan(100);
  });
});

describe('the model', () => {
  const pages = (asid: number, page: number, log2 = 0) =>
    encodeCommand(Opcode.TLBI_NH_VA, { ASID: asid, ADDR: page, TG: log2 > 0 ? 1 : 0, SCALE: log2 });
  /** A table with these pages of requester 1, domain 5. */
  const tableOf = (held: readonly number[], quirk = true) => {
    const table = new VtdIotlb(1024, quirk);
    for (const page of held) table.fill(1, 5, page, 12);
    return table;
  };
  const left = (table: VtdIotlb, held: readonly number[]) => held.filter((page) => table.lookup(1, page));

  it('takes entries of the domain whose frames agree in the low eight bits', () => {
    const held = [0x12345, 0xff45, 0x12346, 0x45];
    const table = tableOf(held);
    table.execute(...pages(5, 0x12345));
    expect(left(table, held)).toEqual([0x12346]);
    expect(table.collateral).toBe(2);
    const exact = tableOf(held, false);
    exact.execute(...pages(5, 0x12345));
    expect(left(exact, held)).toEqual([0xff45, 0x12346, 0x45]);
  });

  it('with 2^8 pages and more takes the whole domain', () => {
    const held = [0x100, 0x200, 0x777];
    const table = tableOf(held);
    table.fill(2, 6, 0x300, 12);
    table.execute(...pages(5, 0x100, 8));
    expect(left(table, held)).toEqual([]);
    expect(table.lookup(2, 0x300)).toBe(true);
  });

  it('spares other domains; ATC_INV and SYNC do nothing', () => {
    const held = [1, 2];
    const table = tableOf(held);
    table.execute(...pages(6, 1));
    table.execute(...encodeCommand(Opcode.ATC_INV, { SID: 1, SIZE: 52 }));
    table.execute(...encodeCommand(Opcode.SYNC));
    expect(left(table, held)).toEqual(held);
    table.execute(...encodeCommand(Opcode.TLBI_NH_ASID, { ASID: 5 }));
    expect(left(table, held)).toEqual([]);
  });

  it('is emptied by the insert that finds it full', () => {
    const table = new VtdIotlb(4);
    for (let page = 0; page < 5; page++) table.fill(1, 5, page, 12);
    expect([table.occupancy, table.overflows]).toEqual([1, 1]);
    expect([table.missCause(1, 0), table.missCause(1, 9)]).toEqual(['capacity', 'cold']);
  });

  it('keeps requesters of one domain apart, and finds superpages', () => {
    const table = new VtdIotlb();
    table.fill(1, 5, 0x12345, 21);
    expect([table.lookup(1, 0x12200), table.lookup(1, 0x12400), table.lookup(2, 0x12200)]).toEqual([
      true,
      false,
      false,
    ]);
    // Only the base of a superpage counts besides the low eight bits.
    table.execute(...pages(5, 0x12345));
    expect(table.lookup(1, 0x12200)).toBe(false);
  });
});
