/**
 * Base of the transforms that change submissions.
 *
 * Commands are invisible to the SMMU until a doorbell publishes them, so they can wait here and be looked at together:
 * in what comes out, the commands of a submission stand directly before its doorbell (at their own time, or at that of
 * the event before them if that is later). That also keeps an inserted doorbell from publishing what another vCPU is
 * still writing. Commands that no doorbell publishes come last.
 */
import { BatchSink } from '../../trace/batch-sink.js';
import { opcodeOf } from '../../trace/command.js';
import { type EventBatch, EventKind } from '../../trace/events.js';
import { Opcode } from '../../trace/opcodes.js';
import { CommandList } from './command-list.js';
import { isDriverTlbi } from './invalidation.js';

/** Commands that one queue can hold at all (IDR1.CMDQS is at most 19, facts L §3.3); more are passed on as they are. */
const QUEUE_ENTRIES = 2 ** 19;
/** CMDQ_BATCH_ENTRIES: the driver issues so many commands without a SYNC and goes on (facts L §2.4). */
export const BATCH_COMMANDS = 64;

/** A doorbell: when, where, whose. */
export interface Doorbell {
  readonly timeNs: number;
  readonly line: number;
  readonly vcpu: number;
  readonly queue: number;
}

export abstract class SubmissionRewriter {
  protected readonly sink = new BatchSink();
  private readonly held = new Map<number, CommandList>();
  /** Doorbells in the middle of one invalidation that were taken together with the one that ends it. */
  protected mergedDoorbells = 0;

  /**
   * @param isMerging a doorbell whose last command is a TLBI publishes the beginning of a longer invalidation (the driver
   *   issues full batches without a SYNC): it is left out and the whole is published by the doorbell that follows
   */
  protected constructor(private readonly isMerging: boolean) {}

  async *transform(batches: AsyncIterable<EventBatch>): AsyncGenerator<EventBatch, void, void> {
    for await (const batch of batches) {
      const { kind, timeNs, queue } = batch;
      for (let row = 0; row < batch.count; row++) {
        this.reach(timeNs[row]);
        switch (kind[row]) {
          case EventKind.Cmd:
            this.hold(batch, row);
            break;
          case EventKind.Doorbell:
            this.ring(this.listOf(queue[row]), batch, row);
            break;
          case EventKind.SyncDone:
            this.completed(batch, row);
            break;
          default:
            this.observe(batch, row);
            this.sink.copy(batch, row);
        }
      }
      yield* this.sink.takeFull();
    }
    this.end();
    for (const [queue, list] of this.held) this.passOn(list, 0, list.count, queue);
    yield* this.sink.takeRest();
  }

  /** A doorbell publishes `list`. What is to come out is for the subclass to emit, the doorbell included. */
  protected abstract publish(list: CommandList, doorbell: Doorbell): void;

  /** A vCPU saw its SYNC complete. */
  protected completed(batch: EventBatch, row: number): void {
    this.sink.copy(batch, row);
  }

  /** A dma, map or unmap passes. */
  protected observe(_batch: EventBatch, _row: number): void {}

  /** The next event is at `timeNs`. */
  protected reach(_timeNs: number): void {}

  /** The trace has ended. */
  protected end(): void {}

  /** Emit commands `from … to-1` of `list` unchanged. */
  protected passOn(list: CommandList, from: number, to: number, queue: number): void {
    const { sink } = this;
    for (let at = from; at < to; at++) {
      sink.command(list.timeNs[at], list.line[at], list.vcpu[at], queue, list.words(at));
      sink.batch.flags[sink.row] = list.flags[at];
    }
  }

  /** Emit a doorbell. */
  protected emitDoorbell({ timeNs, line, vcpu, queue }: Doorbell): void {
    this.sink.signal(EventKind.Doorbell, timeNs, line, vcpu, queue);
  }

  private hold(batch: EventBatch, row: number): void {
    const list = this.listOf(batch.queue[row]);
    if (list.count === QUEUE_ENTRIES) {
      this.passOn(list, 0, list.count, batch.queue[row]);
      list.clear();
    }
    list.push(batch, row);
  }

  private ring(list: CommandList, batch: EventBatch, row: number): void {
    if (this.isMerging && list.count > 0 && list.count < QUEUE_ENTRIES / 2 && endsInTlbi(list)) {
      this.mergedDoorbells++;
      return;
    }
    const { timeNs, line, vcpu, queue } = batch;
    this.publish(list, { timeNs: timeNs[row], line: line[row], vcpu: vcpu[row], queue: queue[row] });
    list.clear();
  }

  private listOf(queue: number): CommandList {
    let list = this.held.get(queue);
    if (list === undefined) {
      list = new CommandList();
      this.held.set(queue, list);
    }
    return list;
  }
}

/** One past the segment of `list` that begins at `from`: its CMD_SYNC included, or the end of the list. */
export function segmentEnd(list: CommandList, from: number): number {
  let at = from;
  while (at < list.count && opcodeOf(list.c0Low[at]) !== Opcode.SYNC) at++;
  return Math.min(at + 1, list.count);
}

function endsInTlbi(list: CommandList): boolean {
  return isDriverTlbi(list, list.count - 1);
}
