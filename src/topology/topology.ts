/**
 * Which streams exist, which of them have an ATC, and which translation domain each belongs to.
 *
 * Inferred from the trace unless given: a stream is an ATS device if the guest ever addresses an ATC_INV to it; its domain
 * is the ASID of its translations (the driver gives each domain one ASID per SMMU, facts L §2.5). A stream that never
 * translates has no known domain and counts as a member of every domain.
 */

import { opcodeOf, sidOf } from '../trace/command.js';
import { ABSENT, type EventBatch, EventFlag, EventKind } from '../trace/events.js';
import { Opcode } from '../trace/opcodes.js';

/** One stream. */
export interface Device {
  readonly sid: number;
  /** The guest sends it ATC_INVs. */
  hasAts: boolean;
  /** ASID of its current domain; ABSENT if it has not translated. */
  asid: number;
}

/** Streams of one trace. */
export class Topology {
  private readonly devices = new Map<number, Device>();
  private atsDevices: Device[] = [];
  private readonly result: number[] = [];
  /** ATS streams that showed only after the surveyed part of a long trace. */
  discoveredLate = 0;

  /** All streams in ascending SID order. */
  list(): Device[] {
    return [...this.devices.values()].sort((a, b) => a.sid - b.sid);
  }

  /** True if the stream has an ATC. */
  hasAts(sid: number): boolean {
    return this.devices.get(sid)?.hasAts === true;
  }

  /** SIDs of all streams with an ATC, ascending. */
  atsStreams(): number[] {
    return this.atsDevices.map((device) => device.sid);
  }

  /** Learn from a batch: streams, ATS, and each stream's first domain. */
  survey(batch: EventBatch): void {
    const { kind, sid, asid, ssid, cmd0Low, cmd0High, flags } = batch;
    for (let row = 0; row < batch.count; row++) {
      if (kind[row] === EventKind.Dma && sid[row] >= 0) {
        const device = this.device(sid[row]);
        if (device.asid === ABSENT && ssid[row] === ABSENT) device.asid = asid[row];
      } else if (kind[row] === EventKind.Cmd && opcodeOf(cmd0Low[row]) === Opcode.ATC_INV) {
        if ((flags[row] & EventFlag.OpcodeOnly) === 0) this.noteAts(sidOf(cmd0High[row]));
      }
    }
  }

  /** The guest addressed an ATC_INV to `sid`. */
  noteAts(sid: number): void {
    const device = this.device(sid);
    if (device.hasAts) return;
    device.hasAts = true;
    this.atsDevices = this.list().filter((candidate) => candidate.hasAts);
  }

  /** The guest addresses an ATC_INV to `sid` now; a stream that the survey has not seen doing so is learnt late. */
  meetAts(sid: number): void {
    if (this.hasAts(sid)) return;
    this.noteAts(sid);
    this.discoveredLate++;
  }

  /** The stream translated with `asid`: its domain from here on. */
  bind(sid: number, asid: number): void {
    if (this.atsDevices.length === 0) return; // domains matter to ATC targeting only
    this.device(sid).asid = asid;
  }

  /** A copy whose bindings can change without touching this one (every replay has its own). */
  clone(): Topology {
    const copy = new Topology();
    for (const device of this.list()) copy.devices.set(device.sid, { ...device });
    copy.atsDevices = copy.list().filter((device) => device.hasAts);
    return copy;
  }

  /**
   * ATS streams that share the domain of `sid`, `sid` first. A SID of -1 (not recorded) means any domain.
   * The array is reused by the next call.
   */
  atsStreamsOfDomain(sid: number): readonly number[] {
    const { result } = this;
    result.length = 0;
    if (sid >= 0) result.push(sid);
    const asid = sid < 0 ? ABSENT : (this.devices.get(sid)?.asid ?? ABSENT);
    for (const device of this.atsDevices) {
      if (device.sid === sid) continue;
      if (asid === ABSENT || device.asid === ABSENT || device.asid === asid) result.push(device.sid);
    }
    if (result.length === 0) result.push(-1);
    return result;
  }

  private device(sid: number): Device {
    let device = this.devices.get(sid);
    if (device === undefined) {
      device = { sid, hasAts: false, asid: ABSENT };
      this.devices.set(sid, device);
    }
    return device;
  }
}
