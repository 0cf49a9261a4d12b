/**
 * One of two recordings to be joined, held in memory: its batches, its commands in order, its submissions.
 */

import { opcodeOf } from '../../trace/command.js';
import { UsageError } from '../../trace/errors.js';
import { type EventBatch, EventKind } from '../../trace/events.js';
import { Opcode } from '../../trace/opcodes.js';
import type { OpenTrace } from '../open-trace.js';

/** Joining looks at both recordings as a whole, so both are in memory: about 75 bytes per event. */
const MAX_JOINED_EVENTS = 4_000_000;

/** A submission: the commands before one doorbell. */
export interface Submission {
  /** Number of its first command, and how many it has. */
  readonly first: number;
  readonly count: number;
  readonly vcpu: number;
  /** When the doorbell was rung, and when the guest saw its CMD_SYNC done (−1: not recorded), on the recorder's clock. */
  readonly doorbellNs: number;
  doneNs: number;
  /** Lines of both. */
  readonly doorbellLine: number;
  doneLine: number;
}

/** A recording in memory. */
export class Recording {
  readonly batches: EventBatch[] = [];
  events = 0;
  dmas = 0;
  mappings = 0;
  /** Batch and row of each command. */
  readonly commandBatch: EventBatch[] = [];
  readonly commandRow: number[] = [];
  readonly submissions: Submission[] = [];
  /** When each command was published; commands that no doorbell publishes are not in it. */
  readonly publishedNs: number[] = [];
  private published = 0;
  private readonly openByVcpu = new Map<number, Submission[]>();

  /**
   * Read all of `trace`.
   * @throws UsageError if it is too long to be joined
   */
  static async of(trace: OpenTrace): Promise<Recording> {
    const recording = new Recording();
    for await (const batch of trace.batches) {
      recording.add(batch);
      if (recording.events <= MAX_JOINED_EVENTS) continue;
      await trace.batches.return(undefined);
      throw new UsageError(
        `--with: expected recordings of at most ${MAX_JOINED_EVENTS} events, found more in ${trace.file}`,
      );
    }
    return recording;
  }

  get commands(): number {
    return this.commandRow.length;
  }

  private add(batch: EventBatch): void {
    this.batches.push(batch);
    this.events += batch.count;
    const { kind } = batch;
    for (let row = 0; row < batch.count; row++) {
      switch (kind[row]) {
        case EventKind.Cmd:
          this.commandBatch.push(batch);
          this.commandRow.push(row);
          break;
        case EventKind.Doorbell:
          this.publish(batch, row);
          break;
        case EventKind.SyncDone:
          this.complete(batch, row);
          break;
        case EventKind.Dma:
          this.dmas++;
          break;
        default:
          this.mappings++;
      }
    }
  }

  private publish(batch: EventBatch, row: number): void {
    const submission: Submission = {
      first: this.published,
      count: this.commands - this.published,
      vcpu: batch.vcpu[row],
      doorbellNs: batch.timeNs[row],
      doneNs: -1,
      doorbellLine: batch.line[row],
      doneLine: 0,
    };
    while (this.publishedNs.length < this.commands) this.publishedNs.push(submission.doorbellNs);
    this.published = this.commands;
    if (submission.count === 0) return;
    this.submissions.push(submission);
    if (!this.hasSync(submission)) return;
    const open = this.openByVcpu.get(submission.vcpu);
    if (open === undefined) this.openByVcpu.set(submission.vcpu, [submission]);
    else open.push(submission);
  }

  /** A completion belongs to the latest submission of its vCPU that waits for one: an interrupt's ends before its task's. */
  private complete(batch: EventBatch, row: number): void {
    const submission = this.openByVcpu.get(batch.vcpu[row])?.pop();
    if (submission === undefined) return;
    submission.doneNs = batch.timeNs[row];
    submission.doneLine = batch.line[row];
  }

  private hasSync(submission: Submission): boolean {
    const last = submission.first + submission.count - 1;
    return opcodeOf(this.commandBatch[last].cmd0Low[this.commandRow[last]]) === Opcode.SYNC;
  }
}
