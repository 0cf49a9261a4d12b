/** Commands that a guest has written into one queue and no doorbell has published yet, in columns; reused. */
import type { CommandWords } from '../../trace/command.js';
import type { EventBatch } from '../../trace/events.js';

export class CommandList {
  count = 0;
  timeNs = new Float64Array(64);
  line = new Float64Array(64);
  vcpu = new Int32Array(64);
  c0Low = new Uint32Array(64);
  c0High = new Uint32Array(64);
  c1Low = new Uint32Array(64);
  c1High = new Uint32Array(64);
  flags = new Uint8Array(64);

  /** Append row `row` of `batch`. */
  push(batch: EventBatch, row: number): void {
    if (this.count === this.flags.length) this.grow();
    const at = this.count++;
    this.timeNs[at] = batch.timeNs[row];
    this.line[at] = batch.line[row];
    this.vcpu[at] = batch.vcpu[row];
    this.c0Low[at] = batch.cmd0Low[row];
    this.c0High[at] = batch.cmd0High[row];
    this.c1Low[at] = batch.cmd1Low[row];
    this.c1High[at] = batch.cmd1High[row];
    this.flags[at] = batch.flags[row];
  }

  /** Raw words of command `at`. */
  words(at: number): CommandWords {
    return [this.c0Low[at], this.c0High[at], this.c1Low[at], this.c1High[at]];
  }

  clear(): void {
    this.count = 0;
  }

  private grow(): void {
    const capacity = this.flags.length * 2;
    this.timeNs = copyInto(new Float64Array(capacity), this.timeNs);
    this.line = copyInto(new Float64Array(capacity), this.line);
    this.vcpu = copyInto(new Int32Array(capacity), this.vcpu);
    this.c0Low = copyInto(new Uint32Array(capacity), this.c0Low);
    this.c0High = copyInto(new Uint32Array(capacity), this.c0High);
    this.c1Low = copyInto(new Uint32Array(capacity), this.c1Low);
    this.c1High = copyInto(new Uint32Array(capacity), this.c1High);
    this.flags = copyInto(new Uint8Array(capacity), this.flags);
  }
}

function copyInto<T extends Float64Array | Int32Array | Uint32Array | Uint8Array>(to: T, from: T): T {
  to.set(from);
  return to;
}
