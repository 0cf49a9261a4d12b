/**
 * What one QEMU thread is in the middle of. A vCPU thread writes registers and so consumes commands; the main loop and
 * I/O threads translate for devices. Lines of several threads interleave, so each has its own state.
 */
import { ABSENT } from '../../trace/events.js';
import { NO_THREAD } from '../text/qemu-line-prefix.js';
import { RangeJoin } from './range-join.js';

/** Value of `GuestThread.opcode` when no command is being read. */
export const NO_COMMAND = -1;

/** Stages of a translation, the values of `GuestThread.stage`. */
export const enum Stage {
  /** None under way. */
  Idle = 0,
  /** The configuration is known; a lookup or a bypass or abort follows. */
  Configured = 1,
  /** The TLB was looked up; the result follows. */
  LookedUp = 2,
  /** The row had to be written before the result line came; that line is to be ignored. */
  Written = 3,
}

/** State of one thread. */
export class GuestThread {
  /** Dense vCPU number, given at the first command or doorbell. */
  vcpu: number = ABSENT;

  // The command whose lines are being read.
  opcode: number = NO_COMMAND;
  commandTimeNs = 0;
  commandLine = 0;
  /** A line told the operands of the command. */
  hasOperands = false;
  /** A line told that the host was asked to do something for the command. */
  reachesHost = false;
  sid = 0;
  sidEnd = 0;
  asid = 0;
  vmid = 0;
  readonly range = new RangeJoin();

  // Commands that no doorbell has published yet.
  unpublished = 0;
  firstUnpublishedLine = 0;

  // The drain that the thread's register write caused: time of its first line (-1: none open), and what holds its rows.
  drainedFromNs = -1;
  drainTicket = 0;
  /** Its last line was seen; the line of the write itself may follow. */
  isDrainOver = false;

  // Position of the command in the queue, from the last consume line; index ABSENT without one.
  consIndex: number = ABSENT;
  consWrap = 0;
  prodIndex = 0;
  prodWrap = 0;

  // CMD_SYNCs: among the unpublished commands, and published but not yet seen to be done.
  hasUnpublishedSync = false;
  unpublishedSyncIndex: number = ABSENT;
  unpublishedSyncWrap = 0;
  awaitsSync = false;
  awaitedIndex: number = ABSENT;
  awaitedWrap = 0;

  // The translation under way.
  stage: Stage = Stage.Idle;
  configFlag = 0;
  streamId: number = ABSENT;
  /** log2 of the granule that a context descriptor just named; 0 = none. */
  descriptorGranuleLog2 = 0;
  lookupTimeNs = 0;
  lookupLine = 0;
  lookupHit = false;
  lookupAsid: number = ABSENT;
  lookupVmid: number = ABSENT;
  lookupPage = 0;
  lookupOffset = 0;
  /** The walk ended in an insertion of this granule and size; 0 = no insertion seen. */
  insertedGranuleLog2 = 0;
  insertedSizeLog2 = 0;
  /** The walk met an invalid descriptor. */
  walkFailed = false;

  constructor(readonly id: number) {}

  /** False for the one thread that stands for all lines of a log without thread ids. */
  get hasOwnId(): boolean {
    return this.id !== NO_THREAD;
  }

  /** True when nothing is under way and nothing awaited. */
  get isIdle(): boolean {
    return this.opcode === NO_COMMAND && this.unpublished === 0 && !this.awaitsSync && this.stage === Stage.Idle;
  }
}
