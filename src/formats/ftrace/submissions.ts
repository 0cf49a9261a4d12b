/**
 * Calls of arm_smmu_cmdq_issue_cmdlist (or qi_submit_sync) → commands, doorbell, completion.
 *
 * The commands of one call are one submission: the driver writes them, appends a CMD_SYNC if asked to, and rings the
 * doorbell before it waits. The probe fires at the entry, so commands and doorbell bear the time of the entry and the
 * recorded latency is that of the whole call. The words are the driver's own; only the appended CMD_SYNC is not among
 * them and is rebuilt without its MSI fields.
 */
import { EventFlag, EventKind } from '../../trace/events.js';
import { Opcode } from '../../trace/opcodes.js';
import { addNote } from '../notes.js';
import type { ReaderStatistics } from '../reader.js';
import type { EventSink } from '../text/event-sink.js';
import { TranslatedCommands } from '../vtd/translated-commands.js';
import type { CallArguments } from './call-arguments.js';
import type { FtracePrefix } from './line-prefix.js';
import { type OpenCall, PendingCalls } from './pending-calls.js';

const NOT_CAPTURED = 'command beyond the words that the probe captured: left out';
const NO_RETURN = 'submission whose return is not in the recording: no completion';
const NO_CALL = 'return of a submission whose call is not in the recording: left out';
const NO_COMMANDS = 'call without commands and without CMD_SYNC: left out';

/** Emits `cmd`, `doorbell` and `sync-done` rows. */
export class Submissions {
  private readonly pending = new PendingCalls();
  private readonly translated: TranslatedCommands;
  private returnsSeen = false;

  constructor(
    private readonly sink: EventSink,
    private readonly statistics: ReaderStatistics,
  ) {
    this.translated = new TranslatedCommands(sink, statistics);
  }

  /** A call of arm_smmu_cmdq_issue_cmdlist. */
  smmuCall(call: CallArguments, prefix: FtracePrefix, timeNs: number, line: number): void {
    const { sink } = this;
    const captured = this.captured(call, line);
    for (let index = 0; index < captured; index++) {
      const batch = sink.append(EventKind.Cmd, timeNs, line);
      const { row } = sink;
      batch.cmd0Low[row] = call.low[2 * index];
      batch.cmd0High[row] = call.high[2 * index];
      batch.cmd1Low[row] = call.low[2 * index + 1];
      batch.cmd1High[row] = call.high[2 * index + 1];
      batch.vcpu[row] = prefix.cpu;
    }
    if (call.sync === 1) {
      const batch = sink.append(EventKind.Cmd, timeNs, line);
      batch.cmd0Low[sink.row] = Opcode.SYNC;
      batch.vcpu[sink.row] = prefix.cpu;
      batch.flags[sink.row] = EventFlag.Reconstructed;
      this.statistics.reconstructedCommands++;
    }
    this.publish(captured + call.sync, call.sync === 1, prefix, timeNs, line);
  }

  /** A call of qi_submit_sync: the driver appends a wait descriptor to every submission. */
  qiCall(call: CallArguments, prefix: FtracePrefix, timeNs: number, line: number): void {
    const captured = this.captured(call, line);
    let written = 0;
    for (let index = 0; index < captured; index++) {
      const at = 2 * index;
      const { low, high } = call;
      const isWritten = this.translated.append(low[at], high[at], low[at + 1], high[at + 1], timeNs, line, prefix.cpu);
      if (isWritten) written++;
    }
    this.translated.append(WAIT_DESCRIPTOR, 0, 0, 0, timeNs, line, prefix.cpu);
    this.publish(written + 1, true, prefix, timeNs, line);
  }

  /** A return of either function. */
  returned(prefix: FtracePrefix, timeNs: number, line: number): void {
    this.returnsSeen = true;
    const call = this.pending.close(prefix.task);
    if (call === undefined) {
      addNote(this.statistics, line, NO_CALL);
      return;
    }
    if (!call.hasSync) {
      this.statistics.contextLines++;
      return;
    }
    const batch = this.sink.append(EventKind.SyncDone, timeNs, line);
    batch.vcpu[this.sink.row] = call.cpu;
  }

  /** Events of `cpu` were lost. */
  lost(cpu: number): void {
    this.noteUnreturned(this.pending.dropCpu(cpu));
  }

  /** End of the recording. */
  finish(): void {
    // A recording without the return probe has no returns to miss.
    if (this.returnsSeen) this.noteUnreturned(this.pending.rest());
  }

  /** Commands of the call that the probe shows whole; the others are noted. */
  private captured(call: CallArguments, line: number): number {
    const captured = Math.min(call.count, call.words >> 1);
    if (captured < call.count) addNote(this.statistics, line, NOT_CAPTURED, call.count - captured);
    return captured;
  }

  private publish(commands: number, hasSync: boolean, prefix: FtracePrefix, timeNs: number, line: number): void {
    if (commands === 0) {
      addNote(this.statistics, line, NO_COMMANDS);
    } else {
      const batch = this.sink.append(EventKind.Doorbell, timeNs, line);
      batch.vcpu[this.sink.row] = prefix.cpu;
    }
    const call = { cpu: prefix.cpu, context: prefix.context, hasSync, line };
    const unreturned = this.pending.open(prefix.task, call);
    if (this.returnsSeen) this.noteUnreturned(unreturned);
  }

  private noteUnreturned(calls: readonly OpenCall[]): void {
    for (const call of calls) if (call.hasSync) addNote(this.statistics, call.line, NO_RETURN);
  }
}

/** low[3:0] of a wait descriptor. */
const WAIT_DESCRIPTOR = 5;
