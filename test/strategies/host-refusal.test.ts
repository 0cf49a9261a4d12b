/**
 * Strategies tier: does the host kernel refuse what Linux 7.3 refuses, and take what it takes?
 * Source: facts N26 §B1 (arm_vsmmu_validate_user_cmd), the table row by row; §B2; L §4.2.
 */
import { describe, expect, it } from 'vitest';
import { batchLoss } from '../../src/strategies/batch-errors.js';
import { type HostChecks, hostRefusal } from '../../src/strategies/host-refusal.js';
import { type CommandFields, type CommandWords, encodeCommand } from '../../src/trace/command.js';
import { EventFlag } from '../../src/trace/events.js';
import { OPCODES, type OpcodeName } from '../../src/trace/opcodes.js';
import { replayThrough } from '../support/replay-harness.js';
import { TraceBuilder } from '../support/trace-builder.js';

const K71: HostChecks = { checksFields: false, refusesRanges: false };
const K73: HostChecks = { checksFields: true, refusesRanges: false };
const K73_WITHOUT_RIL: HostChecks = { checksFields: true, refusesRanges: true };

const words = (name: OpcodeName, fields: CommandFields = {}) => encodeCommand(OPCODES[name], fields);
/** `command` with some more bits set, given per part. */
const plus = (command: CommandWords, ...bits: [number, number, number, number]): CommandWords => [
  (command[0] | bits[0]) >>> 0,
  (command[1] | bits[1]) >>> 0,
  (command[2] | bits[2]) >>> 0,
  (command[3] | bits[3]) >>> 0,
];

const VA = { ASID: 5, VMID: 3, ADDR: 0xabcde, LEAF: 1 };
const page = words('TLBI_NH_VA', VA);
const range = words('TLBI_NH_VA', { ...VA, TG: 1, TTL: 3, NUM: 6, SCALE: 2 });

describe('field checks', () => {
  it.each<[string, CommandWords]>([
    ['NSNH_ALL', words('TLBI_NSNH_ALL')],
    ['NSNH_ALL of the second of several VMs', plus(words('TLBI_NSNH_ALL'), 0, 1, 0, 0)],
    ['NH_ALL with a VMID', words('TLBI_NH_ALL', { VMID: 0xffff })],
    ['NH_ASID', words('TLBI_NH_ASID', { ASID: 0xffff, VMID: 1 })],
    ['NH_VA without a range', page],
    ['NH_VA with a range', range],
    ['NH_VA with a range and no level', words('TLBI_NH_VA', { ...VA, TG: 1, NUM: 1 })],
    ['one granule and its level', words('TLBI_NH_VA', { ...VA, TG: 3, TTL: 3 })],
    ['NH_VAA', words('TLBI_NH_VAA', { VMID: 3, ADDR: 7, TG: 2, TTL: 2, SCALE: 31 })],
    ['ATC_INV of everything', words('ATC_INV', { SID: 0xffff_ffff, SSV: 1, SSID: 9, GLOBAL: 1, SIZE: 52 })],
    ['CFGI_CD', words('CFGI_CD', { SID: 8, SSID: 0xfffff, LEAF: 1 })],
    ['CFGI_CD_ALL', words('CFGI_CD_ALL', { SID: 8 })],
  ])('%s is taken', (_, command) => {
    expect(hostRefusal(...command, K73)).toBeUndefined();
  });

  it.each<[string, CommandWords, string]>([
    ['CMD_SYNC', words('SYNC'), 'opcode'],
    ['CFGI_STE', words('CFGI_STE', { SID: 8 }), 'opcode'],
    ['NSNH_ALL with an ASID', plus(words('TLBI_NSNH_ALL'), 0, 1 << 16, 0, 0), 'reserved-bits'],
    ['NH_ALL with an ASID', plus(words('TLBI_NH_ALL'), 0, 1 << 16, 0, 0), 'reserved-bits'],
    ['NH_ASID with an address', plus(words('TLBI_NH_ASID', { ASID: 1 }), 0, 0, 0x1000, 0), 'reserved-bits'],
    ['a secure NH_VA', words('TLBI_NH_VA', { ...VA, SSEC: 1 }), 'reserved-bits'],
    ['SCALE of more than five bits', plus(range, 1 << 25, 0, 0, 0), 'reserved-bits'],
    ['NH_VAA with ASID bits', plus(words('TLBI_NH_VAA', { ADDR: 7 }), 0, 5 << 16, 0, 0), 'reserved-bits'],
    ['CFGI_CD with SSV', plus(words('CFGI_CD', { SID: 8 }), 0x800, 0, 0, 0), 'reserved-bits'],
    ['CFGI_CD with an address', plus(words('CFGI_CD', { SID: 8 }), 0, 0, 0, 1), 'reserved-bits'],
    ['CFGI_CD_ALL with LEAF', plus(words('CFGI_CD_ALL', { SID: 8 }), 0, 0, 1, 0), 'reserved-bits'],
    ['NUM without a granule', words('TLBI_NH_VA', { ...VA, NUM: 1 }), 'range-encoding'],
    ['SCALE without a granule', words('TLBI_NH_VA', { ...VA, SCALE: 1 }), 'range-encoding'],
    ['TTL without a granule', words('TLBI_NH_VAA', { ADDR: 1, TTL: 3 }), 'range-encoding'],
    ['a granule without NUM, SCALE and TTL', words('TLBI_NH_VA', { ...VA, TG: 1 }), 'range-encoding'],
    ['level 1 of 16 KiB granules', words('TLBI_NH_VA', { ...VA, TG: 2, TTL: 1, NUM: 1 }), 'range-encoding'],
    ['ATC_INV with SIZE 53', words('ATC_INV', { SID: 8, SIZE: 53 }), 'atc-size'],
    ['ATC_INV with bits between SIZE and ADDR', plus(words('ATC_INV', { SID: 8 }), 0, 0, 0x40, 0), 'reserved-bits'],
  ])('%s is refused; before Linux 7.3 only for its opcode', (_, command, reason) => {
    expect(hostRefusal(...command, K73)).toBe(reason);
    expect(hostRefusal(...command, K71)).toBe(reason === 'opcode' ? 'opcode' : undefined);
  });

  it('without range invalidation any of TG, TTL, NUM and SCALE is refused, and a plain page is not', () => {
    for (const fields of [{ TG: 1, TTL: 3 }, { NUM: 1 }, { SCALE: 1 }, { TTL: 1 }, { TG: 1 }]) {
      expect(hostRefusal(...words('TLBI_NH_VA', { ...VA, ...fields }), K73_WITHOUT_RIL)).toBe('no-ranges');
    }
    expect(hostRefusal(...page, K73_WITHOUT_RIL)).toBeUndefined();
  });
});

describe('option uapi', () => {
  const junk = plus(words('CFGI_CD', { SID: 8 }), 0x800, 0, 0, 0);
  const refused = async (spec: string, flags = 0) => {
    const trace = new TraceBuilder().words(junk, flags).sync().doorbell();
    const { errors, amplification } = (await replayThrough(trace, spec)).result;
    return { errors: errors as { refused_by_opcode: Record<string, number> }, amplification };
  };

  it.each([
    ['ioctl', true],
    ['ioctl:uapi=k71', false],
    ['ioctl:uapi=k74', true],
    ['ioctl-batched', true],
    ['ioctl-batched:uapi=k71', false],
    ['ecmdq', true],
    ['sw-vcmdq', true],
    ['hw-vcmdq', true],
    ['hw-vcmdq-overlay', true],
    ['v1-patch', false],
  ])('%s: a CFGI_CD with SSV is refused: %s', async (spec, isRefused) => {
    const { errors, amplification } = await refused(spec);
    expect(errors.refused_by_opcode).toEqual(isRefused ? { CFGI_CD: 1 } : {});
    expect(amplification.host_by_opcode.CFGI_CD ?? 0).toBe(isRefused ? 0 : 1);
  });

  it('a command recorded by its opcode only has no fields to check', async () => {
    expect((await refused('ioctl', EventFlag.OpcodeOnly)).errors.refused_by_opcode).toEqual({});
  });

  it('of a batch with a bad command at 70, 63 are executed; k71 and k73 count the 7 behind them as done', () => {
    const atcs = new Array<number>(100).fill(OPCODES.ATC_INV);
    for (const uapi of ['k71', 'k73', 'k74'] as const) {
      const { rows, isSilent } = batchLoss(atcs, 0, 70, false, uapi);
      expect(rows).toEqual([63, 64, 65, 66, 67, 68, 69]);
      expect(isSilent).toBe(uapi !== 'k74');
    }
  });
});
