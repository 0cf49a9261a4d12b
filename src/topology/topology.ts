/**
 * Which streams exist, which of them have an ATC, and which translation domain each belongs to.
 *
 * Inferred from the trace unless given: a stream exists if it translates or the guest configures it; it is an ATS device if
 * the guest also addresses ATC_INVs to it. One that only ATC_INVs ever name is unknown: nothing says that it exists. Where the
 * trace shows neither translations nor configuration there is nothing to hold them against, and they are taken on trust. The domain
 * of a stream is the ASID of its translations (the driver gives each domain one ASID per SMMU, facts L §2.5). A stream that never
 * translates has no known domain and counts as a member of every domain.
 *
 * A topology file (`declare`) comes before the trace: only its devices are known, their ATS is what it says, and a device
 * with bindings moves at their times and no longer follows its translations. The feeder of events calls `advanceTo` for
 * that before the first event at or after `nextBindingNs`.
 */
import { opcodeOf, sidOf } from '../trace/command.js';
import { ABSENT, type EventBatch, EventFlag, EventKind } from '../trace/events.js';
import { Opcode } from '../trace/opcodes.js';
import { type Device, isInDomain, newDevice } from './device.js';
import { GRANULES } from './granules.js';
import type { TopologyFile } from './schema.js';

/** A device, or one PASID of it, changes its domain at a time of the trace. */
interface Binding {
  readonly sid: number;
  readonly ssid: number;
  readonly asid: number;
  readonly fromNs: number;
}

/** StreamIDs of one VM of several (2^24): VM k has those from k · VM_SIDS on. */
export const VM_SIDS = 2 ** 24;

/** Streams of one trace. */
export class Topology {
  private readonly devices = new Map<number, Device>();
  private atsDevices: Device[] = [];
  private sorted: readonly Device[] | undefined;
  private readonly result: number[] = [];
  /** Streams that ATC_INVs have named. */
  private readonly namedByAtc = new Set<number>();
  /** The trace shows no streams but those that ATC_INVs name: they are taken for devices. */
  isTakenOnTrust = false;
  /** ATS streams that showed only after the surveyed part of a long trace. */
  discoveredLate = 0;
  /** Follow translations although no stream has an ATC: somebody asks for `streamsOfDomain`. */
  followsDomains = false;
  private isDeclared = false;
  /** Moves to come, by time; shared by copies. */
  private bindings: readonly Binding[] = [];
  private nextBinding = 0;
  /** Granule of the guest's tables where a recording does not say, log2 of bytes; 0: not said either. */
  guestGranuleLog2 = 0;
  /** Physical SMMUs, and the guest queues of the vSMMUs in front of them (file order; undefined: not said). */
  smmuCount = 1;
  private queueOfSmmu: readonly (number | undefined)[] = [];
  /** SMMUs that have ever translated with a domain, one bit each, by VM and ASID; kept with several SMMUs only. */
  private readonly smmusByDomain = new Map<number, number>();

  constructor(
    /** VMs on the host; their StreamIDs are VM_SIDS apart, their queues and vCPUs are interleaved. */
    readonly vms: number = 1,
  ) {}

  /** VM that guest queue `queue` belongs to. */
  vmOfQueue(queue: number): number {
    return this.vms === 1 ? 0 : queue % this.vms;
  }

  /** VM that stream `sid` belongs to. */
  vmOf(sid: number): number {
    return this.vms === 1 ? 0 : Math.floor(sid / VM_SIDS);
  }

  /** SMMU of stream `sid`. */
  smmuOf(sid: number): number {
    return this.smmuCount === 1 ? 0 : (this.devices.get(sid)?.smmu ?? 0);
  }

  /** All SMMUs, one bit each. */
  get allSmmus(): number {
    return 2 ** this.smmuCount - 1;
  }

  /** SMMU behind the vSMMU of guest queue `queue`; -1: the topology file does not say. */
  smmuOfQueue(queue: number): number {
    return this.queueOfSmmu.indexOf(Math.floor(queue / this.vms));
  }

  /** SMMUs that a command in guest queue `queue` is about: the one of its vSMMU, or all. */
  smmusOfQueue(queue: number): number {
    if (this.smmuCount === 1) return 1;
    const own = this.smmuOfQueue(queue);
    return own < 0 ? this.allSmmus : 1 << own;
  }

  /** SMMUs on which the domain of `asid` has ever had a device; all if none is known. `queue` tells the VM. */
  smmusOfAsid(asid: number, queue: number): number {
    return this.smmusByDomain.get(domainKey(this.vmOfQueue(queue), asid)) ?? this.allSmmus;
  }

  private noteSmmu(device: Device, asid: number): void {
    if (this.smmuCount === 1 || asid < 0) return;
    const key = domainKey(this.vmOf(device.sid), asid);
    this.smmusByDomain.set(key, (this.smmusByDomain.get(key) ?? 0) | (1 << device.smmu));
  }

  /** All streams in ascending SID order; the same array until there is another one. */
  list(): readonly Device[] {
    this.sorted ??= [...this.devices.values()].sort((a, b) => a.sid - b.sid);
    return this.sorted;
  }

  /** False for a vSID that the host cannot map (facts L §5.2): the topology file does not list it, or nothing shows that it exists. */
  isKnown(sid: number): boolean {
    const device = this.devices.get(sid);
    if (this.isDeclared) return device?.isListed === true;
    return device !== undefined || this.isTakenOnTrust;
  }

  /** Streams that only ATC_INVs name, ascending. */
  get strays(): number[] {
    return [...this.namedByAtc].filter((sid) => !this.isKnown(sid)).sort((a, b) => a - b);
  }

  /** Entries that the topology file gives the ATC of `sid`. */
  atcEntries(sid: number): number | undefined {
    return this.devices.get(sid)?.atcEntries;
  }

  /** Take over a topology file. What it does not say stays as the trace shows it. Every VM has the file's devices. */
  declare(file: TopologyFile): void {
    this.isDeclared = true;
    this.smmuCount = file.smmus?.length ?? 1;
    this.guestGranuleLog2 = file.guest?.granule === undefined ? 0 : GRANULES[file.guest.granule];
    this.queueOfSmmu = (file.smmus ?? []).map(({ queue }) => queue);
    for (let vm = 0; vm < this.vms; vm++) {
      for (const { sid, psid, smmu = 0, ats, atc_entries: atcEntries } of file.devices) {
        const device = this.device(sid + vm * VM_SIDS);
        device.isListed = true;
        // A physical device belongs to one VM.
        device.psid = vm === 0 ? psid : undefined;
        device.smmu = smmu;
        device.atcEntries = atcEntries;
        device.isAtsDeclared = ats !== undefined;
        device.hasAts = ats ?? this.namedByAtc.has(device.sid);
      }
    }
    this.isTakenOnTrust = false;
    this.declareBindings(file.bindings ?? []);
    for (const device of this.devices.values()) if (!device.isListed) device.hasAts = false;
    this.listAtsDevices();
    for (const device of this.devices.values()) {
      this.noteSmmu(device, device.asid);
      for (const asid of device.pasids.values()) this.noteSmmu(device, asid);
    }
  }

  /** Trace time at which the topology file moves a device next; Infinity: never. */
  get nextBindingNs(): number {
    return this.bindings[this.nextBinding]?.fromNs ?? Number.POSITIVE_INFINITY;
  }

  /** The next event is at `timeNs`: moves that are due by then. */
  advanceTo(timeNs: number): void {
    while (this.nextBindingNs <= timeNs) {
      this.place(this.bindings[this.nextBinding++]);
    }
  }

  /** True if the stream has an ATC. */
  hasAts(sid: number): boolean {
    return this.devices.get(sid)?.hasAts === true;
  }

  /** SIDs of all streams with an ATC, ascending. */
  atsStreams(): number[] {
    return this.atsDevices.map((device) => device.sid);
  }

  /** Learn from a batch: streams (those that the guest only configures too), ATS, and each stream's first domain. */
  survey(batch: EventBatch): void {
    const { kind, sid, asid, ssid, cmd0Low, cmd0High, flags } = batch;
    for (let row = 0; row < batch.count; row++) {
      if (kind[row] === EventKind.Dma && sid[row] >= 0) {
        const device = this.device(sid[row]);
        if (ssid[row] !== ABSENT) {
          if (asid[row] >= 0 && !device.pasids.has(ssid[row])) device.pasids.set(ssid[row], asid[row]);
        } else if (device.asid === ABSENT) device.asid = asid[row];
      } else if (kind[row] === EventKind.Cmd && (flags[row] & EventFlag.OpcodeOnly) === 0) {
        const opcode = opcodeOf(cmd0Low[row]);
        if (opcode === Opcode.ATC_INV) this.namedByAtc.add(sidOf(cmd0High[row]));
        else if (isConfigured(opcode, flags[row])) this.device(sidOf(cmd0High[row]));
      }
    }
  }

  /** Every batch of the survey has been seen: which of the streams that ATC_INVs name are ATS devices? */
  settle(): void {
    this.isTakenOnTrust = this.devices.size === 0 && this.namedByAtc.size > 0;
    for (const sid of this.namedByAtc) if (this.isKnown(sid)) this.device(sid).hasAts = true;
    this.listAtsDevices();
  }

  /** The guest addresses an ATC_INV to `sid` now; a stream that the survey has not seen doing so is learnt late. */
  meetAts(sid: number): void {
    if (this.hasAts(sid) || !this.isKnown(sid) || this.devices.get(sid)?.isAtsDeclared === true) return;
    this.device(sid).hasAts = true;
    this.listAtsDevices();
    this.discoveredLate++;
  }

  /** The guest configures `sid` now: it exists from here on, if not before. */
  meetConfiguration(sid: number): void {
    if (!this.isDeclared) this.device(sid);
  }

  /** The stream (its PASID `ssid` unless ABSENT) translated with `asid`: its domain from here on. */
  bind(sid: number, ssid: number, asid: number): void {
    // Domains matter to ATC targeting, to instance routing and where a transport asks for them.
    if (this.atsDevices.length === 0 && this.smmuCount === 1 && !this.followsDomains && this.devices.has(sid)) return;
    const device = this.device(sid);
    this.noteSmmu(device, asid);
    if (device.isBoundByFile) return;
    if (ssid === ABSENT) device.asid = asid;
    else device.pasids.set(ssid, asid);
  }

  /** A copy whose bindings can change without touching this one (every replay has its own). */
  clone(): Topology {
    const copy = new Topology(this.vms);
    for (const device of this.list()) copy.devices.set(device.sid, { ...device, pasids: new Map(device.pasids) });
    copy.smmuCount = this.smmuCount;
    copy.guestGranuleLog2 = this.guestGranuleLog2;
    copy.queueOfSmmu = this.queueOfSmmu;
    for (const [key, smmus] of this.smmusByDomain) copy.smmusByDomain.set(key, smmus);
    copy.isDeclared = this.isDeclared;
    copy.isTakenOnTrust = this.isTakenOnTrust;
    for (const sid of this.namedByAtc) copy.namedByAtc.add(sid);
    copy.listAtsDevices();
    copy.bindings = this.bindings;
    copy.nextBinding = this.nextBinding;
    return copy;
  }

  /**
   * ATS streams that share the domain of `sid`, `sid` first. A SID of -1 (not recorded) means any domain; one that is not
   * known (`isKnown`) is no device that a command could be sent to, and belongs to no known domain.
   * The array is reused by the next call.
   */
  atsStreamsOfDomain(sid: number): readonly number[] {
    const { result } = this;
    result.length = 0;
    if (sid >= 0 && this.isKnown(sid)) result.push(sid);
    const asid = sid < 0 ? ABSENT : (this.devices.get(sid)?.asid ?? ABSENT);
    for (const device of this.atsDevices) {
      if (device.sid === sid || (sid >= 0 && this.vmOf(device.sid) !== this.vmOf(sid))) continue;
      if (asid === ABSENT || device.asid === ABSENT || device.asid === asid) result.push(device.sid);
    }
    if (result.length === 0 && sid < 0) result.push(-1);
    return result;
  }

  /**
   * ATS streams of VM `vm` with `asid` as their domain or that of one of their PASIDs, ascending; -1 means any domain. The
   * array is reused by the next call.
   */
  atsStreamsOfAsid(asid: number, vm = 0): readonly number[] {
    const { result } = this;
    result.length = 0;
    for (const device of this.atsDevices) {
      if (this.vmOf(device.sid) === vm && isInDomain(device, asid)) result.push(device.sid);
    }
    return result;
  }

  /** ASID of the present domain of `sid`; ABSENT if it is not known. */
  asidOfStream(sid: number): number {
    return this.devices.get(sid)?.asid ?? ABSENT;
  }

  /** Other streams whose known domain is that of `sid`, ascending; none if its own is not known. */
  streamsOfDomain(sid: number): readonly number[] {
    const { result, devices } = this;
    result.length = 0;
    const asid = devices.get(sid)?.asid ?? ABSENT;
    if (asid === ABSENT) return result;
    for (const device of devices.values()) {
      if (device.sid !== sid && device.asid === asid && this.isKnown(device.sid)) result.push(device.sid);
    }
    return result.sort((a, b) => a - b);
  }

  private declareBindings(bindings: NonNullable<TopologyFile['bindings']>): void {
    const later: Binding[] = [];
    for (let vm = 0; vm < this.vms; vm++) {
      for (const { sid } of bindings) {
        const device = this.device(sid + vm * VM_SIDS);
        device.isBoundByFile = true;
        device.asid = ABSENT;
        device.pasids.clear();
      }
      for (const { sid, ssid = ABSENT, asid, from_ns: fromNs } of bindings) {
        const binding = { sid: sid + vm * VM_SIDS, ssid, asid, fromNs: fromNs ?? 0 };
        if (fromNs === undefined) this.place(binding);
        else later.push(binding);
      }
    }
    this.bindings = later.sort((a, b) => a.fromNs - b.fromNs);
  }

  private place({ sid, ssid, asid }: Binding): void {
    const device = this.device(sid);
    if (ssid === ABSENT) device.asid = asid;
    else device.pasids.set(ssid, asid);
    this.noteSmmu(device, asid);
  }

  private listAtsDevices(): void {
    this.atsDevices = this.list().filter((device) => device.hasAts);
  }

  private device(sid: number): Device {
    let device = this.devices.get(sid);
    if (device === undefined) {
      device = newDevice(sid);
      this.sorted = undefined;
      this.devices.set(sid, device);
    }
    return device;
  }
}

const domainKey = (vm: number, asid: number): number => vm * 65536 + asid;

/** A command that configures a stream; not what the VMM did by itself because no device of the host is behind it. */
function isConfigured(opcode: number, flags: number): boolean {
  const isStream = opcode === Opcode.CFGI_STE || opcode === Opcode.CFGI_CD || opcode === Opcode.CFGI_CD_ALL;
  return isStream && (flags & EventFlag.NoVdevice) === 0;
}
