/**
 * Rebuilds 128-bit commands from QEMU's decoded lines.
 *
 * `smmuv3_cmdq_opcode` starts a command, the lines after it tell its operands, and the next command, the end of the
 * drain or the doorbell ends it. Bits that QEMU never prints are zero: LEAF of CFGI_STE and CFGI_CD (zero is the wider
 * reading), the SSID of CFGI_CD, all fields of CMD_SYNC, the VMID of TLBI_NH_ASID before 9.1.
 */
import { CFGI_RANGE_ALL } from '../../trace/command.js';
import { EventFlag, EventKind } from '../../trace/events.js';
import { OPCODE_NAMES, OPCODES, Opcode } from '../../trace/opcodes.js';
import { highWordOfPage, lowWordOfPage } from '../../trace/units.js';
import { addNote } from '../notes.js';
import type { ReaderStatistics } from '../reader.js';
import type { EventSink } from '../text/event-sink.js';
import { NameTable } from '../text/name-table.js';
import { type GuestThread, NO_COMMAND } from './guest-thread.js';
import type { VirtualDevices } from './virtual-devices.js';

const ALL_STREAMS = 2 ** 32;

/** QEMU prints opcode 0x07 under the name CFGI_ALL and rejects it as illegal (facts M §2.2). */
const PRINTED_NAMES = [...OPCODE_NAMES, 'CFGI_ALL'];
const PRINTED_NAME_TABLE = new NameTable(PRINTED_NAMES.map((name) => `SMMU_CMD_${name}`));
const OPCODE_OF_PRINTED_NAME = Uint8Array.from([...OPCODE_NAMES.map((name) => OPCODES[name]), Opcode.CFGI_VMS_PIDM]);

/** Opcodes that are complete without operands, or whose operands no QEMU prints and no path needs. */
const COMPLETE_ALONE = new Set<number>([
  Opcode.SYNC,
  Opcode.TLBI_NH_ALL,
  Opcode.TLBI_NSNH_ALL,
  Opcode.TLBI_EL2_ALL,
  Opcode.TLBI_EL3_ALL,
]);

/** Opcode number of the name that stands at `from`, or -1 for a name that QEMU does not print. */
export function opcodeOfPrintedName(bytes: Uint8Array, from: number, to: number): number {
  const index = PRINTED_NAME_TABLE.lookup(bytes, from, to);
  return index < 0 || PRINTED_NAME_TABLE.wordEnd !== to ? -1 : OPCODE_OF_PRINTED_NAME[index];
}

/** Turns operand lines into `cmd` rows. */
export class CommandAssembly {
  private nextVcpu = 0;
  /** CONS index and wrap bit of the latest command, whichever thread's write drained it; -1 before the first. */
  private lastCons = -1;
  private lastConsWrap = 0;

  constructor(
    private readonly sink: EventSink,
    private readonly statistics: ReaderStatistics,
    private readonly devices: VirtualDevices,
  ) {}

  /** The vCPU number of `thread`, dense in the order in which threads first use the queue. */
  vcpuOf(thread: GuestThread): number {
    if (thread.vcpu < 0) thread.vcpu = this.nextVcpu++;
    return thread.vcpu;
  }

  /** An opcode line: the command before it is complete. */
  start(thread: GuestThread, opcode: number, timeNs: number, line: number): void {
    this.finish(thread);
    thread.opcode = opcode;
    thread.commandTimeNs = timeNs;
    thread.commandLine = line;
    thread.hasOperands = false;
    thread.reachesHost = false;
    thread.sid = 0;
    thread.sidEnd = 0;
    thread.asid = 0;
    thread.vmid = 0;
    thread.range.reset();
  }

  /**
   * The command at CONS `cons` comes next: it must follow the one before it in the queue. An index that is lower with the
   * same wrap bit is a queue that was set up anew, and the same one is a command that runs again after an error.
   */
  follows(cons: number, wrap: number, line: number): void {
    const expected = wrap === this.lastConsWrap ? this.lastCons + 1 : 0;
    if (this.lastCons >= 0 && cons > expected) {
      addNote(this.statistics, line, 'CONS jumps ahead: the log lacks the commands in between');
    }
    this.lastCons = cons;
    this.lastConsWrap = wrap;
  }

  /**
   * True if an operand line, which QEMU prints for the opcodes that `fits` names, belongs to the command of `thread`;
   * otherwise the opcode line of its own command is noted as lost.
   */
  takesOperands(thread: GuestThread, fits: (opcode: number) => boolean, line: number): boolean {
    if (thread.opcode !== NO_COMMAND && fits(thread.opcode)) {
      thread.hasOperands = true;
      return true;
    }
    addNote(this.statistics, line, 'operands of a command without its smmuv3_cmdq_opcode line: command not rebuilt');
    return false;
  }

  /** Emit the command being read, if there is one. */
  finish(thread: GuestThread): void {
    const { opcode } = thread;
    if (opcode === NO_COMMAND) return;
    thread.opcode = NO_COMMAND;
    const batch = this.sink.append(EventKind.Cmd, thread.commandTimeNs, thread.commandLine);
    const { row } = this.sink;
    batch.cmd0Low[row] = opcode;
    let flags: number = EventFlag.Reconstructed;
    if (thread.range.pieces > 0) {
      const { range } = thread;
      range.encode();
      if (!range.isExact) this.noteInexactRange(thread.commandLine);
      batch.cmd0Low[row] = opcode | (range.num << 12) | (range.scale << 20);
      batch.cmd0High[row] = range.vmid | (range.asid << 16);
      batch.cmd1Low[row] = lowWordOfPage(range.page) | (range.tg << 10) | (range.ttl << 8) | range.leaf;
      batch.cmd1High[row] = highWordOfPage(range.page);
    } else if (thread.hasOperands) {
      this.encodeOperands(thread, opcode);
    } else if (!COMPLETE_ALONE.has(opcode)) {
      flags |= EventFlag.OpcodeOnly;
      this.statistics.opcodeOnlyCommands++;
    }
    if (this.devices.areAbsentFor(thread, opcode)) flags |= EventFlag.NoVdevice;
    batch.flags[row] = flags;
    batch.vcpu[row] = this.vcpuOf(thread);
    this.statistics.reconstructedCommands++;
    if (thread.unpublished++ === 0) thread.firstUnpublishedLine = thread.commandLine;
    if (opcode === Opcode.SYNC) {
      thread.hasUnpublishedSync = true;
      thread.unpublishedSyncIndex = thread.consIndex;
      thread.unpublishedSyncWrap = thread.consWrap;
    }
  }

  private encodeOperands(thread: GuestThread, opcode: number): void {
    const { batch, row } = this.sink;
    switch (opcode) {
      case Opcode.CFGI_STE_RANGE:
        batch.cmd0High[row] = thread.sid;
        batch.cmd1Low[row] = this.encodeSidRange(thread);
        return;
      case Opcode.CFGI_STE:
      case Opcode.CFGI_CD:
      case Opcode.CFGI_CD_ALL:
        batch.cmd0High[row] = thread.sid;
        return;
      default:
        batch.cmd0High[row] = thread.vmid | (thread.asid << 16);
    }
  }

  /** RANGE of the smallest aligned block of 2^(RANGE+1) StreamIDs that holds `sid … sidEnd`. */
  private encodeSidRange(thread: GuestThread): number {
    let range = 0;
    let size = 2;
    while (size < ALL_STREAMS && Math.floor(thread.sid / size) !== Math.floor(thread.sidEnd / size)) {
      range++;
      size *= 2;
    }
    const isExact = thread.sid % size === 0 && thread.sidEnd === thread.sid + size - 1;
    if (!isExact) this.noteInexactRange(thread.commandLine);
    return Math.min(range, CFGI_RANGE_ALL);
  }

  private noteInexactRange(line: number): void {
    addNote(this.statistics, line, 'range that no single command encodes: replaced by the nearest one that covers it');
  }
}
