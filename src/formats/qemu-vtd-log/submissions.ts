/**
 * Descriptors of the invalidation queue → `cmd` and `doorbell` rows.
 *
 * QEMU logs the guest's write of the tail *before* the descriptors that it publishes and works through them at once, so
 * the doorbell follows when the next thing happens that cannot be part of the drain. All rows of a submission bear the
 * time at which its first descriptor was fetched, as those of an SMMU's do (qemu-log/publication.ts). A log without tail lines shows no
 * publication: each wait descriptor then ends a submission.
 */
import { EventKind } from '../../trace/events.js';
import { addNote } from '../notes.js';
import type { ReaderStatistics } from '../reader.js';
import type { EventSink } from '../text/event-sink.js';
import { TranslatedCommands } from '../vtd/translated-commands.js';

const NO_THREAD = -2;

/** Emits the command side of a log. */
export class Submissions {
  private readonly commands: TranslatedCommands;
  private readonly vcpuOfThread = new Map<number, number>();
  private tailsSeen = false;
  /** Tail write under way: thread and line, and when its first descriptor was fetched; -1: not yet. */
  private thread = NO_THREAD;
  private drainedFromNs = -1;
  private tailLine = 0;
  private written = 0;

  constructor(
    private readonly sink: EventSink,
    private readonly statistics: ReaderStatistics,
  ) {
    this.commands = new TranslatedCommands(sink, statistics);
  }

  /** `vtd_inv_qi_tail`. */
  tail(thread: number, line: number): void {
    this.settle();
    this.tailsSeen = true;
    this.thread = thread;
    this.drainedFromNs = -1;
    this.tailLine = line;
  }

  /** `vtd_inv_desc`: the two 64-bit words of a descriptor. */
  descriptor(
    lowLow: number,
    lowHigh: number,
    highLow: number,
    highHigh: number,
    thread: number,
    timeNs: number,
    line: number,
  ): void {
    if (this.thread !== thread) {
      this.settle();
      if (this.tailsSeen) addNote(this.statistics, line, 'descriptor without its vtd_inv_qi_tail line');
      this.thread = thread;
      this.drainedFromNs = -1;
      this.tailLine = line;
    }
    if (this.drainedFromNs < 0) this.drainedFromNs = timeNs;
    const { commands } = this;
    const vcpu = this.vcpuOf(thread);
    if (commands.append(lowLow, lowHigh, highLow, highHigh, this.drainedFromNs, line, vcpu)) this.written++;
    if (!this.tailsSeen && commands.isSync) this.settle();
  }

  /** The drain is over: publish what it held. */
  settle(): void {
    const { thread } = this;
    this.thread = NO_THREAD;
    if (this.written === 0) return;
    this.written = 0;
    const batch = this.sink.append(EventKind.Doorbell, this.drainedFromNs, this.tailLine);
    batch.vcpu[this.sink.row] = this.vcpuOf(thread);
  }

  /** The vCPU number of `thread`, dense in the order in which threads first use the queue. */
  private vcpuOf(thread: number): number {
    let vcpu = this.vcpuOfThread.get(thread);
    if (vcpu === undefined) {
      vcpu = this.vcpuOfThread.size;
      this.vcpuOfThread.set(thread, vcpu);
    }
    return vcpu;
  }
}
