/**
 * Raw words of commands on their way through the simulated machine (timed DMA only), by reference number.
 *
 * Columns grow by doubling; freed references are reused, so the size is bounded by what is in flight.
 */
export class CommandStore {
  c0Low = new Uint32Array(64);
  c0High = new Uint32Array(64);
  c1Low = new Uint32Array(64);
  c1High = new Uint32Array(64);
  /** SID of an ATC_INV's target, or -1. */
  sid = new Float64Array(64);
  /** SMMUs on which the command has yet to take effect, one bit each. */
  smmus = new Int32Array(64);
  private nextFree = new Int32Array(64);
  private used = 0;
  private firstFree = -1;

  /** Keep a command; returns its reference. */
  keep(c0Low: number, c0High: number, c1Low: number, c1High: number, sid: number, smmus: number): number {
    let ref = this.firstFree;
    if (ref >= 0) this.firstFree = this.nextFree[ref];
    else {
      if (this.used === this.sid.length) this.grow();
      ref = this.used++;
    }
    this.c0Low[ref] = c0Low;
    this.c0High[ref] = c0High;
    this.c1Low[ref] = c1Low;
    this.c1High[ref] = c1High;
    this.sid[ref] = sid;
    this.smmus[ref] = smmus;
    return ref;
  }

  /** Forget `ref`. */
  free(ref: number): void {
    this.nextFree[ref] = this.firstFree;
    this.firstFree = ref;
  }

  private grow(): void {
    const capacity = this.sid.length * 2;
    const widen = <T extends Uint32Array | Float64Array | Int32Array>(from: T, to: T): T => {
      to.set(from);
      return to;
    };
    this.c0Low = widen(this.c0Low, new Uint32Array(capacity));
    this.c0High = widen(this.c0High, new Uint32Array(capacity));
    this.c1Low = widen(this.c1Low, new Uint32Array(capacity));
    this.c1High = widen(this.c1High, new Uint32Array(capacity));
    this.sid = widen(this.sid, new Float64Array(capacity));
    this.smmus = widen(this.smmus, new Int32Array(capacity));
    this.nextFree = widen(this.nextFree, new Int32Array(capacity));
  }
}
