/**
 * Does the one encoder and decoder of commands place every field of every opcode where the architecture has it?
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  ATC_SIZE_ALL,
  asidOf,
  atcPages,
  atcSizeOf,
  type CommandFields,
  type CommandWords,
  cfgiRangeOf,
  decodeCommand,
  encodeCommand,
  globalOf,
  isAddressTlbi,
  leafOf,
  numOf,
  opcodeOf,
  pageOfCommand,
  reservedCombinations,
  scaleOf,
  sidOf,
  ssidOf,
  ssvOf,
  tgOf,
  tlbiPages,
  ttlOf,
  vmidOf,
} from '../../src/trace/command.js';
import { fieldsOf } from '../../src/trace/command-fields.js';
import {
  OPCODE_NAMES,
  OPCODES,
  Opcode,
  opcodeByName,
  opcodeClass,
  opcodeKey,
  opcodeName,
} from '../../src/trace/opcodes.js';

/** dw0 and dw1 as 64-bit numbers, for comparison with hand-written hex. */
function dwords(words: CommandWords): [bigint, bigint] {
  return [(BigInt(words[1]) << 32n) | BigInt(words[0]), (BigInt(words[3]) << 32n) | BigInt(words[2])];
}

function wordsFrom(dw0: bigint, dw1: bigint): CommandWords {
  const low = (value: bigint) => Number(value & 0xffffffffn);
  return [low(dw0), low(dw0 >> 32n), low(dw1), low(dw1 >> 32n)];
}

const word = fc.integer({ min: 0, max: 0xffffffff });

/** Random values for all fields of an opcode. */
function fieldValues(opcode: number): fc.Arbitrary<CommandFields> {
  const entries = fieldsOf(opcode)
    .filter(({ name }) => name !== 'OP')
    .map(({ name, bits }) => [name, fc.bigInt({ min: 0n, max: (1n << BigInt(bits)) - 1n }).map(Number)]);
  return fc.record(Object.fromEntries(entries)) as fc.Arbitrary<CommandFields>;
}

describe.each(OPCODE_NAMES)('%s', (name) => {
  const opcode = OPCODES[name];

  it('decodes what it encodes, for any field values', () => {
    fc.assert(
      fc.property(fieldValues(opcode), (fields) => {
        expect(decodeCommand(encodeCommand(opcode, fields))).toEqual({ ...fields, OP: opcode });
      }),
    );
  });

  it('keeps every defined bit of random words and clears the rest', () => {
    let defined0 = 0n;
    let defined1 = 0n;
    for (const { word: index, low, bits } of fieldsOf(opcode)) {
      const mask = ((1n << BigInt(bits)) - 1n) << BigInt(low);
      expect((index === 0 ? defined0 : defined1) & mask, 'fields overlap').toBe(0n);
      if (index === 0) defined0 |= mask;
      else defined1 |= mask;
    }
    fc.assert(
      fc.property(word, word, word, word, (a, b, c, d) => {
        const words: CommandWords = [((a & 0xffffff00) | opcode) >>> 0, b, c, d];
        const [dw0, dw1] = dwords(words);
        const kept = dwords(encodeCommand(opcode, decodeCommand(words)));
        expect(kept).toEqual([dw0 & defined0, dw1 & defined1]);
      }),
    );
  });

  it('is read alike by the hot functions and by decodeCommand', () => {
    fc.assert(
      fc.property(fieldValues(opcode), (fields) => {
        const [c0Low, c0High, c1Low, c1High] = encodeCommand(opcode, fields);
        const hot: CommandFields = {
          OP: opcodeOf(c0Low),
          SID: sidOf(c0High),
          SSID: ssidOf(c0Low),
          SSV: Number(ssvOf(c0Low)),
          GLOBAL: Number(globalOf(c0Low)),
          VMID: vmidOf(c0High),
          ASID: asidOf(c0High),
          NUM: numOf(c0Low),
          SCALE: scaleOf(c0Low),
          TG: tgOf(c1Low),
          TTL: ttlOf(c1Low),
          LEAF: Number(leafOf(c1Low)),
          RANGE: cfgiRangeOf(c1Low),
          ADDR: pageOfCommand(c1Low, c1High),
        };
        if (opcode === Opcode.ATC_INV) hot.SIZE = atcSizeOf(c1Low);
        for (const [field, value] of Object.entries(decodeCommand([c0Low, c0High, c1Low, c1High]))) {
          if (field in hot) expect(hot[field as keyof CommandFields], field).toBe(value);
        }
      }),
    );
  });
});

describe('exact encodings (facts L §1.2, and words that a Linux guest really sent)', () => {
  const cases: [title: string, opcode: number, fields: CommandFields, dw0: bigint, dw1: bigint][] = [
    [
      'NH_VA of 4 pages, from ftrace',
      Opcode.TLBI_NH_VA,
      { ASID: 3, SCALE: 2, TG: 1, TTL: 3, LEAF: 1, ADDR: 0xfffdc },
      0x3000000200012n,
      0xfffdc701n,
    ],
    [
      'NH_VA of 6 pages',
      Opcode.TLBI_NH_VA,
      { VMID: 0x1234, ASID: 0xabcd, NUM: 2, SCALE: 1, TG: 1, ADDR: 0xfedcba9876543 },
      0xabcd_1234_0010_2012n,
      0xfedc_ba98_7654_3400n,
    ],
    ['CFGI_STE leaf', Opcode.CFGI_STE, { SID: 0x80000010, LEAF: 1 }, 0x80000010_00000003n, 1n],
    ['CFGI_ALL', Opcode.CFGI_STE_RANGE, { RANGE: 31 }, 4n, 31n],
    ['CFGI_CD', Opcode.CFGI_CD, { SID: 8, SSID: 0xfffff, LEAF: 1 }, 0x8_fffff005n, 1n],
    ['NH_ASID', Opcode.TLBI_NH_ASID, { VMID: 1, ASID: 2 }, 0x0002_0001_0000_0011n, 0n],
    ['S2_IPA', Opcode.TLBI_S2_IPA, { VMID: 1, TG: 1, TTL: 2, LEAF: 1, ADDR: 0xff600 }, 0x1_0000002an, 0xff600601n],
    ['ATC_INV with SSID', Opcode.ATC_INV, { SID: 8, SSID: 1, SSV: 1, SIZE: 2, ADDR: 0x10 }, 0x8_00001840n, 0x10002n],
    ['ATC_INV global, all', Opcode.ATC_INV, { SID: 8, GLOBAL: 1, SIZE: ATC_SIZE_ALL }, 0x8_00000240n, 52n],
    ['PREFETCH_CONFIG', Opcode.PREFETCH_CONFIG, { SID: 0x10 }, 0x10_00000001n, 0n],
    ['PRI_RESP success', Opcode.PRI_RESP, { SID: 8, SSID: 3, SSV: 1, GRPID: 0x1ff, RESP: 2 }, 0x8_00003841n, 0x21ffn],
    ['RESUME retry', Opcode.RESUME, { SID: 8, RESP: 1, STAG: 0xbeef }, 0x8_00001044n, 0xbeefn],
    [
      'SYNC with MSI',
      Opcode.SYNC,
      { CS: 1, MSH: 3, MSIATTR: 15, MSIDATA: 0xdeadbeef, MSIADDR: 0x1000 / 4 },
      0xdeadbeef_0fc01046n,
      0x1000n,
    ],
    ['secure SYNC', Opcode.SYNC, { SSEC: 1 }, 0x446n, 0n],
  ];
  it.each(cases)('%s', (_, opcode, fields, dw0, dw1) => {
    expect(dwords(encodeCommand(opcode, fields))).toEqual([dw0, dw1]);
    expect(decodeCommand(wordsFrom(dw0, dw1))).toMatchObject({ OP: opcode, ...fields });
  });

  it('refuses a field that the command lacks and a value that does not fit', () => {
    expect(() => encodeCommand(Opcode.SYNC, { ASID: 1 })).toThrow('opcode 0x46 has no field ASID');
    expect(() => encodeCommand(Opcode.TLBI_NH_VA, { NUM: 32 })).toThrow('NUM=32 does not fit in 5 bits');
    expect(() => encodeCommand(Opcode.TLBI_NH_VA, { ASID: -1 })).toThrow('ASID=-1 does not fit in 16 bits');
    expect(() => encodeCommand(Opcode.TLBI_NH_VA, { ASID: 0.5 })).toThrow('ASID=0.5 does not fit in 16 bits');
  });
});

describe('covered pages', () => {
  it('O13: TG=0 is one page of 4 KiB whatever NUM and SCALE say', () => {
    const small = fc.integer({ min: 0, max: 31 });
    fc.assert(
      fc.property(small, small, (NUM, SCALE) => {
        const [c0Low, , c1Low] = encodeCommand(Opcode.TLBI_NH_VA, { NUM, SCALE, TG: 0 });
        expect(tlbiPages(c0Low, c1Low)).toBe(1);
      }),
    );
  });

  it.each([
    [1, 0, 0, 1],
    [1, 2, 1, 6],
    [1, 31, 31, 2 ** 36],
    [2, 0, 0, 4],
    [3, 0, 0, 16],
    [3, 1, 4, 512],
  ])('TG=%i NUM=%i SCALE=%i covers %i pages of 4 KiB', (TG, NUM, SCALE, pages) => {
    const [c0Low, , c1Low] = encodeCommand(Opcode.TLBI_NH_VA, { NUM, SCALE, TG });
    expect(tlbiPages(c0Low, c1Low)).toBe(pages);
  });

  it('ATC SIZE counts 4 KiB pages as a power of two; 52 is the whole address space', () => {
    const pages = (SIZE: number) => atcPages(encodeCommand(Opcode.ATC_INV, { SIZE })[2]);
    expect([0, 1, 9, 52, 63].map(pages)).toEqual([1, 2, 512, 2 ** 52, 2 ** 52]);
  });

  it('knows which TLBIs name an address', () => {
    const names = OPCODE_NAMES.filter((name) => isAddressTlbi(OPCODES[name]));
    expect(names).toEqual(['TLBI_NH_VA', 'TLBI_NH_VAA', 'TLBI_EL3_VA', 'TLBI_EL2_VA', 'TLBI_EL2_VAA', 'TLBI_S2_IPA']);
  });
});

describe('reserved combinations', () => {
  const cases: [title: string, words: CommandWords, found: string[]][] = [
    ['a clean range', encodeCommand(Opcode.TLBI_NH_VA, { NUM: 1, TG: 1, TTL: 3 }), []],
    ['a clean single page', encodeCommand(Opcode.TLBI_NH_VA, {}), []],
    ['TG=0 with NUM', encodeCommand(Opcode.TLBI_NH_VA, { NUM: 1 }), ['TG=0 with NUM, SCALE or TTL non-zero']],
    ['TG=0 with TTL', encodeCommand(Opcode.TLBI_NH_VAA, { TTL: 1 }), ['TG=0 with NUM, SCALE or TTL non-zero']],
    ['TG alone', encodeCommand(Opcode.TLBI_NH_VA, { TG: 1 }), ['TG non-zero with NUM=SCALE=TTL=0']],
    ['ATC_INV SIZE=53', encodeCommand(Opcode.ATC_INV, { SIZE: 53 }), ['ATC_INV SIZE=53 above 52']],
    ['SYNC CS=3', encodeCommand(Opcode.SYNC, { CS: 3 }), ['CMD_SYNC CS=3']],
    ['RESUME RESP=3', encodeCommand(Opcode.RESUME, { RESP: 3 }), ['RESP=3']],
    ['PRI_RESP RESP=3', encodeCommand(Opcode.PRI_RESP, { RESP: 3 }), ['RESP=3']],
    ['a reserved bit', [0x46 | 0x800, 0, 0, 0], ['reserved bits set']],
    ['an unknown opcode', [0x50, 0, 0, 0], ['opcode 0x50 is not defined']],
  ];
  it.each(cases)('%s', (_, words, found) => {
    expect(reservedCombinations(words)).toEqual(found);
  });
});

describe('opcode names', () => {
  it('go both ways, with and without CMD_', () => {
    for (const name of OPCODE_NAMES) {
      expect(opcodeByName(name)).toBe(OPCODES[name]);
      expect(opcodeByName(`cmd_${name.toLowerCase()}`)).toBe(OPCODES[name]);
      expect(opcodeName(OPCODES[name])).toBe(name);
      expect(opcodeClass(OPCODES[name])).toBeDefined();
    }
    expect(opcodeByName('CFGI_ALL')).toBe(Opcode.CFGI_STE_RANGE);
    expect(opcodeByName('PREFETCH_CFG')).toBe(Opcode.PREFETCH_CONFIG);
  });

  it('are undefined for numbers that the architecture does not define', () => {
    const defined = new Set(OPCODE_NAMES.map((name) => OPCODES[name] as number));
    for (let opcode = 0; opcode < 256; opcode++) {
      expect(opcodeName(opcode) !== undefined).toBe(defined.has(opcode));
      expect(opcodeClass(opcode) !== undefined).toBe(defined.has(opcode));
    }
    expect(opcodeKey(0x50)).toBe('ILLEGAL_0x50');
    expect(opcodeByName('TLBI')).toBeUndefined();
    expect(opcodeByName('toString')).toBeUndefined();
  });
});
