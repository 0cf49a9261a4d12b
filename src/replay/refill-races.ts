/**
 * Races between a TLBI and an ATC_INV of the same range: the device may ask again as soon as its ATC entry is gone, and if the
 * TLBI is not yet done the answer is the old one, which nothing takes out of the ATC any more. A driver therefore waits for a
 * CMD_SYNC between the two (facts L §1.4, §9.3). Possible is not observed: these are counted apart from stale uses.
 *
 * Whether the two follow each other without a CMD_SYNC is a matter of the path: a host command queue is looked at, as it is
 * filled. A race is an ATC_INV, for a device with an ATC, in a queue in which the latest TLBI before it that covers part of
 * its range, of the device's ASID as far as that is known, has no CMD_SYNC behind it. What is looked for are pairs in
 * guest order: TLBI before ATC_INV in one publication, or in one guest queue with no CMD_SYNC written since. A later
 * TLBI, or another vCPU's in the same host block, has its own ATC_INVs to come.
 */
import type { Submission } from '../strategies/path/submission.js';
import type { Device } from '../topology/device.js';
import { Opcode, opcodeClass } from '../trace/opcodes.js';

const FIRST_RACES = 10;
/** Numbers of commands that a VM has room for in `numberOf`. */
const NUMBERS_PER_VM = 2 ** 40;

/** Number of guest command `command` of VM `vm` among those of all VMs. */
export const numberOf = (vm: number, command: number): number => vm * NUMBERS_PER_VM + command;

/** One ATC_INV that may have come too early. */
export interface RefillRace {
  /** Number of the event that published the ATC_INV, from 1 on. */
  readonly event: number;
  /** Numbers of the TLBI and of the ATC_INV among the guest's commands, from 1 on. */
  readonly tlbi: number;
  readonly command: number;
  readonly sid: number;
}

/** 1 for TLBIs. */
export const IS_TLBI = Uint8Array.from({ length: 256 }, (_, opcode) => (opcodeClass(opcode) === 'tlbi' ? 1 : 0));

/** Looks at every command list as it is written into a host command queue. */
export class RefillRaces {
  /** Races after the warm-up. */
  count = 0;
  /** The first of them, at most ten. */
  readonly first: RefillRace[] = [];
  /** By host queue: numbers (`numberOf`) of the guest's TLBIs in it that no CMD_SYNC follows. */
  private readonly open: number[][] = [];

  constructor(
    /** Devices with ATS have an ATC; without any there is nothing to refill. */
    private readonly haveAtcs: boolean,
  ) {}

  /**
   * Host commands `first … first+count-1` of `rows`, as far as they are for SMMU `smmu`, are written into host queue `queue`,
   * and a CMD_SYNC (or a command that halts it until it is replaced by one) behind them if `isClosed`.
   */
  onList(rows: Submission, first: number, count: number, smmu: number, queue: number, isClosed: boolean): void {
    this.open[queue] ??= [];
    const open = this.open[queue];
    const { hostOpcode, hostSmmus, hostGuestRow, hostRefills, rowNumber } = rows;
    const end = first + count;
    const endsInSync = count > 0 && hostOpcode[end - 1] === Opcode.SYNC && ((hostSmmus[end - 1] >> smmu) & 1) === 1;
    if (rows.refills === 0 && (isClosed || endsInSync)) {
      open.length = 0;
      return;
    }
    for (let h = first; h < end; h++) {
      if (((hostSmmus[h] >> smmu) & 1) === 0) continue;
      const opcode = hostOpcode[h];
      if (opcode === Opcode.SYNC) open.length = 0;
      else if (IS_TLBI[opcode] === 1) open.push(rowNumber[hostGuestRow[h]]);
      else if (hostRefills[h] > 0 && open.includes(hostRefills[h])) this.add(rows, h);
    }
    if (isClosed) open.length = 0;
  }

  private add(rows: Submission, h: number): void {
    const row = rows.hostGuestRow[h];
    if (rows.rowMeasured[row] === 0 || !this.haveAtcs) return;
    this.count++;
    if (this.first.length === FIRST_RACES) return;
    this.first.push({
      event: rows.rowEvent[row],
      tlbi: rows.hostRefills[h] % NUMBERS_PER_VM,
      command: rows.rowNumber[row] % NUMBERS_PER_VM,
      sid: rows.hostSid[h],
    });
  }
}

/** True if `device` may translate with `asid` (under PASID `ssid`; −1: under any); −1 is any ASID. */
export function mayTranslateWith(device: Device, ssid: number, asid: number): boolean {
  if (asid < 0) return true;
  const { asid: own, pasids } = device;
  if (ssid >= 0) return (pasids.get(ssid) ?? asid) === asid;
  if (own === asid || (own < 0 && pasids.size === 0)) return true;
  for (const of of pasids.values()) if (of === asid) return true;
  return false;
}
