/**
 * For which StreamIDs an accelerated vSMMU (QEMU 11, `-device arm-smmuv3,accel=on`) has a vDEVICE.
 *
 * A command that names a StreamID reaches the host only if QEMU has a vDEVICE for it, which it allocates at the first
 * CFGI_STE that names a VFIO device; for every other stream (the emulated host bridge) the command is emulated and
 * succeeds (facts N26 §E1). The lines that tell follow the command's own: `iommufd_backend_alloc_vdev`, the STE that
 * is installed, the invalidation that is forwarded (facts N26 §F2). So each command is judged when its lines end.
 *
 * Three families of events may be enabled or not, and only what one would have shown may be concluded from its absence:
 * allocations tell by their list, forwarded invalidations and installed STEs each by the command's own lines.
 */
import { opcodeOf, sidOf } from '../../trace/command.js';
import { type EventBatch, EventFlag, EventKind } from '../../trace/events.js';
import { Opcode } from '../../trace/opcodes.js';
import type { GuestThread } from './guest-thread.js';

/** Object ids count per open iommufd. */
const IDS_PER_IOMMUFD = 2 ** 32;

/** What the log has shown of vDEVICEs so far. */
export class VirtualDevices {
  /** StreamIDs that a vDEVICE stands behind. */
  private readonly streams = new Set<number>();
  private readonly streamOfObject = new Map<number, number>();
  private showsAllocations = false;
  private showsForwarding = false;
  private showsInstallation = false;
  private sawAcceleration = false;

  /** `rows` are those that can still be corrected when a family of events shows for the first time. */
  constructor(private readonly rows: { readonly batch: EventBatch }) {}

  /** True if the vSMMU is accelerated, but nothing shows which streams are. */
  get isUntold(): boolean {
    return this.sawAcceleration && !this.showsAllocations && !this.showsForwarding;
  }

  /** Any line that only an accelerated vSMMU prints. */
  accelerated(): void {
    this.sawAcceleration = true;
  }

  /** The vIOMMU is there: from now on every vDEVICE is seen when it is allocated. */
  createdByHost(): void {
    this.sawAcceleration = true;
    if (this.showsAllocations) return;
    this.showsAllocations = true;
    this.markEarlierRows();
  }

  /** A vDEVICE for `sid`: object `object` of iommufd `iommufd`. */
  allocated(iommufd: number, object: number, sid: number): void {
    this.createdByHost();
    this.streams.add(sid);
    this.streamOfObject.set(iommufd * IDS_PER_IOMMUFD + object, sid);
  }

  /** An object of iommufd is gone. */
  freed(iommufd: number, object: number): void {
    const key = iommufd * IDS_PER_IOMMUFD + object;
    const sid = this.streamOfObject.get(key);
    if (sid === undefined) return;
    this.streamOfObject.delete(key);
    this.streams.delete(sid);
  }

  /** The host attaches what the STE of `sid` says, in the midst of `thread`'s command. */
  installed(thread: GuestThread, sid: number): void {
    this.sawAcceleration = true;
    this.streams.add(sid);
    thread.reachesHost = true;
    if (this.showsInstallation) return;
    this.showsInstallation = true;
    this.markEarlierRows();
  }

  /** The host is handed the command that `thread` is in the midst of. */
  forwarded(thread: GuestThread): void {
    this.sawAcceleration = true;
    thread.reachesHost = true;
    if (thread.hasOperands && (thread.opcode === Opcode.CFGI_CD || thread.opcode === Opcode.CFGI_CD_ALL)) {
      this.streams.add(thread.sid);
    }
    if (this.showsForwarding) return;
    this.showsForwarding = true;
    this.markEarlierRows();
  }

  /** True if the command `opcode` of `thread`, whose lines have ended, names only streams without a vDEVICE. */
  areAbsentFor(thread: GuestThread, opcode: number): boolean {
    if (!this.sawAcceleration || thread.reachesHost) return false;
    const { sid } = thread;
    if (thread.hasOperands) {
      return opcode === Opcode.CFGI_STE_RANGE ? this.areAbsentIn(sid, thread.sidEnd) : this.isAbsent(opcode, sid);
    }
    // Which stream is not in the log (ATC_INV), or QEMU knows no such stream and prints nothing.
    switch (opcode) {
      case Opcode.CFGI_CD:
      case Opcode.CFGI_CD_ALL:
      case Opcode.ATC_INV:
        return this.showsForwarding;
      case Opcode.CFGI_STE:
        return this.showsInstallation;
      default:
        return false;
    }
  }

  /** True if a command of kind `opcode` for `sid`, of which no line shows that it reached the host, did not. */
  private isAbsent(opcode: number, sid: number): boolean {
    if (this.streams.has(sid)) return false;
    switch (opcode) {
      case Opcode.CFGI_STE:
        return this.showsAllocations || this.showsInstallation;
      case Opcode.CFGI_CD:
      case Opcode.CFGI_CD_ALL:
        return this.showsAllocations || this.showsForwarding;
      default:
        return false;
    }
  }

  private areAbsentIn(first: number, last: number): boolean {
    if (!this.showsAllocations) return false;
    for (const sid of this.streams) if (sid >= first && sid <= last) return false;
    return true;
  }

  /** A family of events shows for the first time: what it did not show of the commands just before tells too. */
  private markEarlierRows(): void {
    const { batch } = this.rows;
    const { kind, flags, cmd0Low, cmd0High, count } = batch;
    for (let row = 0; row < count; row++) {
      if (kind[row] !== EventKind.Cmd || (flags[row] & EventFlag.OpcodeOnly) !== 0) continue;
      if (this.isAbsent(opcodeOf(cmd0Low[row]), sidOf(cmd0High[row]))) flags[row] |= EventFlag.NoVdevice;
    }
  }
}
