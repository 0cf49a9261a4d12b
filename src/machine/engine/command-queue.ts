/**
 * One SMMU command queue: a ring of 2^log2 entries with PROD and CONS indices that carry a wrap bit.
 *
 * Indices count modulo 2^(log2+1); the queue is empty when they are equal and full when the slots are equal but the wrap
 * bits differ (facts L §1.2, M §5.2 O43). Columns hold what the engine needs of each entry.
 */
export class CommandQueue {
  /** Slots; a power of two. */
  private slots: number;
  private wrapMask: number;
  /** End of what is allocated, and CONS, each modulo 2·slots. The PROD register itself stands at `published`. */
  prod = 0;
  cons = 0;
  /** Entries ever allocated, published by a PROD write, and consumed. Also: sequence number of the next of each. */
  produced = 0;
  published = 0;
  consumed = 0;
  /** How often the ring had to be made larger because one publication exceeds it. */
  grown = 0;
  /** Largest occupancy seen. */
  deepest = 0;
  opcode: Uint8Array;
  /** Thread that waits for the entry's SYNC, or -1. */
  owner: Int32Array;
  /** SID of an ATC_INV, or -1. */
  sid: Float64Array;
  /** When the guest published the command that this entry completes; -1 when the entry completes none. */
  publishedNs: Float64Array;
  /** What the entry's effect is filed under; -1: nothing. */
  ref: Int32Array;
  /** 1 if the entry counts, 0 while warming up. */
  measured: Uint8Array;

  /** @param log2 log2 of the number of slots, 1 … 19 */
  constructor(log2: number) {
    this.slots = 2 ** log2;
    this.wrapMask = 2 * this.slots - 1;
    this.opcode = new Uint8Array(this.slots);
    this.owner = new Int32Array(this.slots);
    this.sid = new Float64Array(this.slots);
    this.publishedNs = new Float64Array(this.slots);
    this.measured = new Uint8Array(this.slots);
    this.ref = new Int32Array(this.slots);
  }

  get capacity(): number {
    return this.slots;
  }

  /** Entries produced and not yet consumed. */
  get pending(): number {
    return (this.prod - this.cons) & this.wrapMask;
  }

  get isEmpty(): boolean {
    return this.prod === this.cons;
  }

  /** Same slot, different wrap. */
  get isFull(): boolean {
    return this.prod === (this.cons ^ this.slots);
  }

  /** Free slots. */
  get free(): number {
    return this.slots - this.pending;
  }

  /** True if a PROD write has made an entry visible that has not been consumed. */
  get hasPublished(): boolean {
    return this.published > this.consumed;
  }

  /** Entries that a PROD write has made visible and that have not been consumed. */
  get fetchable(): number {
    return this.published - this.consumed;
  }

  /** Slot of CONS. */
  get head(): number {
    return this.cons & (this.slots - 1);
  }

  /** Set `entries` slots aside, in the order of the calls; the caller has checked `free`. Returns the first's sequence number. */
  allocate(entries: number): number {
    const first = this.produced;
    this.prod = (this.prod + entries) & this.wrapMask;
    this.produced += entries;
    const depth = this.pending;
    if (depth > this.deepest) this.deepest = depth;
    return first;
  }

  /** Write the allocated entry `sequence`. */
  fill(
    sequence: number,
    opcode: number,
    owner: number,
    sid: number,
    publishedNs: number,
    measured: number,
    ref = -1,
  ): void {
    const slot = (this.cons + (sequence - this.consumed)) & (this.slots - 1);
    this.opcode[slot] = opcode;
    this.owner[slot] = owner;
    this.sid[slot] = sid;
    this.publishedNs[slot] = publishedNs;
    this.measured[slot] = measured;
    this.ref[slot] = ref;
  }

  /** A PROD write: every entry before `sequence` is visible. */
  publish(sequence: number): void {
    this.published = sequence;
  }

  /** Move CONS past one entry. */
  consume(): void {
    this.cons = (this.cons + 1) & this.wrapMask;
    this.consumed++;
  }

  /**
   * Make the ring hold at least `entries`. A recorded guest published that many with one PROD write, so its queue was at
   * least that large, whatever the profile says.
   */
  ensureCapacity(entries: number): void {
    if (entries <= this.slots) return;
    const pending = this.pending;
    let slots = this.slots;
    while (slots < entries) slots *= 2;
    const order = Array.from({ length: pending }, (_, i) => (this.cons + i) & (this.slots - 1));
    this.opcode = reordered(this.opcode, order, new Uint8Array(slots));
    this.owner = reordered(this.owner, order, new Int32Array(slots));
    this.sid = reordered(this.sid, order, new Float64Array(slots));
    this.publishedNs = reordered(this.publishedNs, order, new Float64Array(slots));
    this.measured = reordered(this.measured, order, new Uint8Array(slots));
    this.ref = reordered(this.ref, order, new Int32Array(slots));
    this.slots = slots;
    this.wrapMask = 2 * slots - 1;
    this.cons = 0;
    this.prod = pending;
    this.grown++;
  }
}

function reordered<T extends Uint8Array | Int32Array | Float64Array>(from: T, order: readonly number[], to: T): T {
  for (const [index, slot] of order.entries()) to[index] = from[slot];
  return to;
}
