/**
 * Measured latencies in a recorded trace: each doorbell with a CMD_SYNC, and the completion that its vCPU then saw.
 *
 * The model that is fitted is that of an idle machine. Submissions during which another vCPU had one of its own under way
 * are therefore left out and counted, and so are those whose stream attachments the trace does not show in full.
 */
import { isAttachCommand } from '../strategies/attach.js';
import type { StrategyChoice } from '../strategies/spec.js';
import type { CommandWords } from '../trace/command.js';
import { type EventBatch, EventKind } from '../trace/events.js';
import { Opcode } from '../trace/opcodes.js';
import type { Measurement, Shapes } from './measurement.js';

interface Open {
  readonly commands: readonly CommandWords[];
  readonly publishedNs: number;
  overlaps: boolean;
}

/** Collects the measurements of one trace, recorded on the path of `choice`. */
export class RecordedLatencies {
  readonly measurements: Measurement[] = [];
  /** Submissions that are no measurements, by reason; attaching: CFGI_STE and CFGI_STE_RANGE. */
  readonly leftOut = { overlapping: 0, without_sync: 0, without_completion: 0, attaching: 0 };
  private readonly pending = new Map<number, CommandWords[]>();
  private readonly open = new Map<number, Open>();

  constructor(
    private readonly choice: StrategyChoice,
    private readonly shapes: Shapes,
  ) {}

  /** Take the next events of the trace. */
  consume(batch: EventBatch): void {
    const { kind, vcpu, queue, timeNs } = batch;
    for (let row = 0; row < batch.count; row++) {
      if (kind[row] === EventKind.Cmd) {
        const words: CommandWords = [batch.cmd0Low[row], batch.cmd0High[row], batch.cmd1Low[row], batch.cmd1High[row]];
        const waiting = this.pending.get(queue[row]);
        if (waiting === undefined) this.pending.set(queue[row], [words]);
        else waiting.push(words);
      } else if (kind[row] === EventKind.Doorbell) {
        this.publish(this.pending.get(queue[row]) ?? [], vcpu[row], timeNs[row]);
        this.pending.delete(queue[row]);
      } else if (kind[row] === EventKind.SyncDone) {
        this.complete(vcpu[row], timeNs[row]);
      }
    }
  }

  /** The trace has ended. */
  finish(): void {
    this.leftOut.without_completion += this.open.size;
    this.open.clear();
  }

  private publish(commands: readonly CommandWords[], vcpu: number, publishedNs: number): void {
    if (!commands.some(([low]) => (low & 0xff) === Opcode.SYNC)) {
      this.leftOut.without_sync++;
      return;
    }
    if (this.open.delete(vcpu)) this.leftOut.without_completion++;
    for (const other of this.open.values()) other.overlaps = true;
    this.open.set(vcpu, { commands, publishedNs, overlaps: this.open.size > 0 });
  }

  private complete(vcpu: number, doneNs: number): void {
    const done = this.open.get(vcpu);
    if (done === undefined) return;
    this.open.delete(vcpu);
    const latencyNs = doneNs - done.publishedNs;
    if (done.overlaps) this.leftOut.overlapping++;
    else if (latencyNs <= 0) this.leftOut.without_completion++;
    else if (done.commands.some(([low]) => isAttachCommand(low & 0xff))) this.leftOut.attaching++;
    else {
      const shape = this.shapes.of(this.choice, done.commands);
      this.measurements.push({ shape, latencyNs, count: 1, position: this.measurements.length });
    }
  }
}
