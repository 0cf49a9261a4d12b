/**
 * Commands that the guest has written into one queue and no doorbell has published yet. Columns as in EventBatch; reused.
 */
export class GuestQueue {
  count = 0;
  c0Low = new Uint32Array(64);
  c0High = new Uint32Array(64);
  c1Low = new Uint32Array(64);
  c1High = new Uint32Array(64);
  /** EventFlag bits, and above them those of FaultPlan. */
  flags = new Uint16Array(64);

  /** Append one command. */
  push(c0Low: number, c0High: number, c1Low: number, c1High: number, flags: number): void {
    if (this.count === this.flags.length) this.grow();
    const row = this.count++;
    this.c0Low[row] = c0Low;
    this.c0High[row] = c0High;
    this.c1Low[row] = c1Low;
    this.c1High[row] = c1High;
    this.flags[row] = flags;
  }

  /** Everything has been published. */
  clear(): void {
    this.count = 0;
  }

  private grow(): void {
    const capacity = this.flags.length * 2;
    this.c0Low = copyInto(new Uint32Array(capacity), this.c0Low);
    this.c0High = copyInto(new Uint32Array(capacity), this.c0High);
    this.c1Low = copyInto(new Uint32Array(capacity), this.c1Low);
    this.c1High = copyInto(new Uint32Array(capacity), this.c1High);
    this.flags = copyInto(new Uint16Array(capacity), this.flags);
  }
}

function copyInto<T extends Uint32Array | Uint16Array>(to: T, from: T): T {
  to.set(from);
  return to;
}
