/**
 * When commands become visible and when the guest sees its CMD_SYNC complete.
 *
 * QEMU drains the queue inside the guest's register write and logs the write afterwards, so a write of CMDQ_PROD closes
 * the commands above it (facts M §2.3). The guest wrote before the drain began, so a doorbell stands, behind its commands,
 * at the time of the drain's first line (`smmuv3_cmdq_consume`, else the first command), and so does all that was logged
 * in between: a translation of another thread in the midst of a drain keeps its place among the commands, not its time.
 * CR0 and GERRORN writes drain too: they count as a doorbell if they consumed
 * anything. A log recorded without `smmuv3_write_mmio` has only the end of each drain (`smmuv3_cmdq_consume_out`); the
 * rule, decided while streaming: as long as no write line of any kind was ever seen, a drain that is not directly
 * followed by a write line of the same thread is itself the doorbell.
 */
import { EventKind } from '../../trace/events.js';
import { addNote } from '../notes.js';
import type { ReaderStatistics } from '../reader.js';
import type { EventSink } from '../text/event-sink.js';
import type { CommandAssembly } from './command-assembly.js';
import type { GuestThread } from './guest-thread.js';

const REGISTER_CR0 = 0x20;
const REGISTER_GERRORN = 0x64;
const REGISTER_CMDQ_BASE = 0x90;
const REGISTER_CMDQ_PROD = 0x98;
const REGISTER_CMDQ_CONS = 0x9c;
/** CMDQ_BASE.LOG2SIZE. */
const LOG2SIZE_MASK = 0x1f;
/** IDR1.CMDQS of QEMU's SMMU: the largest queue, assumed until the log shows the size. */
const MAX_LOG2SIZE = 19;

/** Emits `doorbell` and `sync-done` rows. */
export class Publication {
  private writesSeen = false;
  private log2size = MAX_LOG2SIZE;
  /** Thread whose drain has ended while it is open whether a write line follows. */
  private drained: GuestThread | undefined;
  private drainedTimeNs = 0;
  private drainedLine = 0;

  constructor(
    private readonly sink: EventSink,
    private readonly statistics: ReaderStatistics,
    private readonly commands: CommandAssembly,
  ) {}

  /** Every line but a register write passes here first: it proves that no write line follows the last drain. */
  settle(): void {
    if (this.drained === undefined) return;
    const thread = this.drained;
    this.drained = undefined;
    if (thread.unpublished > 0) this.publish(thread, this.drainedTimeNs, this.drainedLine);
  }

  /** A line of a drain of `thread`, by its first one the doorbell is timed. */
  drainGoesOn(thread: GuestThread, timeNs: number): void {
    if (thread.drainedFromNs >= 0 && !thread.isDrainOver) return;
    thread.drainedFromNs = timeNs;
    thread.isDrainOver = false;
    thread.drainTicket = this.sink.hold();
  }

  /** `smmuv3_cmdq_consume_out`. */
  endOfDrain(thread: GuestThread, timeNs: number, line: number): void {
    this.commands.finish(thread);
    thread.isDrainOver = true;
    if (this.writesSeen || thread.unpublished === 0) return;
    this.drained = thread;
    this.drainedTimeNs = timeNs;
    this.drainedLine = line;
  }

  /** `smmuv3_write_mmio`; returns whether the line was an event. */
  write(thread: GuestThread, register: number, value: number, timeNs: number, line: number): boolean {
    if (this.drained !== undefined && this.drained !== thread) this.settle();
    this.drained = undefined;
    this.writesSeen = true;
    thread.isDrainOver = true;
    switch (register) {
      case REGISTER_CMDQ_BASE:
        this.log2size = Math.min(value & LOG2SIZE_MASK, MAX_LOG2SIZE);
        return false;
      case REGISTER_CMDQ_PROD:
        this.commands.finish(thread);
        this.learnLog2size(thread, value);
        this.publish(thread, timeNs, line);
        return true;
      case REGISTER_CR0:
      case REGISTER_GERRORN:
        this.commands.finish(thread);
        if (thread.unpublished === 0) return false;
        this.publish(thread, timeNs, line);
        return true;
      default:
        return false;
    }
  }

  /** `smmuv3_read_mmio`; returns whether the line was an event. */
  read(thread: GuestThread, register: number, value: number, timeNs: number, line: number): boolean {
    thread.isDrainOver = true;
    if (register !== REGISTER_CMDQ_CONS || !thread.awaitsSync || !this.hasReached(thread, value)) return false;
    thread.awaitsSync = false;
    const batch = this.sink.append(EventKind.SyncDone, timeNs, line);
    batch.vcpu[this.sink.row] = this.commands.vcpuOf(thread);
    return true;
  }

  /** End of the log for `thread`. */
  finish(thread: GuestThread): void {
    this.commands.finish(thread);
    for (let left = thread.unpublished; left > 0; left--) {
      addNote(this.statistics, thread.firstUnpublishedLine, 'command that no doorbell publishes');
    }
  }

  private publish(thread: GuestThread, timeNs: number, line: number): void {
    let writtenNs = timeNs;
    if (thread.drainedFromNs >= 0) {
      writtenNs = thread.drainedFromNs;
      thread.drainedFromNs = -1;
      this.sink.drawForward(thread.drainTicket, writtenNs);
    }
    const batch = this.sink.append(EventKind.Doorbell, writtenNs, line);
    batch.vcpu[this.sink.row] = this.commands.vcpuOf(thread);
    thread.unpublished = 0;
    if (!thread.hasUnpublishedSync) return;
    thread.hasUnpublishedSync = false;
    thread.awaitsSync = true;
    thread.awaitedIndex = thread.unpublishedSyncIndex;
    thread.awaitedWrap = thread.unpublishedSyncWrap;
  }

  /** A PROD value whose wrap bit is set shows the queue size, for logs that begin after CMDQ_BASE was written. */
  private learnLog2size(thread: GuestThread, value: number): void {
    if (thread.prodWrap !== 1 || value <= thread.prodIndex) return;
    const log2size = Math.log2(value - thread.prodIndex);
    if (Number.isInteger(log2size) && log2size <= MAX_LOG2SIZE) this.log2size = log2size;
  }

  /** True if CONS value `cons` is at or beyond the command after the awaited CMD_SYNC; index plus one wrap bit. */
  private hasReached(thread: GuestThread, cons: number): boolean {
    if (thread.awaitedIndex < 0) return true;
    const entries = 2 ** this.log2size;
    const ring = 2 * entries;
    const target = (thread.awaitedWrap * entries + thread.awaitedIndex + 1) % ring;
    const ahead = ((cons % ring) - target + ring) % ring;
    return ahead < entries;
  }
}
