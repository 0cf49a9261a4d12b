/** Question: does the fast IOTLB agree with a slow one, whatever lookups, sizes and commands come (also O42, O50)? */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { qemuEraOf } from '../../../src/analysis/oracle/qemu-era.js';
import { QemuIotlb } from '../../../src/analysis/oracle/qemu-iotlb.js';
import { type CommandWords, encodeCommand } from '../../../src/trace/command.js';
import { Opcode } from '../../../src/trace/opcodes.js';
import { type Era, QemuTwin } from './qemu-twin.js';

interface Step {
  /** Absent: a translation. */
  readonly command?: CommandWords;
  readonly asid: number;
  readonly vmid: number;
  readonly page: number;
  readonly granule: number;
  readonly level: number;
}

/** Pages that collide often: near zero, around a 2 MiB border, far up, at the very top. */
const page = fc.oneof(
  { weight: 4, arbitrary: fc.nat({ max: 6 }) },
  { weight: 4, arbitrary: fc.integer({ min: 509, max: 514 }) },
  { weight: 2, arbitrary: fc.nat({ max: 40 }) },
  { weight: 1, arbitrary: fc.nat({ max: 2 ** 14 }) },
  { weight: 2, arbitrary: fc.nat({ max: 8 }).map((below) => 2 ** 52 - 1 - below) },
  { weight: 1, arbitrary: fc.integer({ min: 2 ** 36 - 8, max: 2 ** 36 + 8 }) },
);

const translation = (hasStage2: boolean): fc.Arbitrary<Step> =>
  fc.record({
    asid: hasStage2 ? fc.constantFrom(-1, 1, 2) : fc.constantFrom(1, 2),
    vmid: hasStage2 ? fc.constantFrom(0, 3) : fc.constant(-1),
    page,
    granule: fc.constantFrom(12, 12, 12, 14, 16),
    level: fc.constantFrom(1, 2, 2, 3, 3, 3, 3),
  });

const addressOpcodes = [
  Opcode.TLBI_NH_VA,
  Opcode.TLBI_NH_VA,
  Opcode.TLBI_NH_VA,
  Opcode.TLBI_NH_VAA,
  Opcode.TLBI_S2_IPA,
];
const addressCommand = fc
  .record({
    opcode: fc.constantFrom(...addressOpcodes),
    ADDR: page,
    TG: fc.constantFrom(0, 1, 1, 1, 2, 3),
    TTL: fc.constantFrom(0, 1, 2, 3, 3),
    NUM: fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, { weight: 2, arbitrary: fc.nat({ max: 31 }) }),
    SCALE: fc.oneof(
      { weight: 6, arbitrary: fc.constant(0) },
      { weight: 3, arbitrary: fc.nat({ max: 4 }) },
      { weight: 1, arbitrary: fc.nat({ max: 31 }) },
    ),
    ASID: fc.constantFrom(0, 1, 1, 2, 2),
    VMID: fc.constantFrom(0, 3),
  })
  .map(({ opcode, ASID, ADDR, ...fields }) => {
    if (opcode === Opcode.TLBI_NH_VA) return encodeCommand(opcode, { ...fields, ADDR, ASID });
    return encodeCommand(opcode, { ...fields, ADDR: opcode === Opcode.TLBI_S2_IPA ? ADDR % 2 ** 40 : ADDR });
  });

const wholeCommand = fc.oneof(
  fc
    .tuple(fc.constantFrom(1, 2), fc.constantFrom(0, 3))
    .map(([ASID, VMID]) => encodeCommand(Opcode.TLBI_NH_ASID, { ASID, VMID })),
  fc
    .tuple(fc.constantFrom(Opcode.TLBI_NH_ALL, Opcode.TLBI_S12_VMALL), fc.constantFrom(0, 3))
    .map(([opcode, VMID]) => encodeCommand(opcode, { VMID })),
  fc
    .constantFrom(Opcode.TLBI_NSNH_ALL, Opcode.CFGI_STE, Opcode.SYNC, Opcode.TLBI_EL2_ALL, Opcode.ATC_INV)
    .map((opcode) => encodeCommand(opcode)),
);

const asStep = (command: CommandWords): Step => ({ command, asid: 0, vmid: 0, page: 0, granule: 12, level: 3 });

function runBoth(era: Era, hasStage2: boolean, capacity: number, steps: readonly Step[]): void {
  const fast = new QemuIotlb(capacity);
  fast.era = qemuEraOf(era);
  const slow = new QemuTwin(capacity, era, hasStage2);
  for (const step of steps) {
    if (step.command !== undefined) {
      fast.execute(...step.command);
      slow.execute(step.command);
    } else {
      const isHit = fast.lookup(step.asid, step.vmid, step.page, step.granule);
      const iova = BigInt(step.page) << 12n;
      expect(isHit).toBe(slow.lookup(step.asid, step.vmid, iova, step.granule));
      if (!isHit) {
        fast.fill(step.asid, step.vmid, step.page, step.granule, step.granule + (3 - step.level) * (step.granule - 3));
        slow.fill(step.asid, step.vmid, iova, step.granule, step.level);
      }
    }
    expect(fast.occupancy).toBe(slow.entries.length);
    expect(fast.occupancy).toBeLessThanOrEqual(capacity);
  }
  expect(fast.overflows).toBe(slow.overflows);
}

describe.each(['7.2', '8.2', '9.1'] as const)('QEMU %s', (era) => {
  test.each([false, true])('equals the slow twin (stage 2 offered: %s)', (hasStage2) => {
    const step = fc.oneof(
      { weight: 12, arbitrary: translation(hasStage2) },
      { weight: 5, arbitrary: addressCommand.map(asStep) },
      { weight: 1, arbitrary: wholeCommand.map(asStep) },
    );
    fc.assert(
      fc.property(fc.constantFrom(3, 8, 256), fc.array(step, { maxLength: 120 }), (capacity, steps) => {
        runBoth(era, hasStage2, capacity, steps);
      }),
      { numRuns: 1000, seed: 20 },
    );
  });

  test('O50: repeating an address invalidation at once removes nothing more', () => {
    fc.assert(
      fc.property(fc.array(translation(true), { maxLength: 60 }), addressCommand, (fills, command) => {
        const iotlb = new QemuIotlb();
        iotlb.era = qemuEraOf(era);
        for (const { asid, vmid, page: at, granule, level } of fills) {
          iotlb.fill(asid, vmid, at, granule, granule + (3 - level) * (granule - 3));
        }
        // The exact-key path stops at the named entry; the second pass may still find a block around it.
        iotlb.execute(...command);
        iotlb.execute(...command);
        const left = iotlb.occupancy;
        iotlb.execute(...command);
        expect(iotlb.occupancy).toBe(left);
      }),
      { numRuns: 300, seed: 50 },
    );
  });
});
