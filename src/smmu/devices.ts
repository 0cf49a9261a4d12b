/**
 * The devices that have translated, in the order of their first translation, each with its ATC if it has one.
 *
 * A device's number is its row in the counters by device. ATC_INVs to a SID that has never translated find nothing.
 */

import { createDeviceAtc } from './structures/device-atc.js';
import type { CommonParts } from './structures/parts.js';
import type { Structure } from './structures/structure.js';

export class Devices {
  /** SID by device number. */
  readonly sids: number[] = [];
  /** ATC by device number; null: no ATS. */
  readonly atcs: (Structure | null)[] = [];
  /** `atc.enable`: devices with ATS have an ATC. */
  readonly haveAtcs: boolean;
  private readonly bySid = new Map<number, number>();
  private readonly common: CommonParts;
  private readonly atcEntries: (sid: number) => number;

  /** `atcEntries` says how many entries the ATC of a SID has, 0 = none; asked once per SID. */
  constructor(common: CommonParts, atcEntries: ((sid: number) => number) | undefined) {
    const { settings } = common;
    this.common = common;
    this.haveAtcs = settings.flag('atc.enable');
    this.atcEntries = atcEntries ?? (() => (settings.flag('atc.enable') ? settings.number('atc.entries') : 0));
  }

  /** Number of the device of `sid`, given now if it is new. */
  numberOf(sid: number): number {
    const known = this.bySid.get(sid);
    if (known !== undefined) return known;
    const device = this.sids.length;
    this.bySid.set(sid, device);
    this.sids.push(sid);
    this.common.access.growDevices(device + 1);
    const entries = this.atcEntries(sid);
    this.atcs.push(entries > 0 ? createDeviceAtc(this.common, entries) : null);
    return device;
  }

  /** ATC of `sid`, or null if it has none or has never translated. */
  atcOf(sid: number): Structure | null {
    const device = this.bySid.get(sid);
    return device === undefined ? null : this.atcs[device];
  }
}
