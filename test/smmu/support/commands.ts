/**
 * Random small worlds for property tests: a few pages and ids per script, so that commands meet entries, drawn from all
 * over the legal ranges, so that no value is safe from being drawn.
 */
import fc from 'fast-check';
import { type CommandWords, encodeCommand } from '../../../src/trace/command.js';
import { Opcode } from '../../../src/trace/opcodes.js';

/** What the translations and commands of one script may name. */
export interface World {
  readonly pages: readonly number[];
  readonly sizes: readonly number[];
  readonly asids: readonly number[];
  readonly vmids: readonly number[];
  readonly sids: readonly number[];
  /** −1 = none. */
  readonly ssids: readonly number[];
}

const LAST_PAGE = 2 ** 52 - 1;

/** 4 KiB page numbers; the bottom, the top and the seams of the 64-bit address space are among them. */
const anchor: fc.Arbitrary<number> = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(0, 0xffff0, 0x100000) },
  { weight: 1, arbitrary: fc.constantFrom(LAST_PAGE, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1, 2 ** 32) },
  { weight: 1, arbitrary: fc.integer({ min: 0, max: 51 }).map((bit) => 2 ** bit) },
  { weight: 1, arbitrary: fc.maxSafeNat().map((number) => number % (LAST_PAGE + 1)) },
);
const offset = fc.constantFrom(0, 1, 2, 3, 5, 15, 16, 17, 511, 512, 513, 2 ** 18, 2 ** 27, -1, -2, -16, -512);

const pages: fc.Arbitrary<number[]> = fc
  .tuple(anchor, anchor, fc.array(offset, { minLength: 1, maxLength: 9, size: 'max' }))
  .map(([one, other, offsets]) =>
    offsets.map((delta, index) => Math.min(LAST_PAGE, Math.max(0, (index % 3 === 2 ? other : one) + delta))),
  );

const some = <T>(from: readonly T[], most: number): fc.Arbitrary<T[]> =>
  fc.uniqueArray(fc.constantFrom(...from), { minLength: 1, maxLength: most });

/** A random world. */
export const world: fc.Arbitrary<World> = fc.record({
  pages,
  sizes: some([12, 12, 12, 12, 14, 16, 21, 25, 29, 30, 36, 39, 42, 47, 64], 3),
  asids: some([0, 1, 7, 65535], 2),
  vmids: some([0, 3, 65535], 2),
  sids: some([0, 8, 9, 0xffffffff], 2),
  ssids: some([-1, -1, 0, 1, 0xfffff], 2),
});

/** Commands that act on translations of `of`. */
export function tlbi(of: World): fc.Arbitrary<CommandWords> {
  const asid = fc.constantFrom(...of.asids);
  const vmid = fc.constantFrom(...of.vmids);
  const address = fc.record({
    NUM: fc.constantFrom(0, 0, 0, 1, 2, 30, 31),
    SCALE: fc.constantFrom(0, 0, 0, 0, 1, 5, 9, 31),
    TG: fc.constantFrom(0, 1, 1, 1, 2, 3),
    TTL: fc.constantFrom(0, 1, 2, 3),
    LEAF: fc.constantFrom(0, 1),
    ADDR: fc
      .tuple(fc.constantFrom(...of.pages), fc.constantFrom(0, 0, 0, 1, -1, -3))
      .map(([page, delta]) => Math.min(LAST_PAGE, Math.max(0, page + delta))),
  });
  const va = fc
    .tuple(address, asid, vmid)
    .map(([fields, ASID, VMID]) => encodeCommand(Opcode.TLBI_NH_VA, { ...fields, ASID, VMID }));
  return fc.oneof(
    { weight: 12, arbitrary: va },
    {
      weight: 3,
      arbitrary: fc
        .tuple(address, vmid)
        .map(([fields, VMID]) => encodeCommand(Opcode.TLBI_NH_VAA, { ...fields, VMID })),
    },
    {
      weight: 3,
      arbitrary: fc
        .tuple(address, vmid)
        .map(([fields, VMID]) => encodeCommand(Opcode.TLBI_S2_IPA, { ...fields, VMID, ADDR: fields.ADDR % 2 ** 40 })),
    },
    {
      weight: 3,
      arbitrary: fc.tuple(asid, vmid).map(([ASID, VMID]) => encodeCommand(Opcode.TLBI_NH_ASID, { ASID, VMID })),
    },
    { weight: 1, arbitrary: vmid.map((VMID) => encodeCommand(Opcode.TLBI_NH_ALL, { VMID })) },
    { weight: 1, arbitrary: vmid.map((VMID) => encodeCommand(Opcode.TLBI_S12_VMALL, { VMID })) },
    { weight: 1, arbitrary: fc.constant(encodeCommand(Opcode.TLBI_NSNH_ALL)) },
    { weight: 1, arbitrary: asid.map((ASID) => encodeCommand(Opcode.TLBI_EL2_ASID, { ASID })) },
  );
}

/** ATC_INV to streams of `of`, with any size, PASID and GLOBAL. */
export function atcInv(of: World): fc.Arbitrary<CommandWords> {
  return fc
    .record({
      SID: fc.constantFrom(...of.sids),
      SSID: fc.constantFrom(...of.ssids).map((ssid) => Math.max(0, ssid)),
      SSV: fc.constantFrom(0, 1),
      GLOBAL: fc.constantFrom(0, 0, 0, 1),
      SIZE: fc.constantFrom(0, 0, 0, 1, 3, 9, 20, 40, 51, 52, 63),
      ADDR: fc.constantFrom(...of.pages),
    })
    .map((fields) => encodeCommand(Opcode.ATC_INV, fields));
}

/** Commands that act on configurations of `of`. */
export function cfgi(of: World): fc.Arbitrary<CommandWords> {
  const sid = fc.constantFrom(...of.sids);
  const ssid = fc.constantFrom(...of.ssids).map((one) => Math.max(0, one));
  return fc.oneof(
    sid.map((SID) => encodeCommand(Opcode.CFGI_STE, { SID })),
    sid.map((SID) => encodeCommand(Opcode.CFGI_CD_ALL, { SID })),
    fc.tuple(sid, ssid).map(([SID, SSID]) => encodeCommand(Opcode.CFGI_CD, { SID, SSID })),
    fc
      .tuple(sid, fc.constantFrom(0, 2, 3, 30, 31))
      .map(([SID, RANGE]) => encodeCommand(Opcode.CFGI_STE_RANGE, { SID, RANGE })),
  );
}

/** Any command, those that act on nothing here among them. */
export function anyCommand(of: World): fc.Arbitrary<CommandWords> {
  return fc.oneof(
    { weight: 8, arbitrary: tlbi(of) },
    { weight: 4, arbitrary: atcInv(of) },
    { weight: 3, arbitrary: cfgi(of) },
    {
      weight: 1,
      arbitrary: fc.constantFrom(Opcode.SYNC, Opcode.PREFETCH_CONFIG).map((opcode) => encodeCommand(opcode)),
    },
    { weight: 1, arbitrary: fc.constantFrom(0, 0xff, 0x7f).map((opcode): CommandWords => [opcode, 0, 0, 0]) },
  );
}
